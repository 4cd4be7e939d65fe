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
    of them, and a look at the vocabulary is a hundred times faster than a search."""

    def __init__(self, entries: list[dict[str, Any]]) -> None:
        self._patterns = [([frozenset(words) for words in each["when"]], re.compile(each["says"])) for each in entries]
        self._words = frozenset().union(*(words for when, _ in self._patterns for words in when))

    def within(self, text: str) -> bool:
        """Whether one of them stands in a text that nobody has made a page of."""
        return any(pattern.search(text.lower()) for _, pattern in self._patterns)

    def met(self, page: Page) -> bool:
        """Whether one of them stands in the text."""
        return any(pattern.search(page.lower) for pattern in self._open(page))

    def spans(self, page: Page) -> list[tuple[int, int]]:
        """Where they stand; of two that overlap, the first."""
        apart: list[tuple[int, int]] = []
        for span in sorted(match.span() for pattern in self._open(page) for match in pattern.finditer(page.lower)):
            if not apart or span[0] >= apart[-1][1]:
                apart.append(span)
        return apart

    def _open(self, page: Page) -> Iterator[re.Pattern[str]]:
        here = self._words & page.vocabulary
        for when, pattern in self._patterns:
            for words in when:
                if words.isdisjoint(here):
                    break
            else:
                yield pattern


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
