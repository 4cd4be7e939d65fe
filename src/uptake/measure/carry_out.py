"""Carry a measure out: open the model, ask it everything, and return what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from uptake.measure.answers import Model, Tell, ask, losses, open_model
from uptake.measure.capabilities import Tests, card
from uptake.measure.profile import INTERVAL, differences, findings
from uptake.measure.questions import Questions
from uptake.readings.controls import Controls
from uptake.records import Row

PACKAGES = ("uptake", "torch", "transformers", "tokenizers", "peft", "numpy", "scipy")
MEASURED, AGAINST = "measured", "against"


@dataclass(frozen=True, slots=True)
class Measured:
    """What `measure.json` will hold, and every line behind it."""

    found: dict[str, Any]
    rows: Sequence[Row]


def profile_of(asked: Questions, controls: Controls, models: Sequence[str], how: tuple[str, str], to: tuple[Path, Tell]
               ) -> Measured:
    """Ask one model, or two, the claims and the controls. `how` is (template, precision), `to` where answers are kept
    and who is told of progress. Raises UserError as `answers.open_model` does."""
    folder, tell = to
    answered = [_asked(asked, controls, open_model(name, label, *how, tell), folder, tell)
                for name, label in zip(models, (MEASURED, AGAINST), strict=False)]
    facts, rows, prose = answered[0]
    found = {
        "reader": facts, "claims_file": asked.file, "subject": asked.subject,
        "unnamed": asked.unnamed, "readings": list(asked.readings),
        "about": dict(asked.about), "stated": dict(asked.stated), "scale": "log-odds", "interval": INTERVAL,
        **findings(asked, rows, prose), "versions": versions(),
    }
    if len(answered) > 1:
        other, theirs, other_prose = answered[1]
        found |= {"against": {"reader": other, **findings(asked, theirs, other_prose),
                              "differences": differences(asked, rows, theirs, (prose, other_prose))}}
        rows = [*rows, *theirs]
    return Measured(found, rows)


def card_of(tests: Tests, name: str, how: tuple[str, str], to: tuple[Path, Tell]) -> Measured:
    """Let a model take the tests of the capability card; `found` is the card itself."""
    folder, tell = to
    model = open_model(name, MEASURED, *how, tell)
    rows = ask(model, list(tests.items.values()), folder, tell)
    return Measured(card(tests, rows, {"reader": name, "identity": model.identity}), rows)


def _asked(asked: Questions, controls: Controls, model: Model, folder: Path, tell: Tell
           ) -> tuple[dict[str, Any], list[Row], list[float]]:
    """Ask a model everything, claim by claim, so that what was asked is kept when it is stopped. The model itself is
    let go: two of them need not fit into memory together."""
    batches = [*asked.items.values(), controls.assent, controls.capability, asked.associations(controls)]
    rows = ask(model, batches, folder, tell)
    return model.facts, rows, losses(model, controls.fluency, folder)


def versions() -> dict[str, str]:
    """Return the versions of everything that the numbers come from."""
    return {name: version(name) for name in PACKAGES}
