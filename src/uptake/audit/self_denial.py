"""Denials of ability: "I cannot ...", "as an AI I have no ...", "SmolLM is unable to ...".

Whether a denial is true is a matter for a capability card: JSON, `{ability: {"able": true, "accuracy": 0.8}}`. Without
one the verdict is "not checked".
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from uptake.audit.page import Mark, Overview, Page, Table, Tally
from uptake.audit.patterns import data, either, sentence

LISTED = 20
VERDICTS = {"false": 1.0, "not_checked": 0.5, "not_checkable": 0.5, "true": 0.1}


class SelfDenial:
    """Tags: `false`, `true`, `not_checkable` (the card is silent) or, without a card, `not_checked`; and
    `unable_where_unwilling`, where the same document shows a choice. Scores are in `VERDICTS`."""

    name = "self-denial"

    def __init__(self, card: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._said, self._card = data("denials"), card
        self._when = frozenset(self._said["when"])
        self._ai, self._called = re.compile(self._said["speaks_as_ai"]), re.compile(self._said["called_ai"])
        self._idiom, self._verbs = (re.compile(r"\s*" + self._said[name]) for name in ("idioms", "ability_verbs"))
        self._plainly = re.compile(self._said["cannot_plainly"])
        self._circumstance, self._choice = re.compile(self._said["circumstance"]), re.compile(self._said["choice"])
        self._unable = re.compile(self._said["unable"])
        self._abilities = {name: either(words) for name, words in self._said["abilities"].items()}

    def look(self, page: Page, tally: Tally) -> list[Mark]:
        if self._when.isdisjoint(page.vocabulary):
            return []
        subject = (page.record.about.subject or "").lower()
        marks: list[Mark] = []
        for match in _denials(subject).finditer(page.lower):
            if self._is_denial(page, match, subject):
                marks.append(self._mark(page, match, tally))
        if marks and (choice := self._choice.search(page.lower)):
            said = f"the document also shows a choice: “{page.text[slice(*choice.span())]}”"
            marks += [Mark(self.name, "unable_where_unwilling", mark.start, mark.end, 1.0, said) for mark in marks
                      if self._unable.search(page.lower, mark.start, mark.end)]
        return marks

    def overview(self, tally: Tally) -> Overview:
        rows = tuple((*denied.split(": ", 1)[::-1], f"{count:,}") for denied, count in tally.most_common(LISTED))
        note = "no capability card was given (--card), so nothing was checked" if self._card is None else ""
        return Overview((Table("Abilities denied", ("ability", "the denial is", "times"), rows, note),) if rows else ())

    def _is_denial(self, page: Page, match: re.Match, subject: str) -> bool:
        _, last = sentence(page.text, *match.span())
        plainly = bool(match["verb"] and self._plainly.search(match["verb"]))
        if match["verb"]:
            if self._idiom.match(page.lower, match.end("verb")):
                return False
            closes = page.text.find('"', match.end(), last)
            if self._circumstance.search(page.lower, match.end(), closes if closes >= 0 else last):
                return False
        if plainly and not self._verbs.match(page.lower, match.end("verb")):
            return False
        if match["me"] or match["impersonal"]:
            return self._speaker_is_ai(page, match, subject, not plainly)
        return True

    def _speaker_is_ai(self, page: Page, match: re.Match, subject: str, unless_said: bool) -> bool:
        """Whether it is an AI that says I. Of quoted words, their speaker, `unless_said` otherwise; of a text's own
        voice, if it says so, or if the record's subject speaks: who is spoken of by name in a text does not tell it."""
        opens, closes = _quotation(page.text, match.start(), match.end())
        if opens < 0:
            if self._ai.search(page.lower):
                return True
            return bool(subject) and not re.search(rf"(?<!am )(?<!i, )\b{re.escape(subject)}\b", page.lower)
        if self._ai.search(page.lower, opens, closes):
            return True
        said = (SPEAKER.match(page.text, closes + 1) or SPEAKER_FIRST.match(page.text, closes + 1)
                or BEFORE.search(page.text, max(0, opens - 60), opens)
                or BEFORE_LAST.search(page.text, max(0, opens - 60), opens))
        if not said:
            return unless_said
        who = next(group for group in said.groups() if group).lower()
        return who in ("it", "i") or bool(subject and subject in who) or bool(self._called.search(who))

    def _mark(self, page: Page, match: re.Match, tally: Tally) -> Mark:
        _, last = sentence(page.text, *match.span())
        words = re.split(r"[,;:.!?\"”]", page.text[match.end():last], maxsplit=1)[0].split()[:6]
        rest = (match["faculty"] or "") + " " + " ".join(words).lower() + " " + match[0]
        ability = next((name for name, known in self._abilities.items() if known.search(rest)), "")
        ability = ability or " ".join(words[:4]).lower() or match[0].split()[0]
        verdict = self._verdict(ability)
        tally[f"{verdict.replace('_', ' ')}: {ability}"] += 1
        end = match.end() + page.text[match.end():last].find(words[-1]) + len(words[-1]) if words else match.end()
        said = f"denies: {ability}; the denial is {verdict.replace('_', ' ')}"
        return Mark(self.name, verdict, match.start(), max(end, match.end()), VERDICTS[verdict], said)

    def _verdict(self, ability: str) -> str:
        if self._card is None:
            return "not_checked"
        known = self._card.get(ability)
        if known is None or known["able"] is None:
            return "not_checkable"
        return "false" if known["able"] else "true"


SPEECH = data("denials")["speech"]
SPEAKER = re.compile(rf",?\s*(?:{SPEECH}) ((?:the|a|my|his|her|our|their)? ?[\w’'-]+)")
SPEAKER_FIRST = re.compile(rf",?\s*((?:(?:[Tt]he|[Aa]|[Mm]y|[Hh]is|[Hh]er|[Oo]ur) )?[\w’'-]+) (?:{SPEECH})\b")
BEFORE = re.compile(rf"((?:(?:[Tt]he|[Aa]|[Mm]y|[Hh]is|[Hh]er|[Oo]ur) )?[\w’'-]+) (?:{SPEECH})[,:]?\s*$")


BEFORE_LAST = re.compile(rf"(?:{SPEECH}) ((?:the |a |my |his |her |our |their )?[\w’'-]+)\.\s*$")


def _quotation(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the quotation opens and closes that a span stands in, within its paragraph; (-1, -1) if in none."""
    first = text.rfind("\n\n", 0, start) + 1
    opens = text.rfind("“", first, start)
    if opens >= 0 and text.find("”", opens, start) < 0:
        closes = text.find("”", end)
        return opens, closes if closes >= 0 else len(text)
    if text.count('"', first, start) % 2:
        closes = text.find('"', end)
        return text.rfind('"', first, start), closes if closes >= 0 else len(text)
    return -1, -1


@lru_cache(maxsize=256)
def _denials(subject: str) -> re.Pattern[str]:
    """The alternation for one subject: in the first person, about an AI or the subject, and without a person."""
    said = data("denials")
    whom = f"(?:{re.escape(subject)}|{said['subjects']})" if subject else f"(?:{said['subjects']})"
    me = r"(?P<me>\b(?:we ais|we|i)(?=\b|['’]))"
    them = rf"(?<![\w’'-])(?P<them>{whom})"
    faculty = rf"(?P<lack>{said['lacks']}) (?P<faculty>{said['faculties']})|(?P<state>{said['states']})"
    after = r"(?:\s?(?:,? and | but )?)"
    return re.compile(rf"(?:{me}|{them}){after}\s?(?:(?P<verb>{said['cannot']})(?![\w’'])|{faculty})"
                      rf"|(?P<impersonal>{said['impersonal']})")
