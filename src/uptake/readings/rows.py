"""From a scored item to a line of the table."""

from typing import Protocol

from uptake.records import Item, Row


class Scored(Protocol):
    """What a reader's engine gives for one item: numbers in nats, or None throughout with a reason."""

    logp_fit: float | None
    logp_foil: float | None
    option_mass: float | None
    value: float | None
    probability: float | None
    hit: bool | None
    per_byte: float | None
    calibrated: float | None
    reason: str


def row(item: Item, scored: Scored, arm: str, seed: int, checkpoint: int) -> Row:
    """Return the line of one item; a failure stays a reason and never becomes a number."""
    return Row(
        arm=arm,
        seed=seed,
        frame=item.frame,
        claim=item.claim,
        reading=item.reading,
        context=item.context,
        checkpoint=checkpoint,
        wording=item.wording,
        polarity=item.polarity,
        logp_fit=scored.logp_fit,
        logp_foil=scored.logp_foil,
        option_mass=scored.option_mass,
        value=scored.value,
        reason=scored.reason,
        probability=scored.probability,
        hit=scored.hit,
        per_byte=scored.per_byte,
        calibrated=scored.calibrated,
        prompt=item.prompt,
        fit=item.fit,
        foil=item.foil,
    )
