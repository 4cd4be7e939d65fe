"""What every finding shares: a document under the glass, the marks left on it, and what a finding must be able to do.

A finding looks at one document at a time, in whichever process holds it, and keeps nothing between documents but what
it counts into a tally. A `Collector` first sees each document and may note something of it (`see`); from all the notes
it settles what the corpus shows (`settle`), and knows that (`know`) before it looks at any document.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from typing import Any, Protocol, runtime_checkable

import numpy as np

from uptake.documents.record import DocumentRecord

WORD = re.compile(r"\w+(?:['’]\w+)*")
# What lies between words in ASCII, an apostrophe aside.
ASCII_GAPS = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) in "_'")}

# Characters of a document that are under the glass at one time; a longer one is looked at piece by piece. A book has
# about as many, and what is made of them here takes some 100 MB.
LONGEST = 1 << 20

# A vocabulary of so many different words is kept with its hashes (some 100 MB), then begun anew.
WORDS_KEPT = 1 << 19
# Odd multipliers, one a place in an n-gram: the fractional digits of the golden ratio, times odd numbers.
GOLDEN = 0x9E3779B97F4A7C15
PLACES = np.array([GOLDEN * (2 * place + 1) % (1 << 64) | 1 for place in range(32)], dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class Mark:
    """A span of a document's text and what is the matter with it: `tag` stands in the attributes, `says` on the page.

    `start` and `end` count characters; a mark on the document as a whole spans all of it. `score` is between 0 and 1.
    """

    finding: str
    tag: str
    start: int
    end: int
    score: float = 1.0
    says: str = ""

    def moved(self, by: int) -> "Mark":
        return replace(self, start=self.start + by, end=self.end + by)


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers about the corpus; `note` says against what they are to be read."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """What a finding says of the corpus as a whole. `found` is empty where nothing was; `reason` says why it was not
    looked for."""

    tables: tuple[Table, ...] = ()
    found: str = ""
    reason: str = ""


# What a finding counts as it looks; those of all processes are added up.
Tally = Counter[str]


class Finding(Protocol):
    """One thing to look for. `overview` is asked for last, with the tally of the whole corpus."""

    name: str

    def look(self, page: "Page", tally: Tally) -> list[Mark]: ...

    def overview(self, tally: Tally) -> Overview: ...


@runtime_checkable
class Collector(Finding, Protocol):
    """A finding that must know the whole corpus before it can look at one document, unless it is `idle`, since what it
    would need was not given. Notes, and what is settled, are plain data (JSON)."""

    idle: bool

    def see(self, page: "Page") -> Any | None: ...

    def settle(self, notes: Iterable[Any]) -> Any: ...

    def know(self, settled: Any) -> None: ...


@runtime_checkable
class Grouped(Protocol):
    """A finding that wants to know which documents are near-copies: of each by `Page.family`, of the corpus by this:
    `groups` (their number) and `largest` (the id of the first and the size of each)."""

    families: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Family:
    """A document's place among its near-copies: the id of the first of them, the similarity to it, how many they are,
    whether some record of the group says that this one was made from another, and whether it is the first itself."""

    first: str
    similarity: float
    size: int
    declared: bool
    is_first: bool


class _Hashes(dict):
    """A word's 64 bits, the same on every machine and in every process."""

    def __missing__(self, word: str) -> int:
        if len(self) >= WORDS_KEPT:
            self.clear()
        self[word] = value = int.from_bytes(blake2b(word.encode("utf-8", "replace"), digest_size=8).digest(), "little")
        return value


HASHES = _Hashes()


class Page:
    """A document under the glass, or a piece of a long one (`at` says where it begins). What several findings need of
    it is made once, and only if one asks. `read` holds what findings noted of it when a reader read it, by name."""

    read: Mapping[str, Any] | None = None

    def __init__(self, record: DocumentRecord, text: str | None = None, at: int = 0,
                 family: Family | None = None) -> None:
        self.record, self.text, self.at, self.family = record, record.text if text is None else text, at, family
        self._grams: dict[int, np.ndarray] = {}

    @cached_property
    def lower(self) -> str:
        """The text in small letters, character for character."""
        lower = self.text.lower()
        if len(lower) != len(self.text):
            lower = "".join(low if len(low := each.lower()) == 1 else each for each in self.text)
        return lower

    @cached_property
    def words(self) -> list[str]:
        return words_of(self.lower)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        return frozenset(self.words)

    @cached_property
    def places(self) -> list[tuple[int, int]]:
        """Where each word begins and ends."""
        return [match.span() for match in WORD.finditer(self.lower)]

    @cached_property
    def hashes(self) -> np.ndarray:
        return np.fromiter(map(HASHES.__getitem__, self.words), np.uint64, len(self.words))

    def grams(self, size: int) -> np.ndarray:
        """The hash of each run of `size` words, by the place of its first word; empty if the text is shorter."""
        if size not in self._grams:
            self._grams[size] = grams(self.hashes, size)
        return self._grams[size]

    def whole(self, finding: str, tag: str, score: float = 1.0, says: str = "") -> Mark:
        """A mark on the document as a whole."""
        return Mark(finding, tag, 0, len(self.record.text), score, says)


def pages(record: DocumentRecord, family: Family | None = None) -> Iterator[Page]:
    """Put a document under the glass, piece by piece if it is long; pieces end between words where there are any."""
    at, length = 0, len(record.text)
    while length - at > LONGEST:
        end = at + LONGEST
        end = max(record.text.rfind(" ", at, end), record.text.rfind("\n", at, end)) + 1 or end
        yield Page(record, record.text[at:end], at, family)
        at = end
    yield Page(record, record.text[at:] if at else record.text, at, family)


def grams(hashes: np.ndarray, size: int) -> np.ndarray:
    """Return the 64-bit hash of each run of `size` word hashes (uint64, wrapping), or an empty array."""
    count = len(hashes) - size + 1
    if count < 1:
        return np.empty(0, np.uint64)
    mixed = hashes[:count] * PLACES[0]
    for place in range(1, size):
        mixed += hashes[place:place + count] * PLACES[place]
    mixed ^= mixed >> np.uint64(32)
    mixed *= np.uint64(GOLDEN)
    mixed ^= mixed >> np.uint64(29)
    return mixed


def words_of(lower: str) -> list[str]:
    """Return the words of a text in small letters: what `WORD` finds, in ASCII three times as fast."""
    if not lower.isascii() or "''" in lower:
        return WORD.findall(lower)
    apart = lower.translate(ASCII_GAPS)
    if "'" not in lower or not ("' " in apart or " '" in apart or apart[0] == "'" or apart[-1] == "'"):
        return apart.split()
    return [word for each in apart.split() if (word := each.strip("'"))]


def hashes_of(text: str) -> np.ndarray:
    """Return the word hashes of a text that is no document of the corpus, such as a test item."""
    words = words_of(text.lower())
    return np.fromiter(map(HASHES.__getitem__, words), np.uint64, len(words))


def runs(page: Page, hit: np.ndarray, size: int) -> list[tuple[int, int, int]]:
    """Return the spans of text covered by n-grams of `size` words, given which begin a hit: start, end, and how many
    n-grams make up the span. Spans that touch are one."""
    found: list[tuple[int, int, int]] = []
    first = last = -1
    for place in np.flatnonzero(hit).tolist():
        if first >= 0 and place <= last + size:
            last = place
            continue
        if first >= 0:
            found.append((page.places[first][0], page.places[last + size - 1][1], last - first + 1))
        first = last = place
    if first >= 0:
        found.append((page.places[first][0], page.places[last + size - 1][1], last - first + 1))
    return found


def within(hashes: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Say of each hash whether it is among the known, which are sorted. (numpy's `isin` would sort them every time.)"""
    if not len(known):
        return np.zeros(len(hashes), bool)
    at = np.searchsorted(known, hashes)
    at[at == len(known)] = 0
    return known[at] == hashes


def sampled(identity: str) -> float:
    """Return a number from 0 to 1 that an id always has: a sample is the documents below a share, whoever draws it."""
    return int.from_bytes(blake2b(identity.encode("utf-8", "replace"), digest_size=7).digest(), "big") / (1 << 56)
