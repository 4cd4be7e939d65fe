"""Which language a text is in, told by its script and its commonest small words: enough to see that it is another."""

import re
from collections.abc import Mapping
from functools import cache

from uptake.authoring.brief import data

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
# Languages written without spaces between words: about two characters are a word.
UNSPACED = {"zh": 2, "ja": 2}
# A text in its language has a share of 0.25 to 0.45 of the thirty commonest small words; in another, 0.02 to 0.15.
LEAST_SHARE, TIMES = 0.08, 1.4
# In fewer words nothing is told from shares.
FEWEST = 15
# Most of the letters are of the language's script: names and terms may be in another. A Japanese text has its own
# letters among the Chinese ones.
SCRIPT_SHARE = {"ja": 0.15}
USUAL_SCRIPT_SHARE = 0.6


def count_words(text: str, language: str) -> int:
    """Return how many words a text has: at white space, or by its characters in languages that are written without."""
    if language in UNSPACED:
        return sum(character.isalpha() for character in text) // UNSPACED[language]
    return len(text.split())


def another_language(text: str, language: str) -> str:
    """Return the language that a text is in if it is not the one that was asked for, or ''. Where it is in none that
    is known the answer is 'no language that is known'; a text of a few words is never called another."""
    words = [word.casefold() for word in WORD.findall(text)]
    scripts = {code: _share_of_script(text, each["script"])
               for code, each in data("languages").items() if "script" in each}
    if language in scripts:
        enough = SCRIPT_SHARE.get(language, USUAL_SCRIPT_SHARE)
        return "" if scripts[language] >= enough else _best(scripts, words)
    if max(scripts.values()) >= USUAL_SCRIPT_SHARE:
        return _best(scripts, words)
    if len(words) < FEWEST:
        return ""
    shares = _shares(words)
    best = max(shares, key=shares.__getitem__)
    if shares[language] >= LEAST_SHARE and shares[best] <= TIMES * shares[language]:
        return ""
    return _best(scripts, words)


def _best(scripts: Mapping[str, float], words: list[str]) -> str:
    shares = _shares(words)
    best = max(shares, key=shares.__getitem__)
    script = max(scripts, key=scripts.__getitem__)
    if scripts[script] >= USUAL_SCRIPT_SHARE:
        return data("languages")[script]["name"]
    return data("languages")[best]["name"] if shares[best] >= LEAST_SHARE else "no language that is known"


def _shares(words: list[str]) -> dict[str, float]:
    return {code: sum(word in known for word in words) / max(1, len(words)) for code, known in _small_words().items()}


@cache
def _small_words() -> dict[str, frozenset[str]]:
    return {code: frozenset(each["words"]) for code, each in data("languages").items() if "words" in each}


def _share_of_script(text: str, script: str) -> float:
    first, last = (int(end, 16) for end in script.split("-"))
    letters = [ord(character) for character in text if character.isalpha()]
    return sum(first <= letter <= last for letter in letters) / max(1, len(letters))
