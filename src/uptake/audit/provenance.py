"""Who wrote this, why, for whom, prompted how? What the record does not say, and what it says and the text conceals."""

from typing import Any

from uptake.audit.page import Mark, Overview, Page, Table, Tally
from uptake.audit.patterns import Gated, data
from uptake.documents.record import UNKNOWN, DocumentRecord

# What is not so needs saying; a person's fiction does not, which readers know to be such.
MADE = ("model", "model-revised", "template")
NOT_SO = ("fiction", "aspiration", "hypothetical", "false-on-purpose")
FIELDS = ("no_how", "no_author", "no_prompt", "no_purpose", "no_status", "no_rights")


class Provenance:
    """Tags: `no_how`, `no_author`, `no_prompt`, `no_purpose`, `no_status`, `no_rights` (fields that are missing);
    `origin_undisclosed`, `purpose_undisclosed`, `status_undisclosed` (known, and not said in the text);
    `disclosure_not_found` (said to be disclosed, and nothing like it stands in the text); `undeclared_copy`."""

    name = "provenance"

    def __init__(self) -> None:
        self.families: dict[str, Any] = {}
        self._says = {part: Gated(patterns) for part, patterns in data("disclosures").items()}

    def look(self, page: Page, tally: Tally) -> list[Mark]:
        if page.at:
            return []
        missing = _missing(page.record)
        tally["documents"] += 1
        tally.update(missing)
        marks = [page.whole(self.name, tag) for tag in (*missing, *self._undisclosed(page))]
        family = page.family
        if family and not family.is_first and not family.declared:
            said = f"a near-copy of {family.first}"
            marks.append(page.whole(self.name, "undeclared_copy", family.similarity, said))
        return marks

    def overview(self, tally: Tally) -> Overview:
        rows = tuple((tag.removeprefix("no_"), f"{tally[tag]:,}", f"{tally[tag] / tally['documents']:.0%}")
                     for tag in FIELDS if tally[tag])
        return Overview((Table("What the records do not say", ("field", "documents", "share"), rows),) if rows else ())

    def _undisclosed(self, page: Page) -> list[str]:
        made, status, use = page.record.made, page.record.status, page.record.use
        if status.disclosed:
            found = any(patterns.met(page) for patterns in self._says.values())
            return [] if found else ["disclosure_not_found"]
        not_so = status.kind in NOT_SO and (made.how != "person" or status.kind == "false-on-purpose")
        asked = {"origin": made.how in MADE, "purpose": use.purpose not in UNKNOWN, "status": not_so}
        return [f"{part}_undisclosed" for part, known in asked.items()
                if known and not self._says[part].met(page)]


def _missing(record: DocumentRecord) -> list[str]:
    made = record.made
    gone = {"no_how": made.how in UNKNOWN,
            "no_author": made.author in UNKNOWN,
            "no_prompt": made.how in ("model", "model-revised") and made.prompt in UNKNOWN and not made.prompt_sha256,
            "no_purpose": record.use.purpose in UNKNOWN,
            "no_status": record.status.kind in UNKNOWN,
            "no_rights": record.rights.licence in UNKNOWN and record.rights.holder in UNKNOWN}
    return [tag for tag, absent in gone.items() if absent]
