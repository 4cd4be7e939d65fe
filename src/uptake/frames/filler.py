"""Text about nothing in particular, as long as wanted: what a placebo says, and what a neutral document is made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from uptake.strict_yaml import DATA, Value, placeholders, read_yaml

SHIPPED = DATA / "filler.yaml"
# A sentence is not put where fewer words than these would be left to fill: scraps of a word or two read oddly.
SHORT = 5


@dataclass(frozen=True, eq=False)
class Filler:
    """Sentences with blanks, and the lists that fill the blanks, of single words each."""

    sentences: tuple[str, ...]
    lists: Mapping[str, tuple[str, ...]]

    def filled(self, sentence: str, number: int) -> str:
        """Fill a sentence's blanks; the number decides. Two like blanks of a sentence are filled unlike."""
        first, *others = sentence.split("{")
        said, before = [first], set()
        for name, _, rest in (other.partition("}") for other in others):
            left = [word for word in self.lists[name] if word not in before]
            number, place = divmod(number, len(left))
            before.add(left[place])
            said.append(left[place] + rest)
        return "".join(said)


def fill(filler: Filler, target: int, count: Callable[[str], int], draw: Callable[[int], int]) -> str:
    """Return whole sentences whose length by `count` comes as near to `target` as they allow; "" for 0.

    `draw(place)` gives a large number for each place in turn. Counted in words the length is exact, since there are
    sentences of every length up to the longest; with a tokenizer it is within a token or two. No sentence comes twice
    while another would do.
    """
    sizes = _sizes(filler, count)
    said: list[str] = []
    unused = set(filler.sentences)
    while (left := target - count(" ".join(said))) > 0:
        number = draw(len(said))
        fitting = [each for each, size in sizes.items() if size == left or SHORT <= size <= left - SHORT]
        fitting = fitting or sorted(sizes, key=lambda each: abs(left - sizes[each]))[:1]
        fitting = [each for each in fitting if each in unused] or fitting
        number, place = divmod(number, len(fitting))
        text = filler.filled(fitting[place], number)
        if abs(left - count(text)) >= left:
            break
        unused = (unused - {fitting[place]}) or set(filler.sentences)
        said.append(text)
    return " ".join(said)


@lru_cache(maxsize=8)
def _sizes(filler: Filler, count: Callable[[str], int]) -> dict[str, int]:
    """The length of each sentence with its first words filled in: exact in words, near enough in tokens."""
    return {sentence: count(filler.filled(sentence, 0)) for sentence in filler.sentences}


@cache
def shipped_filler() -> Filler:
    """Return the filler that comes with the package."""
    return read_filler(SHIPPED)


def read_filler(path: object) -> Filler:
    """Read a file of sentences and lists. Raises UserError for a blank without a list, or a list with more than single
    words."""
    top = read_yaml(str(path)).mapping(("lists", "sentences"), required=("lists", "sentences"))
    lists = {name: tuple(_word(each) for each in value.items()) for name, value in top["lists"].mapping().items()}
    sentences = []
    for value in top["sentences"].items():
        for name in sorted(placeholders(value.text()) - set(lists)):
            raise value.error(f"there is no list '{name}'")
        sentences.append(value.text())
    return Filler(tuple(sentences), lists)


def _word(value: Value) -> str:
    word = value.text()
    if len(word.split()) != 1:
        raise value.error("a list holds single words, so that a sentence has one length however it is filled in")
    return word
