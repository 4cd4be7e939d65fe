"""What a reader takes each document for: what kind of text it is, who wrote it, and what for.

The reader is asked behind the document, in five wordings whose answers stand in different orders (data/audit/
status.yaml). For a wording w with answers a of log-probability l(a | document, w), let s be l less the logarithm of the
answers' summed probability. An answer's score is the mean over wordings of s(a | document, w) - s(a | neutral, w): its
pointwise mutual information with the document, measured from neutral text in the document's place (Holtzman et al.
2021, "Surface Form Competition"; Zhao et al. 2021, "Calibrate Before Use"). The belief p is the softmax of the scores,
and what is reported is log p / (1 - p) - log 1 / (k - 1) for k answers: the log-odds that the document adds.

A small reader answers such questions whether or not it can tell. So it is tried first on data/audit/reference.yaml,
texts of known status, and on text that it wrote itself. A wording that it does not answer better than by always giving
one answer (lower end of Wilson's 95 % interval) is left out; where its accuracy over the others is no better than that
either, it is not quoted; nor is an answer whose texts it finds no more often than by drawing answers blindly. Wordings
are chosen on one half of the texts for trying them on the other, and the reverse, so that the choice does not flatter
the accuracy.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from uptake.audit.page import Mark, Overview, Page, Table, Tally
from uptake.audit.patterns import data
from uptake.audit.reading import Lesson, Seen, Wanted

Belief = dict[str, float]
"""The probability of each answer to a question; they sum to 1."""

CANNOT = "this reader cannot tell"
# Bins of confidence for the expected calibration error (Guo et al. 2017): with 75 texts more would stand empty.
BINS = 5
# Texts by the reader itself among those by which "who wrote it" is tried: as many as the reference has of each writer.
OWN = 25
READER = "reader"


@dataclass(frozen=True, slots=True)
class Asking:
    """One question about a document: its answers in words, and its wordings, each with the answers in its own order."""

    name: str
    title: str
    words: Mapping[str, str]
    wordings: tuple[tuple[str, Mapping[str, str]], ...]

    @property
    def answers(self) -> tuple[str, ...]:
        return tuple(self.words)


@dataclass(frozen=True, slots=True)
class Competence:
    """How well a reader answers a question about texts of known status. `chance` is the accuracy of always giving the
    commonest answer; `brier` is the mean over texts of the summed squared error, and `error` the expected calibration
    error; `found` has, for each answer, how many texts it is true of and of how many of them the reader said so."""

    texts: int
    right: int
    low: float
    high: float
    chance: float
    brier: float
    error: float
    found: Mapping[str, tuple[int, int]]

    @property
    def can(self) -> bool:
        return self.low > self.chance

    def finds(self, answer: str) -> bool:
        """Whether the reader finds the texts that an answer is true of more often than by drawing answers blindly."""
        of, right = self.found[answer]
        return of > 0 and wilson(right, of)[0] > 1 / len(self.found)


class Status:
    """Tags: the answers, `record` and the like for the kind, `by_person` for the writer, `for_inform` for the purpose;
    the likeliest one a question, on the document as a whole. The score is its probability."""

    name = "status"

    def __init__(self, said: Mapping[str, Any] | None = None) -> None:
        said = data("status") if said is None else said
        self.neutral: tuple[str, ...] = tuple(said["neutral"])
        self.askings = [_asking(name, raw) for name, raw in said["questions"].items()]
        self._base: dict[str, list[list[float] | None]] = {}
        self._left: dict[str, set[int]] = {}
        self._competence: dict[str, Competence] = {}

    def wants(self, page: Page) -> Wanted:
        return Wanted(tuple(_as_asked(*asking.wordings[place]) for asking in self.askings
                            for place in self._places(asking)))

    def note(self, page: Page, seen: Seen) -> dict[str, Any]:
        """The log-probability of every answer in every wording, as `shares`; null for a wording that was left out or
        not answered."""
        answered, notes = iter(seen.answers), {}
        for asking in self.askings:
            notes[asking.name] = [None] * len(asking.wordings)
            for place in self._places(asking):
                notes[asking.name][place] = _in_order(asking, asking.wordings[place], next(answered))
        return notes

    def learn(self, lesson: Lesson) -> dict[str, Any]:
        """Take the neutral text for the zero, and try the reader on what is known."""
        base, left, competences = {}, {}, {}
        for asking in self.askings:
            name = asking.name
            tried = [(labels[name], note[name]) for labels, note in lesson.reference]
            if READER in asking.answers:
                tried += [(READER, note[name]) for note in lesson.own[:OWN]]
            zero = _neutral([note[name] for note in lesson.neutral])
            chosen = answerable(asking.answers, tried, zero)
            left[name] = [place for place in range(len(zero)) if place not in chosen]
            base[name] = _only(zero, chosen)
            found = competence(asking.answers, _across(asking.answers, tried, zero))
            competences[name] = asdict(found) if found else None
        return {"neutral": base, "left": left, "competence": competences}

    def know(self, learnt: Mapping[str, Any]) -> None:
        self._base = learnt["neutral"]
        self._left = {name: set(places) for name, places in learnt["left"].items()}
        self._competence = {name: Competence(**raw) for name, raw in learnt["competence"].items() if raw}

    def look(self, page: Page, tally: Tally) -> list[Mark]:
        note = page.read.get(self.name) if page.read else None
        if note is None:
            return []
        marks = []
        for asking in self.askings:
            known = self._competence.get(asking.name)
            if known is None or not known.can:
                continue
            found = belief(asking.answers, note[asking.name], self._base[asking.name])
            if found is None:
                tally[f"{asking.name}: not answered"] += 1
                continue
            most = max(found, key=found.__getitem__)
            if not known.finds(most):
                tally[f"{asking.name}: not told"] += 1
                continue
            tally[f"{asking.name}: {most}"] += 1
            said = ", ".join(f"{asking.words[each]} {odds:+.1f}" for each, odds in log_odds(found).items())
            marks.append(page.whole(self.name, tag(asking.name, most), round(found[most], 4),
                                    f"log-odds against a neutral prompt: {said}"))
        return marks

    def overview(self, tally: Tally) -> Overview:
        if not self._competence:
            return Overview(reason="the reader answered none of the questions about texts of known status")
        able = [asking for asking in self.askings if self._can(asking)]
        tables = [_competences(self.askings, self._competence)]
        for asking in able:
            known = self._competence[asking.name]
            rows = tuple((asking.words[each], f"{tally[f'{asking.name}: {each}']:,}" if known.finds(each) else CANNOT,
                          "{1} of {0}".format(*known.found[each])) for each in asking.answers)
            notes = {"not answered": "documents that could not be asked about",
                     "not told": "documents given an answer that it cannot tell"}
            note = "; ".join(f"{what}: {number:,}" for each, what in notes.items()
                             if (number := tally[f"{asking.name}: {each}"]))
            tables.append(Table(f"{asking.title}, as this reader takes it",
                                ("", "documents", "known ones found"), rows, note))
        return Overview(tuple(tables), reason="" if able else CANNOT)

    def _places(self, asking: Asking) -> list[int]:
        """The wordings that this reader is asked: all of them before it is known which it can answer, and none of a
        question that it cannot."""
        if self._competence and not self._can(asking):
            return []
        return [place for place in range(len(asking.wordings)) if place not in self._left.get(asking.name, ())]

    def _can(self, asking: Asking) -> bool:
        return asking.name in self._competence and self._competence[asking.name].can


def tag(question: str, answer: str) -> str:
    return answer if question == "kind" else f"{question}_{answer}"


def belief(answers: Sequence[str], note: Sequence[Sequence[float] | None],
           base: Sequence[Sequence[float] | None]) -> Belief | None:
    """Return the probability of each answer, from its shares in each wording behind the document and behind neutral
    text; None where no wording was answered in both."""
    both = [np.subtract(one, other) for one, other in zip(note, base, strict=True) if one and other]
    if not both:
        return None
    return dict(zip(answers, np.exp(shares(np.mean(both, axis=0))).tolist(), strict=True))


def shares(logps: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return log-probabilities less the logarithm of their summed probability."""
    values = np.asarray(logps, float)
    values = values - values.max()
    return values - math.log(np.exp(values).sum())


def log_odds(found: Belief) -> dict[str, float]:
    """Return what the document adds to the log-odds of each answer, in nats: 0 where it says nothing of it."""
    least = np.finfo(float).tiny
    start = math.log(max(1, len(found) - 1))
    return {each: math.log(max(p, least)) - math.log(max(1 - p, least)) + start for each, p in found.items()}


def competence(answers: Sequence[str], tried: Sequence[tuple[str, Belief]]) -> Competence | None:
    """Compare beliefs with what is true; None where there is none."""
    if not tried:
        return None
    truths = [truth for truth, _ in tried]
    beliefs = np.array([[found[each] for each in answers] for _, found in tried])
    said = [answers[place] for place in beliefs.argmax(axis=1)]
    right = np.array([one == other for one, other in zip(said, truths, strict=True)])
    true = np.array([[each == truth for each in answers] for truth in truths], float)
    of = {each: (truths.count(each), sum(one == other == each for one, other in zip(said, truths, strict=True)))
          for each in answers}
    chance = max(1 / len(answers), max(number for number, _ in of.values()) / len(truths))
    low, high = wilson(int(right.sum()), len(right))
    brier = float(((beliefs - true) ** 2).sum(axis=1).mean())
    return Competence(len(tried), int(right.sum()), low, high, chance, brier,
                      calibration_error(beliefs.max(axis=1), right), of)


def answerable(answers: Sequence[str], tried: Sequence[tuple[str, Sequence[Sequence[float] | None]]],
               base: Sequence[Sequence[float] | None]) -> set[int]:
    """Return the wordings that a reader answers above chance by themselves; all of them if there is none."""
    chosen = set()
    for place in range(len(base)):
        alone = competence(answers, _beliefs(answers, tried, _only(base, {place})))
        if alone and alone.can:
            chosen.add(place)
    return chosen or set(range(len(base)))


def calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Return the expected calibration error: the mean gap between confidence and accuracy in equal bins of confidence,
    weighted by the texts in them."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [(chosen.sum(), abs(confidence[chosen].mean() - right[chosen].mean()))
            for each in range(BINS) if (chosen := bins == each).any()]
    return float(sum(number * gap for number, gap in gaps) / len(confidence))


def wilson(right: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """Return Wilson's 95 % score interval of a share (Wilson 1927)."""
    share = right / of
    middle = (share + z**2 / (2 * of)) / (1 + z**2 / of)
    half = z / (1 + z**2 / of) * math.sqrt(share * (1 - share) / of + z**2 / (4 * of**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def _asking(name: str, raw: Mapping[str, Any]) -> Asking:
    return Asking(name, raw["title"], raw["words"], tuple((each["ask"], each["answers"]) for each in raw["wordings"]))


def _as_asked(ask: str, answers: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    *first, last = (answer.strip() for answer in answers.values())
    return ask.replace("{options}", f"{', '.join(first)} or {last}"), tuple(answers.values())


def _in_order(asking: Asking, wording: tuple[str, Mapping[str, str]],
              logps: Sequence[float | None] | None) -> list[float] | None:
    """The shares of a wording's answers in the question's order; None unless all are finite numbers."""
    if logps is None or not all(each is not None and math.isfinite(each) for each in logps):
        return None
    by_name = dict(zip(wording[1], shares(logps).tolist(), strict=True))
    return [round(by_name[each], 4) for each in asking.answers]


def _beliefs(answers: Sequence[str], tried: Sequence[tuple[str, Sequence[Sequence[float] | None]]],
             base: Sequence[Sequence[float] | None]) -> list[tuple[str, Belief]]:
    return [(truth, found) for truth, note in tried if (found := belief(answers, note, base))]


def _across(answers: Sequence[str], tried: Sequence[tuple[str, Sequence[Sequence[float] | None]]],
            base: Sequence[Sequence[float] | None]) -> list[tuple[str, Belief]]:
    """What is believed of each half of the texts, by the wordings that the other half chose."""
    halves = tried[::2], tried[1::2]
    return [each for half, other in (halves, halves[::-1])
            for each in _beliefs(answers, half, _only(base, answerable(answers, other, base)))]


def _only(base: Sequence[Sequence[float] | None], places: set[int]) -> list[Sequence[float] | None]:
    return [each if place in places else None for place, each in enumerate(base)]


def _neutral(notes: Sequence[Sequence[Sequence[float] | None]]) -> list[list[float] | None]:
    """The mean shares over the neutral texts, wording by wording."""
    wordings = [[each for each in wording if each] for wording in zip(*notes, strict=True)]
    return [np.mean(each, axis=0).tolist() if each else None for each in wordings]


def _competences(askings: Sequence[Asking], known: Mapping[str, Competence]) -> Table:
    rows = []
    for asking in askings:
        if each := known.get(asking.name):
            rows.append((asking.title, f"{each.right} of {each.texts}", f"{each.low:.0%} to {each.high:.0%}",
                         f"{each.chance:.0%}", f"{each.brier:.2f} ({1 - 1 / len(asking.answers):.2f})",
                         f"{each.error:.2f}", "it can tell" if each.can else CANNOT))
        else:
            rows.append((asking.title, "0 of 0", "", "", "", "", "the questions could not be asked"))
    note = ("right answers about texts of known status (data/audit/reference.yaml, written for this by a language "
            "model; for who wrote it, text of the reader's own as well), Wilson's 95% interval, the accuracy of always "
            "giving one answer, Brier score (in brackets that of believing all answers alike), and expected "
            f"calibration error in {BINS} bins; a question counts only where the interval lies above chance")
    return Table("What this reader can tell", ("question", "right", "interval", "chance", "Brier", "error", ""),
                 tuple(rows), note)
