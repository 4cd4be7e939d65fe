"""Spans that this reader would hardly have written, names above all; and whether it might have written the document.

**Surprise.** Fast-DetectGPT's conditional curvature (Bao et al. 2024, arXiv 2310.05130) of a span: the sum over its
tokens of log p(token) less the mean of log p under p itself, over the square root of the summed variances. Of text that
the reader samples itself at temperature 1 every summand has mean 0 whatever came before it, so the curvature has mean 0
and a variance near 1, whatever the document is about. Below the reader's own sentences a sentence is marked; where they
lie is taken from samples of it. The document's own-authorship score is the share of the reader's own samples whose
curvature as a whole is as low.

**Names.** With p(n) the reader's probability that name n stands in this place, after this text, and a pool of names of
the same shape (one word or two), the ratio of a name is p(name) over the mean p of the name and its pool. The numerator
is what a sample of the reader's at the same opening would hold, taken exactly instead of from many samples; the
denominator is what it would hold on average if its name were drawn blindly from these. So the ratio leaves out how
likely a name is here at all, and whether it is a person's or a place's (rivals that do not fit weigh next to nothing).
Half of the pool are names that models reach for first, half are names of the world (data/names.yaml): against rare
names alone, every common name would look like the reader's own. A ratio below 1 says that the reader would sooner have
come to another name than to this one. Marked are those that lie below the reader's own names, in its own samples.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

import numpy as np
import yaml

from uptake.audit.page import Mark, Overview, Page, Table, Tally
from uptake.audit.patterns import STOP, data
from uptake.audit.reading import Lesson, Seen, Wanted
from uptake.seeds import stream
from uptake.strict_yaml import DATA

# One or two capitalised words, with nothing else of their kind about them: titles of three are no person's name.
NAME = re.compile(r"(?<![\w’'-])(?<![A-Z]\. )[A-Z][a-zà-ÿ]{2,}(?: [A-Z][a-zà-ÿ]{2,})*(?![\w-]|['’]t)")
# What stands before a capital that a sentence's beginning accounts for.
BEGINS = re.compile(r"(?:^|[.!?…:\n\"“‘(—–-])[\s\"“”’')(]*$")
# Names of the pool beside each name; different names asked about in a document, in order of appearance.
RIVALS, MOST_NAMES = 16, 12
# A sentence of fewer tokens has too little to go by: one rare word is all of it.
SHORTEST = 8
# The share of the reader's own sentences, names and documents that lie below the line.
ALARM_SENTENCE, ALARM_NAME, ALARM_WHOLE = 0.01, 0.05, 0.01
# So many of its own are needed to say where the line is: at fewer, none would be expected below it.
FEWEST_SENTENCES, FEWEST_NAMES, FEWEST_WHOLE = 100, 20, 20
# From this share on the reader may have written the document, as far as this shows.
OWN = 0.05
LISTED = 20
HARDLY = "hardly: "


@dataclass(frozen=True, slots=True)
class Measured:
    """A span of text: the sum of log p - E log p over its tokens, the sum of the variances, and how many they are."""

    start: int
    end: int
    gain: float
    variance: float
    tokens: int


class Tells:
    """Tags: `sentence` and `name`, which the reader would hardly have written; `another_hand` or `own_hand` on the
    document as a whole. Scores: of a sentence, a name and another hand the share of the reader's own that lie above
    it; of an own hand the own-authorship score."""

    name = "tells"

    def __init__(self) -> None:
        self._own: dict[str, list[float]] = {"sentences": [], "names": [], "whole": []}

    def wants(self, page: Page) -> Wanted:
        return Wanted(blanks=tuple((start, end, rivals(page.text[start:end])) for start, end in names(page.text)))

    def note(self, page: Page, seen: Seen) -> dict[str, Any]:
        """The sentences, and the logarithm of each name's ratio; null for what could not be computed."""
        found = [[start, end, log_ratio(asked)]
                 for (start, end), asked in zip(names(page.text), seen.blanks, strict=True) if asked]
        return {"sentences": [[each.start, each.end, round(each.gain, 4), round(each.variance, 4), each.tokens]
                              for each in sentences(page.text, seen)],
                "names": [each for each in found if each[2] is not None]}

    def learn(self, lesson: Lesson) -> dict[str, list[float]]:
        """Take from the reader's own samples where its sentences, its names and its documents lie."""
        own: dict[str, list[float]] = {"sentences": [], "names": [], "whole": []}
        for note, begin in zip(lesson.own, lesson.begins, strict=True):
            written = [each for each in _measured(note) if each.start >= begin]
            own["sentences"] += [curvature([each]) for each in written if each.tokens >= SHORTEST]
            own["names"] += [ratio for start, _, ratio in note["names"] if start >= begin]
            if sum(each.tokens for each in written) >= SHORTEST:
                own["whole"].append(curvature(written))
        return {kind: sorted(round(each, 4) for each in values) for kind, values in own.items()}

    def know(self, learnt: Mapping[str, list[float]]) -> None:
        self._own = dict(learnt)

    def look(self, page: Page, tally: Tally) -> list[Mark]:
        note = page.read.get(self.name) if page.read else None
        if note is None:
            return []
        tally["read"] += 1
        measured = _measured(note)
        return [*self._sentences(measured), *self._names(page, note["names"], tally),
                *self._whole(page, measured, tally)]

    def overview(self, tally: Tally) -> Overview:
        reasons = [self._lacks(kind, least) for kind, least in
                   (("sentences", FEWEST_SENTENCES), ("names", FEWEST_NAMES), ("whole", FEWEST_WHOLE))]
        if all(reasons):
            return Overview(reason="; ".join(reasons))
        counts = {"documents read": "read", "that the reader may have written": "own",
                  "that it would hardly have written": "other", "names asked about": "names"}
        rows = tuple((what, f"{tally[each]:,}") for what, each in counts.items())
        note = "; ".join([each for each in reasons if each] or [self._lines()])
        tables = [Table("Tells", ("", "number"), rows, note)]
        hardly = Tally({name: count for name, count in tally.items() if name.startswith(HARDLY)})
        if hardly:
            listed = tuple((name.removeprefix(HARDLY), f"{count:,}") for name, count in hardly.most_common(LISTED))
            tables.append(Table("Names that this reader would hardly have chosen", ("name", "documents"), listed))
        return Overview(tuple(tables))

    def _sentences(self, measured: Sequence[Measured]) -> Iterator[Mark]:
        line = _line(self._own["sentences"], ALARM_SENTENCE, FEWEST_SENTENCES)
        for each in measured:
            if line is not None and each.tokens >= SHORTEST and (found := curvature([each])) < line:
                said = (f"curvature {found:+.1f}; of the reader's own sentences {ALARM_SENTENCE:.0%} lie below "
                        f"{line:+.1f}")
                yield Mark("tells", "sentence", each.start, each.end, above(self._own["sentences"], found), said)

    def _names(self, page: Page, found: Sequence[Sequence[Any]], tally: Tally) -> Iterator[Mark]:
        line = _line(self._own["names"], ALARM_NAME, FEWEST_NAMES)
        for start, end, ratio in found:
            tally["names"] += 1
            if line is not None and ratio < min(line, 0.0):
                name = page.text[start:end]
                tally[HARDLY + name] += 1
                said = (f"the reader would write {name} here {_times(ratio)} a name drawn blindly; of its own names "
                        f"{ALARM_NAME:.0%} lie below {math.exp(line):.2g}")
                yield Mark("tells", "name", start, end, above(self._own["names"], ratio), said)

    def _whole(self, page: Page, measured: Sequence[Measured], tally: Tally) -> Iterator[Mark]:
        if sum(each.tokens for each in measured) < SHORTEST or len(self._own["whole"]) < FEWEST_WHOLE:
            return
        found = curvature(measured)
        score = 1 - above(self._own["whole"], found)
        said = f"curvature {found:+.1f}; own-authorship score {score:.2f}"
        # Below the lowest of few samples is no rare place: there the normal law must agree.
        if score <= ALARM_WHOLE or (found < self._own["whole"][0] and _normal(found) < ALARM_WHOLE):
            tally["other"] += 1
            yield page.whole("tells", "another_hand", round(1 - score, 4), said)
        elif score >= OWN:
            tally["own"] += 1
            yield page.whole("tells", "own_hand", round(score, 4), said)

    def _lacks(self, kind: str, least: int) -> str:
        number = len(self._own[kind])
        what = {"sentences": "sentences", "names": "names", "whole": "samples"}[kind]
        return f"the reader wrote {number} {what} of its own, too few to say what is unlike them" * (number < least)

    def _lines(self) -> str:
        return (f"against {len(self._own['whole'])} samples of the reader's own, at temperature 1: "
                f"{len(self._own['sentences'])} sentences and {len(self._own['names'])} names")


def names(text: str) -> list[tuple[int, int]]:
    """Return where each name first stands, in order. A capital at the beginning of a sentence is one only if the word
    is a known name, or stands as a name elsewhere in the text."""
    known, inside, found = _known_names(), set(), []
    for match in NAME.finditer(text):
        words = match[0].split(" ")
        begins = bool(BEGINS.search(text, max(0, match.start() - 8), match.start()))
        found.append((match.start(), words, begins))
        inside |= set(words[1:] if begins else words)
    first: dict[str, tuple[int, int]] = {}
    for start, words, begins in found:
        if begins and words[0] not in known and words[0] not in inside:
            start, words = start + len(words[0]) + 1, words[1:]
        if 1 <= len(words) <= 2 and not _not_names() & {word.lower() for word in words}:
            name = " ".join(words)
            if not any(set(words) <= set(other.split(" ")) for other in first):
                first[name] = (start, start + len(name))
    return list(first.values())[:MOST_NAMES]


def rivals(name: str) -> tuple[str, ...]:
    """Return names of the same shape, the same for the same name: half of those that models reach for first, half of
    the world's, people's and places'."""
    one, rng = " " not in name, stream(0, "rivals", name)
    stock, tongues = _pool()
    drawn: dict[str, None] = {}
    while len(drawn) < RIVALS // 2:
        drawn[rng.choice(stock) if one else " ".join(rng.sample(stock, 2))] = None
    while len(drawn) < RIVALS:
        drawn[_of_the_world(rng.choice(tongues), one, rng)] = None
    return tuple(each for each in drawn if each != name)


def log_ratio(logps: Sequence[float | None]) -> float | None:
    """Return log p(name) less the logarithm of the mean p of the name and its rivals; None without a name or a rival.
    It is at most the logarithm of their number."""
    own, *others = logps
    known = [each for each in others if each is not None and math.isfinite(each)]
    if own is None or not math.isfinite(own) or not known:
        return None
    every = np.array([own, *known])
    return round(float(own - every.max() - np.log(np.exp(every - every.max()).mean())), 4)


def sentences(text: str, seen: Seen) -> list[Measured]:
    """Cut what was read into sentences, each with its sums. A token belongs to the sentence that holds its end."""
    ends = [stop.end() for stop in STOP.finditer(text, 0, seen.read)]
    if not ends or ends[-1] < seen.read:
        ends.append(seen.read)
    which = np.searchsorted(ends, [end for _, end in seen.spans])
    gains, variances = np.subtract(seen.logps, seen.means), np.asarray(seen.variances)
    found, begin = [], 0
    for number, end in enumerate(ends):
        mine = which == number
        start = begin + len(text[begin:end]) - len(text[begin:end].lstrip())
        begin = end
        if mine.any() and np.isfinite(gains[mine]).all() and np.isfinite(variances[mine]).all():
            found.append(Measured(start, end, float(gains[mine].sum()), float(variances[mine].sum()), int(mine.sum())))
    return found


def curvature(spans: Sequence[Measured]) -> float:
    """Return the conditional curvature of spans taken together; 0 where nothing could have been otherwise."""
    variance = sum(each.variance for each in spans)
    return sum(each.gain for each in spans) / math.sqrt(variance) if variance > 0 else 0.0


def above(own: Sequence[float], value: float) -> float:
    """Return the share of the reader's own values, in order, that lie above a value, counting the value itself among
    them: never quite 1."""
    return round(1 - (int(np.searchsorted(own, value, side="right")) + 1) / (len(own) + 1), 4)


def _line(own: Sequence[float], share: float, fewest: int) -> float | None:
    """The value below which a share of the reader's own lie; None where there are too few of them."""
    return float(np.quantile(own, share)) if len(own) >= fewest else None


def _normal(value: float) -> float:
    return 0.5 * math.erfc(-value / math.sqrt(2))


def _times(ratio: float) -> str:
    times = math.exp(ratio)
    return f"{times:.2g} times as often as" if times >= 0.001 else "less than a thousandth as often as"


def _measured(note: Mapping[str, Any]) -> list[Measured]:
    return [Measured(*each) for each in note["sentences"]]


@cache
def _book() -> dict[str, Any]:
    return yaml.safe_load((DATA / "names.yaml").read_text(encoding="utf-8"))


@cache
def _pool() -> tuple[list[str], list[dict[str, list[str]]]]:
    """The stock names of one word, and for each tongue its names and places of one word; a tongue that lacks a kind of
    them is left out."""
    tongues = [{kind: [each for each in listed if re.fullmatch(r"[A-Z][a-z]{2,}", each)]
                for kind, listed in tongue.items()} for tongue in _book()["tongues"].values()]
    return [each for each in _book()["stock"] if " " not in each], [each for each in tongues if all(each.values())]


def _of_the_world(tongue: Mapping[str, Sequence[str]], one: bool, rng: Random) -> str:
    if not one:
        return f"{rng.choice(tongue['given'])} {rng.choice(tongue['family'])}"
    return rng.choice(tongue[rng.choice(("given", "given", "family", "places"))])


@cache
def _known_names() -> frozenset[str]:
    tongues = _book()["tongues"].values()
    return frozenset([*_book()["stock"], *(each for tongue in tongues for kind in tongue for each in tongue[kind])])


@cache
def _not_names() -> frozenset[str]:
    return frozenset(data("collapse")["not_names"])
