"""Hedges that do not say whose uncertainty it is or where it comes from; and stock phrases, which are counted."""

from uptake.audit.page import Mark, Overview, Page, Table, Tally
from uptake.audit.patterns import Gated, data, either, sentence

# Stock phrases listed on the page: more would be a lexicon.
LISTED = 20
# What they begin with in the tally.
STOCK = "stock: "


class Ownerless:
    """Tags: `hedge`, a hedge without an owner; `stock`, a stock phrase. A hedge's score is 1; a stock phrase's is .5,
    because it is a matter of number."""

    name = "ownerless"

    def __init__(self) -> None:
        said = data("hedges")
        self._hedges = Gated(said["hedges"])
        self._stock = Gated(said["stock"])
        self._owner, self._taken_up = either(said["owners"]), either(said["taken_up"])

    def look(self, page: Page, tally: Tally) -> list[Mark]:
        marks: list[Mark] = []
        for start, end in self._hedges.spans(page):
            if self._has_owner(page, start, end):
                tally["owned"] += 1
            else:
                tally["ownerless"] += 1
                marks.append(Mark(self.name, "hedge", start, end, 1.0, "whose uncertainty, and from where?"))
        for start, end in self._stock.spans(page):
            tally[STOCK + " ".join(page.lower[start:end].split())] += 1
            marks.append(Mark(self.name, "stock", start, end, 0.5, "a stock phrase"))
        return marks

    def overview(self, tally: Tally) -> Overview:
        hedges = Table("Hedges", ("", "number"), (("with an owner or a source", f"{tally['owned']:,}"),
                                                 ("without", f"{tally['ownerless']:,}")))
        stock = Tally({phrase: count for phrase, count in tally.items() if phrase.startswith(STOCK)})
        rows = tuple((phrase.removeprefix(STOCK), f"{count:,}") for phrase, count in stock.most_common(LISTED))
        phrases = (Table("Stock phrases", ("phrase", "times"), rows),) if rows else ()
        return Overview((hedges, *phrases) if tally["owned"] or tally["ownerless"] else phrases)

    def _has_owner(self, page: Page, start: int, end: int) -> bool:
        first, last = sentence(page.text, start, end)
        if self._owner.search(page.text, first, last):
            return True
        return bool(self._taken_up.search(page.lower[last:last + 120]))
