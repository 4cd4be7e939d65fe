"""Carry a measure out: open the model, ask it everything, and return what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from uptake.errors import UserError
from uptake.measure.answers import Model, Tell, ask, losses, open_model
from uptake.measure.asked import How
from uptake.measure.behind import Behind, in_context
from uptake.measure.capabilities import Tests, card
from uptake.measure.profile import INTERVAL, differences, findings
from uptake.measure.questions import Questions
from uptake.readings.controls import Controls
from uptake.records import Row

PACKAGES = ("uptake", "torch", "transformers", "tokenizers", "peft", "numpy", "scipy")
MEASURED, AGAINST = "measured", "against"

To = tuple[Path, Tell]


@dataclass(frozen=True, slots=True)
class Measured:
    """What `measure.json` will hold, every line behind it, and, where documents were read, the id of the one that each
    line's question stood behind."""

    found: dict[str, Any]
    rows: Sequence[Row]
    documents: Sequence[str] = ()


def profile_of(asked: Questions, controls: Controls, models: Sequence[str], how: How, to: To,
               before: Sequence[Behind] = ()) -> Measured:
    """Ask one model, or two, the claims and the controls, and the first one the claims again `before` (behind) each of
    some documents. `to` is where answers are kept and who is told of progress. Raises UserError as `answers.open_model`
    does, and for two models whose answers are told by different estimates."""
    folder, tell = to
    answered = []
    for name, label in zip(models, (MEASURED, AGAINST), strict=False):
        model = open_model(name, label, how, tell)
        if answered and answered[0][0]["estimate"] != model.asker.estimate:
            raise UserError(f"its answers are told by the estimate '{model.asker.estimate}', and those of "
                            f"{answered[0][0]['model']} by '{answered[0][0]['estimate']}': they are different "
                            f"quantities", where=name, hint="choose one that both allow with --estimate")
        answered.append((*_asked(asked, controls, model, folder, tell),
                         ask(model, [each.items for each in before], folder, tell) if before and not answered else []))
    facts, rows, prose, behind = answered[0]
    found = {
        "reader": facts, "claims_file": asked.file, "subject": asked.subject,
        "unnamed": asked.unnamed, "readings": list(asked.readings),
        "about": dict(asked.about), "stated": dict(asked.stated), "scale": "log-odds", "interval": INTERVAL,
        "estimate": facts["estimate"],
        **findings(asked, rows, prose), "versions": versions(),
    }
    if len(answered) > 1:
        other, theirs, other_prose, _ = answered[1]
        found |= {"against": {"reader": other, **findings(asked, theirs, other_prose),
                              "differences": differences(asked, rows, theirs, (prose, other_prose))}}
        rows = [*rows, *theirs]
    if before:
        found |= {"in_context": in_context(asked, before, rows, behind)}
        documents = [""] * len(rows) + [each.document for each in before for _ in each.items]
        return Measured(found, [*rows, *behind], documents)
    return Measured(found, rows)


def card_of(tests: Tests, name: str, how: How, to: To) -> Measured:
    """Let a model take the tests of the capability card; `found` is the card itself."""
    folder, tell = to
    model = open_model(name, MEASURED, how, tell)
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
