"""Overlap of documents and test items, both ways: what of a document stands in items, what of an item in documents."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from uptake.audit.page import Mark, Overview, Page, Table, Tally, grams, hashes_of, runs, within

# Eight words in a row: as PaLM's and Llama's authors took for short items; GPT-3's took thirteen.
RUN = 8
# A near-copy of an item has so large a share of its runs of three words, within twice its length.
SHINGLE, NEAR, SPREAD = 3, 0.6, 2
# An item of fewer words is too short to be recognised ("Yes.").
SHORTEST = 6
LISTED = 20


@dataclass(frozen=True, slots=True)
class TestItem:
    """A text that a reader will be tested with, and what to call it on the page."""

    __test__ = False

    name: str
    text: str


class Leakage:
    """Tags: `run`, eight words in a row that stand in a test item too; `near_item`, a passage that nearly repeats an
    item (score: the share of the item's runs of three words); `in_items`, a document that an item nearly holds."""

    name = "leakage"

    def __init__(self, items: Sequence[TestItem] | None, source: str = "") -> None:
        self._asked, self._source = items is not None, source
        self._items, hashes = [], []
        for item in items or ():
            words = hashes_of(item.text)
            if len(words) >= SHORTEST:
                self._items.append(item)
                hashes.append(words)
        self._short = len(items or ()) - len(self._items)
        self._runs = np.unique(np.concatenate([grams(words, min(RUN, len(words))) for words in hashes]
                                              or [np.empty(0, np.uint64)]))
        self._sizes = sorted({min(RUN, len(words)) for words in hashes})
        self._index(hashes)

    def look(self, page: Page, tally: Tally) -> list[Mark]:
        if not self._items or len(page.words) < SHINGLE:
            return []
        tally["looked at"] += not page.at
        found = within(page.grams(SHINGLE), self._shingles)
        if not found.any():
            return []
        marks = self._near_items(page, found, tally)
        covered = []
        for size in self._sizes:
            hit = within(page.grams(size), self._runs)
            if hit.any():
                covered += runs(page, hit, size)
        marks += [Mark(self.name, "run", start, end, 1.0, "stands in a test item") for start, end in _merged(covered)]
        tally["with overlap"] += bool(marks)
        return marks

    def overview(self, tally: Tally) -> Overview:
        if not self._asked:
            return Overview(reason="no test items were given (--against)")
        if not tally["with overlap"]:
            return Overview()
        touched = Tally({key: count for key, count in tally.items() if key.startswith("item ")})
        rows = []
        for key, count in touched.most_common(LISTED):
            item = self._items[int(key.removeprefix("item "))]
            rows.append((item.name, item.text[:100], f"{count:,}"))
        note = (f"{len(touched):,} of {len(self._items):,} items stand whole or nearly so in a document; "
                f"{tally['with overlap']:,} of {tally['looked at']:,} documents hold part of one; {self._short:,} "
                f"items were too short to be looked for; items from {self._source}")
        return Overview((Table("Test items that documents repeat", ("item", "text", "documents"), tuple(rows), note),))

    def _index(self, hashes: list[np.ndarray]) -> None:
        """For each run of three words, which items hold it: sorted, with where each one's items begin."""
        pieces = [np.unique(grams(words, SHINGLE)) for words in hashes]
        self._lengths = np.array([len(piece) for piece in pieces], np.int64)
        every = np.concatenate(pieces or [np.empty(0, np.uint64)])
        owners = np.repeat(np.arange(len(pieces)), self._lengths)
        order = np.argsort(every, kind="stable")
        self._owners = owners[order]
        self._shingles, self._starts = np.unique(every[order], return_index=True)
        self._starts = np.append(self._starts, len(every))

    def _near_items(self, page: Page, found: np.ndarray, tally: Tally) -> list[Mark]:
        places = np.flatnonzero(found)
        at = np.searchsorted(self._shingles, page.grams(SHINGLE)[places])
        sizes = self._starts[at + 1] - self._starts[at]
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        owners = self._owners[np.repeat(self._starts[at], sizes) + within]
        where = np.repeat(places, sizes)
        hits = np.bincount(owners, minlength=len(self._items))
        marks = []
        for number in np.flatnonzero(hits >= NEAR * self._lengths).tolist():
            mark = self._densest(page, number, where[owners == number])
            if mark:
                tally[f"item {number}"] += 1
                marks.append(mark)
        whole = not page.at and len(page.text) == len(page.record.text)
        nearly = len(page.words) >= SHORTEST and hits.max() >= NEAR * len(found)
        if whole and nearly and not marks:
            marks.append(page.whole(self.name, "in_items", round(float(hits.max() / len(found)), 3),
                                    f"nearly part of the item {self._items[int(hits.argmax())].name}"))
        return sorted(marks, key=lambda mark: -mark.score)[:LISTED]

    def _densest(self, page: Page, number: int, where: np.ndarray) -> Mark | None:
        """The passage, at most twice as long as the item, that holds most of its runs of three words."""
        shingles, length = page.grams(SHINGLE), int(self._lengths[number])
        ends = np.searchsorted(where, where + SPREAD * (length + SHINGLE), side="left")
        best = int((ends - np.arange(len(where))).argmax())
        inside = where[best:ends[best]]
        share = len(np.unique(shingles[inside])) / length
        if share < NEAR:
            return None
        start, end = page.places[inside[0]][0], page.places[min(inside[-1] + SHINGLE, len(page.words)) - 1][1]
        return Mark(self.name, "near_item", start, end, round(share, 3), f"the test item {self._items[number].name}")


def _merged(spans: list[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """Spans without their overlaps."""
    merged: list[tuple[int, int]] = []
    for start, end, _ in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
