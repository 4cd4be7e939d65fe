"""The frames from provenance, read from a YAML file, strictly: their parts, their turns and their wordings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal

from uptake.errors import UserError, did_you_mean
from uptake.frames.known import FACTS
from uptake.strict_yaml import DATA, Value, placeholders, read_yaml

SHIPPED = DATA / "provenance_frames.yaml"

Puts = Literal["text", "testimony", "opposite", "filler"]
PUTS = ("text", "testimony", "opposite", "filler")
CONTROLS = ("placebo", "frame-only", "swapped")
STANCES = ("agree", "disagree", "right")
# What the frame changes in the record of the document that it puts.
CHANGES = ("status", "disclosed", "genre", "voice", "claims")


@dataclass(frozen=True, slots=True)
class Wordings:
    """Lists of wordings, by the value of a fact; without `by`, one list under ''. An empty list says that the part
    does not apply to that value."""

    by: str
    lists: Mapping[str, tuple[str, ...]]

    def of(self, facts: Mapping[str, str]) -> tuple[str, ...] | None:
        """Return the list for these facts, or None if what it goes by is not known or has no list."""
        return self.lists.get(facts.get(self.by, "") if self.by else "")


@dataclass(frozen=True, slots=True)
class FramePart:
    """A piece of a frame that can be switched: `missing` says what becomes of a document that lacks a field for it."""

    name: str
    wordings: Wordings
    use: bool = True
    missing: Literal["refuse", "skip"] = "refuse"
    alone: bool = False
    discloses: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """A question about the text, and answers to it by stance."""

    name: str
    ask: Wordings
    answers: Mapping[str, Wordings]
    use: bool = True
    missing: Literal["refuse", "skip"] = "skip"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame from provenance. A control has no words of its own: `base` is the frame that it is made from."""

    name: str
    about: str
    puts: Puts = "text"
    before: tuple[FramePart, ...] = ()
    after: tuple[FramePart, ...] = ()
    turns: tuple[Turn, ...] = ()
    labels: Mapping[str, Wordings] = field(default_factory=dict)
    control: str = ""
    base: "Frame | None" = None
    record: Mapping[str, str | bool] = field(default_factory=dict)

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of what can be switched: parts before and after, and turns."""
        own = self.base or self
        return tuple(each.name for each in (*own.before, *own.after, *own.turns))

    @property
    def needs(self) -> tuple[str, ...]:
        """The facts without which some or every document is refused, as things stand switched."""
        own = self.base or self
        lists = [each.wordings for each in (*own.before, *own.after) if each.use and each.missing == "refuse"]
        lists += [each.ask for each in own.turns if each.use and each.missing == "refuse"]
        lists += [answer for each in own.turns if each.use and each.missing == "refuse"
                  for answer in each.answers.values()]
        lists += [label for label in own.labels.values() if any(each.use for each in own.turns)]
        return tuple(name for name in FACTS if any(name in _named(each) for each in lists))


@dataclass(frozen=True, slots=True)
class Book:
    """The frames of a file, how fields are said in them, and what stands in place of a text that is not shown."""

    frames: Mapping[str, Frame]
    says: Mapping[str, Mapping[str, str]]
    gap: tuple[str, ...]

    def frame(self, name: str) -> Frame:
        """Return a frame by name; a control may name the frame it is made from (`placebo:talk`). Raises UserError."""
        own, colon, base = name.partition(":")
        frame = self._known(own)
        if not frame.control:
            if colon:
                raise UserError(f"frame '{own}' is made from no other", where="--as",
                                hint=f"only {', '.join(CONTROLS)} are")
            return frame
        chosen = self._known(base) if colon else frame.base
        if chosen is None or chosen.control or not (chosen.parts):
            raise UserError(f"'{name}' needs a frame with words of its own", where="--as", hint=f"as {own}:record")
        return replace(frame, name=name, base=chosen)

    def _known(self, name: str) -> Frame:
        if name not in self.frames:
            raise UserError(f"there is no frame '{name}'", where="--as", hint=did_you_mean(name, self.frames))
        return self.frames[name]


def choose(book: Book, names: Iterable[str], parts: Iterable[str] | None = None,
           without: Iterable[str] = ()) -> list[Frame]:
    """Return frames with their parts switched: `parts` (None: as the file says) are the ones in use in every frame that
    has any of them; those of `without` are then taken out. `meta` is that part of any frame, `talk.meta` of one.

    Raises UserError for a name that no frame has.
    """
    frames = [book.frame(name) for name in dict.fromkeys(names)]
    own = [(frame.base or frame) for frame in frames]
    known = {name for frame in own for part in frame.parts for name in (part, f"{frame.name}.{part}")}
    for name in (*(parts or ()), *without):
        if name not in known:
            raise UserError(f"none of these frames has a part '{name}'", where="--parts",
                            hint=did_you_mean(name, known) if known else "these frames have no parts")
    return [_switched(frame, None if parts is None else set(parts), set(without)) for frame in frames]


def _switched(frame: Frame, parts: set[str] | None, without: set[str]) -> Frame:
    if frame.base is not None:
        return replace(frame, base=_switched(frame.base, parts, without))

    def among(name: str, names: set[str]) -> bool:
        return bool({name, f"{frame.name}.{name}"} & names)

    exact = parts is not None and any(among(name, parts) for name in frame.parts)

    def switch(each: FramePart | Turn) -> FramePart | Turn:
        use = among(each.name, parts or set()) if exact else each.use
        return replace(each, use=use and not among(each.name, without))

    return replace(frame, **{key: tuple(map(switch, getattr(frame, key))) for key in ("before", "after", "turns")})


def _named(wordings: Wordings) -> set[str]:
    names = {name for each in wordings.lists.values() for wording in each for name in placeholders(wording)}
    return names | ({wordings.by} if wordings.by else set())


@cache
def shipped_book() -> Book:
    """Return the frames that come with the package."""
    return read_book(SHIPPED)


def read_book(path: object) -> Book:
    """Read a file of frames. Raises UserError, with file and line, for anything that does not fit."""
    top = read_yaml(str(path)).mapping(("says", "gap", "frames"), required=("gap", "frames"))
    says = {name: {key: value.text() for key, value in words.mapping().items()}
            for name, words in (top["says"].mapping(FACTS) if "says" in top else {}).items()}
    given = top["frames"].mapping()
    frames = {name: _frame(name, value) for name, value in given.items()}
    for name, frame in frames.items():
        of = given[name].mapping().get("of")
        if of is not None:
            frames[name] = replace(frame, base=frames[of.text(among=[each for each in frames if each != name])])
    return Book(frames, says, _list(top["gap"], ()))


def _frame(name: str, value: Value) -> Frame:
    keys = ("about", "puts", "before", "after", "turns", "labels", "control", "of", "record")
    given = value.mapping(keys, required=("about",))
    if ":" in name or "," in name:
        raise value.error("a frame's name has no ':' and no ','")
    if ("control" in given) != ("of" in given):
        raise value.error("a control says `of` which frame it is made, and nothing else does")
    turns = tuple(_turn(key, each) for key, each in given["turns"].mapping().items()) if "turns" in given else ()
    if turns and "labels" not in given:
        raise value.error("turns need `labels` for those who ask and answer")
    labels = given["labels"].mapping(("asks", "answers"), required=("asks", "answers")) if "labels" in given else {}
    frame = Frame(
        name, given["about"].text(),
        puts=given["puts"].text(among=PUTS) if "puts" in given else "text",
        before=_parts(given.get("before")), after=_parts(given.get("after")), turns=turns,
        labels={key: _wordings(each, "") for key, each in labels.items()},
        control=given["control"].text(among=CONTROLS) if "control" in given else "",
        record=_changes(given["record"]) if "record" in given else {})
    twice = [each for each in frame.parts if frame.parts.count(each) > 1]
    if twice:
        raise value.error(f"two parts are called '{twice[0]}'")
    return frame


def _changes(value: Value) -> dict[str, str | bool]:
    given = value.mapping(CHANGES)
    return {key: each.flag() if key == "disclosed" else each.text() for key, each in given.items()}


def _parts(value: Value | None) -> tuple[FramePart, ...]:
    return tuple(_part(name, each) for name, each in value.mapping().items()) if value else ()


def _part(name: str, value: Value) -> FramePart:
    given = value.mapping(("wordings", "by", "use", "missing", "alone", "discloses"), required=("wordings",))
    flags = {key: given[key].flag() for key in ("use", "alone", "discloses") if key in given}
    by = given["by"].text(among=FACTS) if "by" in given else ""
    return FramePart(name, _wordings(given["wordings"], by), missing=_missing(given, "refuse"), **flags)


def _turn(name: str, value: Value) -> Turn:
    given = value.mapping(("ask", "answers", "use", "missing"), required=("ask", "answers"))
    answers = given["answers"].mapping(STANCES)
    made = {stance: _wordings(each, "polarity" if each.is_mapping else "") for stance, each in answers.items()}
    if not made:
        raise given["answers"].error("a turn has answers of at least one stance")
    return Turn(name, _wordings(given["ask"], ""), made, missing=_missing(given, "skip"),
                use=given["use"].flag() if "use" in given else True)


def _missing(given: Mapping[str, Value], default: str) -> str:
    return given["missing"].text(among=("refuse", "skip")) if "missing" in given else default


def _wordings(value: Value, by: str) -> Wordings:
    """One list, or with `by` a list for each value of that fact. A single text is a list of one."""
    if not by:
        return Wordings("", {"": (value.text(),) if value.is_text else _list(value, FACTS)})
    return Wordings(by, {key: _list(each, FACTS) if each.items() else () for key, each in value.mapping().items()})


def _list(value: Value, known: Iterable[str]) -> tuple[str, ...]:
    """Wordings that all name the same fields, so that which one is drawn never changes what is told."""
    texts = []
    for each in value.items():
        text = each.text()
        try:
            named = placeholders(text)
        except ValueError as error:
            raise each.error(f"the braces do not match ({error})") from error
        for name in sorted(named - set(known)):
            raise each.error(f"{{{name}}} is nothing that a frame can fill in", did_you_mean(name, known))
        texts.append(text)
    if not texts:
        raise value.error("there is no wording")
    for each, text in zip(value.items(), texts, strict=True):
        if placeholders(text) != placeholders(texts[0]):
            raise each.error("this wording does not name the same fields as the first", "or else the draw of a "
                             "wording would change what the reader is told")
    return tuple(texts)
