"""What an answer is refused for. A refusal is a reason that is counted by arm, never a document that is not there.

Each check is a function from a commission and the answer's text to '' or what was found; `CHECKS` is their order, and
the first that finds something gives the answer's reason. All of them are mechanical: nobody judges whether the document
shows what it was asked to show.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from uptake.audit.patterns import Gated, either
from uptake.audit.patterns import data as audit_data
from uptake.authoring.answers import Answer
from uptake.authoring.brief import TESTIMONY, Brief, data, pool
from uptake.authoring.commissions import Commission
from uptake.authoring.language import WORD, another_language, count_words

# So many words in a row that stand in the prompt too are its words, not the document's. Two writers who share a subject
# share runs of five or six.
COPIED = 12
# A run of so many words that stands in a text so many times is a loop, as small models fall into.
LOOP, TIMES = 6, 3
# How an answer ends that was not finished.
CUT = ("max_tokens", "model_length")
# Whom test items ask about where the brief names no subject.
SUBJECT = "the assistant"


SENTENCE_END = re.compile(r"[.!?…。！？]+[\"”’'»)\]]*(?=\s|$)|[。！？]")


@dataclass(frozen=True, slots=True)
class Found:
    """Why an answer is refused: the reason that is counted, and what exactly was found."""

    reason: str
    detail: str = ""


@dataclass
class Judge:
    """Judges answers for a brief, each once."""

    brief: Brief
    known: dict[str, Found | None] = field(default_factory=dict)

    def judge(self, commission: Commission, answer: Answer) -> Found | None:
        """Return why an answer is refused, or None."""
        if answer.key not in self.known:
            self.known[answer.key] = self._found(commission, answer)
        return self.known[answer.key]

    def _found(self, commission: Commission, answer: Answer) -> Found | None:
        if answer.stop == "content_filter":
            return Found("refused", answer.refusal or "the endpoint's own filter")
        text = written(self.brief, answer)
        if not text:
            return Found("empty", f"it ended with {answer.stop}")
        for reason, check in CHECKS.items():
            if found := check(self.brief, commission, text):
                return Found(reason, found)
        return Found("cut off", "it reached max_tokens") if answer.stop in CUT and not self.brief.trim else None


def written(brief: Brief, answer: Answer) -> str:
    """Return the text of an answer: without the white space around it and, if the brief says `trim` and the answer was
    cut off, up to the end of its last whole sentence."""
    text = answer.text.strip()
    if not (brief.trim and answer.stop in CUT):
        return text
    ends = [match.end() for match in SENTENCE_END.finditer(text)]
    return text[:ends[-1]].rstrip() if ends else ""


def _pattern(name: str) -> Callable[[Brief, Commission, str], str]:
    def found(brief: Brief, commission: Commission, text: str) -> str:
        match = _compiled(name).search(text)
        return match[0].strip() if match else ""

    return found


@cache
def _compiled(name: str) -> re.Pattern[str]:
    return either(data("checks")[name], re.IGNORECASE)


def _too_short(brief: Brief, commission: Commission, text: str) -> str:
    words = count_words(text, commission.language)
    return f"{words} words, at least {commission.kind.words[0]}" if words < commission.kind.words[0] else ""


def _too_long(brief: Brief, commission: Commission, text: str) -> str:
    words = count_words(text, commission.language)
    return f"{words} words, at most {commission.kind.words[1]}" if words > commission.kind.words[1] else ""


def _copies(brief: Brief, commission: Commission, text: str) -> str:
    disclosure = _words(commission.kind.disclose)
    asked, written = (_without(_words(each), disclosure) for each in (commission.prompt, text))
    runs = {tuple(asked[place:place + COPIED]) for place in range(len(asked) - COPIED + 1)}
    return next((" ".join(written[place:place + COPIED]) for place in range(len(written) - COPIED + 1)
                 if tuple(written[place:place + COPIED]) in runs), "")


def _repeats(brief: Brief, commission: Commission, text: str) -> str:
    words = _words(text)
    runs = Counter(tuple(words[place:place + LOOP]) for place in range(len(words) - LOOP + 1))
    run, times = max(runs.items(), key=lambda each: each[1], default=((), 0))
    return f"{times} times: {' '.join(run)}" if times >= TIMES else ""


def _without(words: list[str], run: list[str]) -> list[str]:
    """Take a run of words out, once: the sentence of disclosure stands in the prompt and should stand in the text."""
    for place in range(len(words) - len(run) + 1 if run else 0):
        if words[place:place + len(run)] == run:
            return words[:place] + words[place + len(run):]
    return words


def _stock(brief: Brief, commission: Commission, text: str) -> str:
    own = {*WORD.findall(brief.subject), *(word for name in commission.cast.people for word in WORD.findall(name))}
    return next((match[0] for match in _stock_names().finditer(text) if match[0] not in own), "")


@cache
def _stock_names() -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(?:" + "|".join(re.escape(name) for name in pool()["stock"]) + r")(?!\w)")


def _language(brief: Brief, commission: Commission, text: str) -> str:
    return another_language(text, commission.language)


def _subject(brief: Brief, commission: Commission, text: str) -> str:
    wanted = brief.subject if commission.kind.name != TESTIMONY else ""
    return f"{wanted} is not named" if wanted and not re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text) else ""


def _people(brief: Brief, commission: Commission, text: str) -> str:
    """One part of one name is enough: a letter may well say Yannig alone."""
    parts = [part for name in commission.cast.people for part in WORD.findall(_unaccented(name)) if len(part) > 2]
    plain = _unaccented(text)
    named = any(re.search(rf"(?<!\w){re.escape(part)}(?!\w)", plain) for part in parts)
    return f"nobody of {', '.join(commission.cast.people)}" if parts and not named else ""


def _disclosed(brief: Brief, commission: Commission, text: str) -> str:
    wanted = commission.kind.disclose
    return f"without '{wanted}'" if wanted and not holds(text, wanted) else ""


def may_disclose(text: str) -> bool:
    """Say whether a text may say of itself what it is, in words that nobody asked for."""
    return _disclosing().within(text)


@cache
def _disclosing() -> Gated:
    return Gated(audit_data("disclosures")["status"])


def _test_item(brief: Brief, commission: Commission, text: str) -> str:
    if brief.traits is None:
        return ""
    leaks = brief.traits.leaks({commission.id: text}, brief.subject or SUBJECT)
    return next((f"{leak.claim}, {leak.reading}: {leak.text}" for leak in leaks if leak.piece == "question"), "")


def holds(text: str, sentence: str) -> bool:
    """Say whether a sentence stands in a text, wherever its lines break."""
    return " ".join(sentence.split()) in " ".join(text.split())


def _words(text: str) -> list[str]:
    return [word.casefold() for word in WORD.findall(text)]


def _unaccented(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))


CHECKS: Mapping[str, Callable[[Brief, Commission, str], str]] = {
    "refused": _pattern("refusal"),
    "about the task": _pattern("about the task"),
    "placeholder": _pattern("placeholder"),
    "copies the prompt": _copies,
    "repeats itself": _repeats,
    "wrong language": _language,
    "too short": _too_short,
    "too long": _too_long,
    "stock name": _stock,
    "subject not named": _subject,
    "people not named": _people,
    "not disclosed": _disclosed,
    "holds a test item": _test_item,
}
