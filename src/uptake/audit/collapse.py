"""Names, openings and plots that recur beyond chance: a sign of one writer, or one prompt, behind many documents.

Each has its null, stated on the page:
    names      no name is borne by more than 1 in 100 people; each document's names are drawn independently
    openings   a document begins like any other sentence of the corpus
    plots      words follow one another as pairs of words do in the corpus (a first-order Markov chain)
A recurrence counts if its Poisson tail, times the number of things looked at (Bonferroni), is below one in a thousand.
It is settled on a sample of documents. The subject of a document is no name that recurs, and of near-copies, which are
`duplicates`' business, one counts.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from uptake.audit.page import HASHES, WORD, Mark, Overview, Page, Table, Tally, grams, hashes_of, runs, sampled, within
from uptake.audit.patterns import STOP, data

# A capitalised word inside a sentence: one after a small letter, a comma or a semicolon.
NAME = re.compile(r"[A-Z](?<=[a-z,;] .)[a-zà-ÿ]{2,}\b(?!['’]t)")
# The commonest first name of a year is given to some 6 in 1000 children born in the United States (2022: Liam, to
# 20,456 of 3.6 million).
COMMONEST = 0.01
CHANCE = 1e-3
# In fewer documents nothing recurs; and of a large corpus so small a share is idiom ("at the end of the").
FEWEST, SHARE = 4, 0.02
OPENING, PLOT = 4, 5
# At least so many words of a plot's run are not common ones.
RARE = 2
# Documents that it is settled on, words of each, and beginnings of its sentences: a recurrence in 2 of 100 documents
# is met 100 times.
SAMPLE, WORDS, SENTENCES = 5_000, 1000, 10
LISTED = 20
# Recurrences that are marked in the texts, the commonest first.
KEPT = 5000


class Collapse:
    """Tags: `name`, `opening`, `plot`; the score is the share of documents that have it. `documents` is how many there
    are, if known."""

    name, idle = "collapse", False

    def __init__(self, documents: int = 0) -> None:
        words = data("collapse")
        self.families: dict[str, Any] = {}
        self._not_names, self._common = frozenset(words["not_names"]), frozenset(words["common"])
        self._share = min(1.0, SAMPLE / max(1, documents))
        self._beyond: dict[str, dict[str, list[float]]] = {"name": {}, "opening": {}, "plot": {}}
        self._plots, self._shares = np.empty(0, np.uint64), np.empty(0)

    def see(self, page: Page) -> Any | None:
        if page.at or sampled(page.record.id) >= self._share:
            return None
        names = {name.lower() for name in NAME.findall(page.text)} - self._not_names - _subject(page)
        begins = [begin for stop in islice(STOP.finditer(page.lower), SENTENCES)
                  if len(begin := WORD.findall(page.lower[stop.end():stop.end() + 80])[:OPENING]) == OPENING]
        return {"names": sorted(names), "words": page.words[:WORDS], "begins": begins}

    def settle(self, notes: Iterable[Any]) -> Any:
        sample = _Sample()
        for note in notes:
            sample.add(note)
        return {"documents": sample.documents, "name": sample.names_beyond(), "opening": sample.openings_beyond(),
                "plot": sample.plots_beyond(self._common)}

    def know(self, settled: Any) -> None:
        self._beyond = {kind: settled[kind] for kind in self._beyond}
        self._documents = max(1, settled["documents"])
        plots = {int(grams(hashes_of(words), PLOT)[0]): count for words, (count, _) in self._beyond["plot"].items()}
        self._plots = np.array(sorted(plots), np.uint64)
        self._shares = np.array([plots[each] for each in sorted(plots)]) / self._documents

    def look(self, page: Page, tally: Tally) -> list[Mark]:
        if page.family and not page.family.is_first:
            return []
        marks = []
        names, openings = self._beyond["name"], self._beyond["opening"]
        if names:
            own = _subject(page)
            marks += [Mark(self.name, "name", *match.span(), self._part(names[low]), "a name that recurs")
                      for match in NAME.finditer(page.text) if (low := match[0].lower()) in names and low not in own]
        opening = openings.get(" ".join(page.words[:OPENING])) if not page.at else None
        if opening:
            start, end = page.places[0][0], page.places[OPENING - 1][1]
            marks.append(Mark(self.name, "opening", start, end, self._part(opening), "an opening that recurs"))
        return marks + self._look_for_plots(page)

    def overview(self, tally: Tally) -> Overview:
        notes = {"name": "expected, if no name were borne by more than 1 person in 100",
                 "opening": "expected, if documents began as other sentences of the corpus do",
                 "plot": "expected, if words followed one another as pairs of words do in the corpus"}
        tables = []
        for kind, found in self._beyond.items():
            most = sorted(found.items(), key=lambda row: (-row[1][0], row[0]))[:LISTED]
            rows = tuple((what.capitalize() if kind == "name" else what, f"{count:,.0f}", f"{expected:.2g}")
                         for what, (count, expected) in most)
            if rows:
                tables.append(Table(f"{kind.capitalize()}s that recur beyond chance", (kind, "documents", "expected"),
                                    rows, f"{notes[kind]}; {self._documents:,} documents"))
        return Overview(tuple(tables))

    def _part(self, found: list[float]) -> float:
        return round(min(1.0, found[0] / self._documents), 4)

    def _look_for_plots(self, page: Page) -> list[Mark]:
        if not len(self._plots):
            return []
        here = page.grams(PLOT)
        hit = within(here, self._plots)
        if not hit.any():
            return []
        share = round(float(self._shares[np.searchsorted(self._plots, here[hit])].max()), 4)
        return [Mark(self.name, "plot", start, end, share, "words that recur")
                for start, end, _ in runs(page, hit, PLOT)]


@dataclass
class _Sample:
    """What is counted in the sample: names and openings by document, sentences by how they begin, and every word."""

    documents: int = 0
    names: Counter[str] = field(default_factory=Counter)
    openings: Counter[str] = field(default_factory=Counter)
    begins: Counter[str] = field(default_factory=Counter)
    spelt: dict[int, str] = field(default_factory=dict)
    texts: list[np.ndarray] = field(default_factory=list)

    def add(self, note: dict[str, Any]) -> None:
        self.documents += 1
        self.names.update(note["names"])
        self.begins.update(" ".join(begin) for begin in note["begins"])
        if len(note["words"]) >= OPENING:
            self.openings[" ".join(note["words"][:OPENING])] += 1
        hashes = [HASHES[word] for word in note["words"]]
        self.spelt.update(zip(hashes, note["words"], strict=True))
        self.texts.append(np.array(hashes, np.uint64))

    @property
    def least(self) -> int:
        return max(FEWEST, round(SHARE * self.documents))

    def names_beyond(self) -> dict[str, tuple[int, float]]:
        expected = self.names.total() * COMMONEST
        return self._beyond(self.names, lambda name: expected)

    def openings_beyond(self) -> dict[str, tuple[int, float]]:
        sentences = self.begins.total()
        return self._beyond(self.openings, lambda begin: self.documents * (self.begins[begin] + 1) / (sentences + 1))

    def plots_beyond(self, common: frozenset[str]) -> dict[str, tuple[int, float]]:
        """The runs of `PLOT` words that recur. What a chain of pairs foretells is no plot, unless the pairs themselves
        are hardly met elsewhere: then the run is all that there is."""
        single, pair = (_counted(self.texts, size) for size in (1, 2))
        runs_of = _counted(self.texts, PLOT, by_document=True)
        often = runs_of[0][runs_of[1] >= self.least]
        total = sum(map(len, self.texts))
        found: dict[str, tuple[int, float]] = {}
        for run in _first_met(self.texts, often):
            words = [self.spelt[each] for each in run.tolist()]
            if sum(word not in common for word in words) < RARE:
                continue
            times = _times(runs_of, grams(run, PLOT))[0]
            chain, between = _times(pair, grams(run, 2)), _times(single, grams(run[1:-1], 1))
            expected = float(chain.astype(float).prod() / between.astype(float).prod())
            expected = 0.0 if (chain <= 1.2 * times).all() else expected
            if _tail(times, expected) * total < CHANCE:
                found[" ".join(words)] = (int(times), expected)
        return dict(sorted(found.items(), key=lambda each: -each[1][0])[:KEPT])

    def _beyond(self, counted: Counter[str], expected: Any) -> dict[str, tuple[int, float]]:
        return {what: (count, expected(what)) for what, count in counted.most_common(KEPT)
                if count >= self.least and _tail(count, expected(what)) * len(counted) < CHANCE}


def _tail(count: int, expected: float) -> float:
    """The chance of so many or more, if `expected` are (Poisson)."""
    from scipy.special import pdtrc

    return float(pdtrc(float(count) - 1, expected)) if expected else 0.0


def _counted(texts: list[np.ndarray], size: int, by_document: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """The hashes of runs of words, sorted, and how often each is met, or in how many documents."""
    every = [np.unique(grams(text, size)) if by_document else grams(text, size) for text in texts]
    return np.unique(np.concatenate(every or [np.empty(0, np.uint64)]), return_counts=True)


def _times(counted: tuple[np.ndarray, np.ndarray], hashes: np.ndarray) -> np.ndarray:
    return counted[1][np.searchsorted(counted[0], hashes)]


def _first_met(texts: list[np.ndarray], often: np.ndarray) -> Iterator[np.ndarray]:
    """The words of each of the runs `often`, from where it is first met."""
    left = set(often.tolist())
    for text in texts:
        if not left:
            return
        hashes = grams(text, PLOT)
        for place in np.flatnonzero(np.isin(hashes, often)).tolist():
            if int(hashes[place]) in left:
                left.remove(int(hashes[place]))
                yield text[place:place + PLOT]


def _subject(page: Page) -> set[str]:
    return set(WORD.findall((page.record.about.subject or "").lower()))
