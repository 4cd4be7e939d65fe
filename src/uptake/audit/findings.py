"""The findings by name. A new one is a file, a line here, and its words in `data/audit/words.yaml`."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from uptake.audit.arms_differ import ArmsDiffer
from uptake.audit.collapse import Collapse
from uptake.audit.duplicates import Duplicates
from uptake.audit.leakage import Leakage, TestItem
from uptake.audit.ownerless import Ownerless
from uptake.audit.page import Finding
from uptake.audit.provenance import Provenance
from uptake.audit.self_denial import SelfDenial
from uptake.audit.status import Status
from uptake.audit.tells import Tells
from uptake.errors import UserError, did_you_mean

# What opens a reader of this machine.
HERE = "uptake.audit.reading:reader_eye"


@dataclass(frozen=True)
class Settings:
    """What is to be found, and what findings may need beside the documents.

    `names` are the findings; `documents` is how many documents there are, if known (those that settle on a sample take
    all of them otherwise); `shown` is how many of them the page shows. `reader` is whom the findings of `BY_READING`
    ask, `address` where it is if that is not this machine, `eye` the function that opens it, `reader_is` what tells it
    from any other, and `threads` how many it may use in one task.
    """

    names: Sequence[str]
    documents: int = 0
    shown: int = 200
    arms: str | None = None
    meant: Sequence[str] = ()
    items: Sequence[TestItem] | None = None
    items_from: str = ""
    card: Mapping[str, Mapping[str, Any]] | None = None
    reader: str | None = None
    address: str = ""
    eye: str = HERE
    reader_is: str = ""
    threads: int = 1

    @property
    def weighs(self) -> bool:
        """Whether there is a reader that tells how likely a document is."""
        return self.reader is not None and self.eye == HERE

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Settings":
        raw = json.loads(text)
        items = raw.pop("items")
        return cls(**raw, items=None if items is None else [TestItem(**item) for item in items])


FINDINGS: dict[str, Callable[[Settings], Finding]] = {
    "provenance": lambda given: Provenance(),
    "status": lambda given: Status(),
    "tells": lambda given: Tells(),
    "self-denial": lambda given: SelfDenial(given.card),
    "ownerless": lambda given: Ownerless(),
    "duplicates": lambda given: Duplicates(),
    "collapse": lambda given: Collapse(given.documents),
    "leakage": lambda given: Leakage(given.items, given.items_from),
    "arms-differ": lambda given: ArmsDiffer(given.arms, given.meant, given.documents, given.weighs),
}

# These need a reader. (`arms-differ` uses one if it is there.)
BY_READING = ("status", "tells")
# Of these, the ones that need the probability of every word, which no endpoint tells for as many as that takes.
BY_WORDS = ("tells",)


def findings(settings: Settings) -> list[Finding]:
    """Make the findings that were asked for."""
    return [FINDINGS[name](settings) for name in settings.names]


def known(names: Collection[str], where: str) -> None:
    """Raise UserError unless each name is a finding's."""
    for name in names:
        if name not in FINDINGS:
            raise UserError(f"there is no finding '{name}'", where=where, hint=did_you_mean(name, FINDINGS))
