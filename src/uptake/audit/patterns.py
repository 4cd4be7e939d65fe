"""Patterns from data files, each list as one alternation, and where a sentence begins and ends."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml

from uptake.audit.page import Page
from uptake.strict_yaml import DATA

# The end of a sentence, with what may close it.
STOP = re.compile(r"[.!?…]+[\"”’')\]]*(?=\s|$)|\n\s*\n")


@cache
def data(name: str) -> dict[str, Any]:
    """Return what one of the audit's data files holds."""
    return yaml.safe_load((DATA / "audit" / f"{name}.yaml").read_text(encoding="utf-8"))


class Gated:
    """Patterns, each searched for only in a text that holds a word of each of its lists (`when`). Most texts hold few
    of them, and a look at the vocabulary is a hundred times faster than a search. A pattern whose every match begins
    with one of a few words may list them (`begins`), and is then tried only where they stand."""

    def __init__(self, entries: list[dict[str, Any]]) -> None:
        self._patterns = [(re.compile(each["says"]), tuple(each.get("begins", ()))) for each in entries]
        # A bit for each list: a text's bits are those of its words, and a pattern needs all of its own.
        self._bits: dict[str, int] = {}
        self._needs: list[int] = []
        lists = 0
        for each in entries:
            self._needs.append(0)
            for words in each["when"]:
                bit, lists = 1 << lists, lists + 1
                self._needs[-1] |= bit
                for word in words:
                    self._bits[word] = self._bits.get(word, 0) | bit
        self._words = frozenset(self._bits)

    def within(self, text: str) -> bool:
        """Whether one of them stands in a text that nobody has made a page of."""
        return any(pattern.search(text.lower()) for pattern, _ in self._patterns)

    def met(self, page: Page) -> bool:
        """Whether one of them stands in the text."""
        return any(True for each in self._open(page) for _ in _matches(page.lower, *each))

    def spans(self, page: Page) -> list[tuple[int, int]]:
        """Where they stand; of two that overlap, the first."""
        apart: list[tuple[int, int]] = []
        for span in sorted(match.span() for each in self._open(page) for match in _matches(page.lower, *each)):
            if not apart or span[0] >= apart[-1][1]:
                apart.append(span)
        return apart

    def _open(self, page: Page) -> list[tuple[re.Pattern[str], tuple[str, ...]]]:
        held = 0
        for word in self._words & page.vocabulary:
            held |= self._bits[word]
        return [each for each, needs in zip(self._patterns, self._needs, strict=True) if held & needs == needs]


def _matches(text: str, pattern: re.Pattern[str], begins: tuple[str, ...]) -> Iterator[re.Match[str]]:
    """What `finditer` finds."""
    if not begins:
        yield from pattern.finditer(text)
        return
    end = 0
    for place in sorted(place for word in begins for place in _places(text, word)):
        if place >= end and (match := pattern.match(text, place)):
            end = match.end()
            yield match


def _places(text: str, word: str) -> Iterator[int]:
    place = text.find(word)
    while place >= 0:
        yield place
        place = text.find(word, place + 1)


def either(patterns: list[str] | str, flags: int = 0) -> re.Pattern[str]:
    """Compile a list of patterns as one alternation, or a single pattern."""
    if isinstance(patterns, str):
        return re.compile(patterns, flags)
    return re.compile("|".join(f"(?:{each})" for each in patterns), flags)


def sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where the sentence begins and ends that holds a span."""
    first = 0
    for stop in STOP.finditer(text, max(0, start - 600), start):
        first = stop.end()
    last = STOP.search(text, end)
    return max(first, start - 600), min(last.end() if last else len(text), end + 600)
