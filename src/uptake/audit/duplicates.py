"""Documents that are near-copies of one another."""

from typing import Any

from uptake.audit.page import Mark, Overview, Page, Table, Tally


class Duplicates:
    """Tag: `near_copy`, on each document but the first of its group; the score is the estimated similarity to it."""

    name = "duplicates"

    def __init__(self) -> None:
        self.families: dict[str, Any] = {}

    def look(self, page: Page, tally: Tally) -> list[Mark]:
        family = page.family
        if page.at or family is None or family.is_first:
            return []
        return [page.whole(self.name, "near_copy", family.similarity, f"a near-copy of {family.first}")]

    def overview(self, tally: Tally) -> Overview:
        if not self.families.get("groups"):
            return Overview()
        rows = tuple((name, f"{size:,}") for name, size in self.families["largest"])
        note = (f"{self.families['groups']:,} groups; in a group, runs of three words agree by an estimated "
                "60% or more, directly or through one another")
        return Overview((Table("Largest groups of near-copies", ("first document", "documents"), rows, note),))
