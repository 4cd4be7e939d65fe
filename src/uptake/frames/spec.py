"""What a frame is: how it puts a document, and with which words. Read from already loaded YAML, strictly."""

from dataclasses import dataclass, fields, replace
from typing import Literal

from uptake.errors import UserError, did_you_mean
from uptake.records import Provenance
from uptake.strict_yaml import placeholders

How = Literal["bare", "wrap", "weave", "none", "instead"]
HOWS = ("bare", "wrap", "weave", "none", "instead")
PLACES = ("before", "after")

# What a wording may name in braces: every field of the document's provenance, and the claim's subject.
FILLABLE = (*(field.name for field in fields(Provenance)), "subject")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a frame that can be switched on or off, with its wordings and its place around the content."""

    name: str
    at: Literal["before", "after"]
    wordings: tuple[str, ...]
    use: bool = True


@dataclass(frozen=True, slots=True)
class FrameSpec:
    """One frame: the same content, put one way.

    `how` names the function in `FRAMES` that puts it. `before` and `after` are wordings of which one each is used,
    chosen independently; the `parts` that are on follow them, in order. `loss` says whether the frame's own tokens
    are trained on (the content's always are). `sentences` are content wordings that the frame brings itself
    (`{subject}`, `{answer}`), in place of the document's text.
    """

    name: str
    how: How
    about: str = ""
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    loss: bool = True
    parts: tuple[Part, ...] = ()
    sentences: tuple[str, ...] = ()

    @property
    def needs(self) -> tuple[str, ...]:
        """The fields that the frame's words name in braces and a document's provenance must therefore have."""
        wordings = [wording for slot in (*slots(self, "before"), *slots(self, "after")) for wording in slot]
        return tuple(sorted({name for wording in wordings for name in placeholders(wording)}))


def slots(spec: FrameSpec, place: str) -> list[tuple[str, ...]]:
    """Return the lists of wordings from each of which one is put at `place` (before or after the content)."""
    own = spec.before if place == "before" else spec.after
    return [own] * bool(own) + [part.wordings for part in spec.parts if part.use and part.at == place]


def switch(spec: FrameSpec, parts: tuple[str, ...]) -> FrameSpec:
    """Return the frame with exactly these parts in use. Raises UserError for a part that it does not have."""
    known = [part.name for part in spec.parts]
    for name in parts:
        if name not in known:
            raise UserError(f"frame '{spec.name}' has no part '{name}'", hint=did_you_mean(name, known))
    return replace(spec, parts=tuple(replace(part, use=part.name in parts) for part in spec.parts))


def swapped(spec: FrameSpec, other: FrameSpec) -> FrameSpec:
    """Return `spec` with the words of `other` around its content: the control for words that belong to content."""
    return replace(spec, before=other.before, after=other.after, parts=other.parts)


def read_frames(mapping: object, where: str) -> dict[str, FrameSpec]:
    """Make the frames of a loaded YAML mapping (name -> how, about, before, after, loss, parts, sentences, like).

    `like` takes the words of another frame of the same mapping. Raises UserError, with `where` and the frame, for
    anything that does not fit: an unknown key or name, a wrong type, words that a frame of its kind cannot use.
    """
    if not isinstance(mapping, dict) or not mapping:
        raise UserError("frames are a mapping from a frame's name to its settings", where=where)
    frames = {}
    for name, raw in mapping.items():
        frames[name] = _frame(name, raw, f"{where}: {name}")
    for name, raw in mapping.items():
        if "like" in raw:
            frames[name] = _like(frames, name, raw["like"], f"{where}: {name}")
    return frames


_KEYS = {"how": str, "about": str, "loss": bool, "parts": dict, "like": str}
_TEXTS = ("before", "after", "sentences")


def _frame(name: object, raw: object, where: str) -> FrameSpec:
    if not isinstance(name, str) or not name:
        raise UserError(f"a frame's name is a word, not {name!r}", where=where)
    if not isinstance(raw, dict):
        raise UserError("a frame is a mapping with at least the key 'how'", where=where)
    for key, value in raw.items():
        if key not in (*_KEYS, *_TEXTS):
            raise UserError(f"unknown key '{key}'", where=where, hint=did_you_mean(key, (*_KEYS, *_TEXTS)))
        if key in _KEYS and not isinstance(value, _KEYS[key]):
            raise UserError(f"'{key}' is a {_KEYS[key].__name__}, not {value!r}", where=where)
    if raw.get("how") not in HOWS:
        raise UserError(f"unknown how '{raw.get('how')}'", where=where, hint=did_you_mean(raw.get("how"), HOWS))
    texts = {key: _wordings(raw.get(key, ()), f"{where}.{key}") for key in _TEXTS}
    parts = tuple(_part(key, value, f"{where}.parts.{key}") for key, value in raw.get("parts", {}).items())
    spec = FrameSpec(name, raw["how"], raw.get("about", ""), loss=raw.get("loss", True), parts=parts, **texts)
    _check(spec, "like" in raw, where)
    return spec


def _part(name: str, raw: object, where: str) -> Part:
    if not isinstance(raw, dict):
        raise UserError("a part is a mapping with 'at' and 'wordings'", where=where)
    for key in raw:
        if key not in ("at", "use", "wordings"):
            raise UserError(f"unknown key '{key}'", where=where, hint=did_you_mean(key, ("at", "use", "wordings")))
    if raw.get("at") not in PLACES:
        raise UserError("'at' says where the part stands: before or after", where=where)
    if not isinstance(raw.get("use", True), bool):
        raise UserError(f"'use' is true or false, not {raw['use']!r}", where=where)
    wordings = _wordings(raw.get("wordings", ()), where)
    if not wordings:
        raise UserError("a part has at least one wording", where=where)
    return Part(str(name), raw["at"], wordings, raw.get("use", True))


def _wordings(raw: object, where: str) -> tuple[str, ...]:
    listed = [raw] if isinstance(raw, str) else raw
    if not isinstance(listed, (list, tuple)):
        raise UserError(f"wordings are a text or a list of texts, not {raw!r}", where=where)
    for wording in listed:
        if not isinstance(wording, str) or not wording.strip():
            raise UserError(f"a wording is a text that is not empty, not {wording!r}", where=where)
        if wording != wording.strip():
            raise UserError(f"the wording {wording!r} begins or ends with a space", where=where)
        _fillable(wording, ("subject", "answer") if where.endswith(".sentences") else FILLABLE, where)
    return tuple(listed)


def _fillable(wording: str, known: tuple[str, ...], where: str) -> None:
    try:
        named = placeholders(wording)
    except ValueError as error:
        raise UserError(f"the braces of {wording!r} do not match ({error})", where=where) from error
    for name in sorted(named):
        if name not in known:
            what = f"{{{name}}} is nothing that a frame can fill in"
            raise UserError(what, where=where, hint=did_you_mean(name, known))


def _check(spec: FrameSpec, borrows: bool, where: str) -> None:
    """Refuse words that the frame's kind would silently drop, and a wrap without any."""
    words = bool(spec.before or spec.after or spec.parts)
    if spec.how in ("bare", "none") and (words or borrows):
        raise UserError(f"a frame that is '{spec.how}' puts no words around the content", where=where,
                        hint="use 'wrap', or leave out before, after, parts and like")
    if spec.how == "wrap" and not (words or borrows):
        raise UserError("a wrap has words before or after the content", where=where, hint="or use 'bare'")
    if spec.sentences and spec.how in ("none", "instead"):
        raise UserError(f"a frame that is '{spec.how}' has no sentences of its own", where=where)
    if borrows and words:
        raise UserError("a frame has its own words or another's ('like'), not both", where=where)


def _like(frames: dict[str, FrameSpec], name: str, other: str, where: str) -> FrameSpec:
    if other not in frames or other == name:
        raise UserError(f"no other frame '{other}'", where=where, hint=did_you_mean(other, set(frames) - {name}))
    if not (slots(frames[other], "before") or slots(frames[other], "after")):
        raise UserError(f"frame '{other}' has no words of its own to take", where=where)
    return swapped(frames[name], frames[other])
