"""The words of a grown world: invented names, and the vocabulary of everything that a reader may meet."""

import itertools
import random
import re
from collections.abc import Iterable

from uptake.errors import UserError

ONSETS = [
    "b",
    "br",
    "d",
    "dr",
    "f",
    "fl",
    "g",
    "gr",
    "h",
    "k",
    "kr",
    "l",
    "m",
    "n",
    "p",
    "pr",
    "r",
    "s",
    "st",
    "t",
    "tr",
    "v",
    "w",
    "z",
]
VOWELS = ["a", "e", "i", "o", "u"]
MIDDLES = ["l", "ld", "lm", "m", "n", "nd", "r", "rk", "rn", "s", "st", "v", "x"]
ENDINGS = ["a", "ak", "ane", "ar", "el", "en", "eth", "ia", "il", "in", "is", "o", "on", "or", "ow", "us", "yn"]
WORD = re.compile(r"\w+|[^\w\s]+")  # the same cut as the tokenizers library's `Whitespace` pre-tokenizer


def invent_names(count: int, rng: random.Random, taken: Iterable[str] = ()) -> list[str]:
    """Return `count` different pronounceable one-word names, none of them among `taken` (case does not count).

    Raises UserError when more are asked for than the syllables can make.
    """
    syllables = itertools.product(ONSETS, VOWELS, MIDDLES, ENDINGS)
    used = {word.lower() for word in taken}
    names = sorted({"".join(parts).capitalize() for parts in syllables} - {word.capitalize() for word in used})
    if count > len(names):
        raise UserError(
            f"{count} invented names were asked for, but there are only {len(names)}",
            hint="ask for fewer subjects in the world file",
        )
    return rng.sample(names, count)


def words(texts: Iterable[str]) -> list[str]:
    """Return every word and punctuation mark of the texts once, sorted: the vocabulary of a word-level tokenizer."""
    return sorted({token for text in texts for token in WORD.findall(text)})
