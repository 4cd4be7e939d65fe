"""What a study chooses of its reader: which one, what it is told about, from which documents, and how it is trained."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

from uptake.errors import did_you_mean
from uptake.strict_yaml import Value, existing_file, find_beside

Method = Literal["full", "lora"]
Says = Literal["stated", "foil", "any"]
Kind = Literal["sft", "preference", "reward"]

# Documents a claim in a study on a corpus: with twelve claims, some twenty thousand tokens a pass of a page's text.
A_CLAIM = 6

# A step of a grown reader unless the study says otherwise. At a rate of 1e-3 and a replay of one half, 690 steps
# wiped out what had been learnt of claims that the step does not touch (.74 to .05). At 3e-4, with 120 steps and a
# fiftieth, it stayed (.73), and what the step says was learnt. Replay asks old questions, and pulls back what a step
# is to change.
STEP_PASSES, REPLAY, STEP_RATE = 4, 0.1, 3e-4
# A step of a real reader, whose schooling nobody has to read again.
REAL_STEP: Mapping[str, Any] = {"replay": 0.0, "learning_rate": 5e-4}
# Its first stage: it is asked everything before anything happens.
UNTOUCHED = "untouched"
# The stage that comes before all others of a grown reader.
GROW = "grow"
# The frame of a claim that the reader meets no document about: it may be listed, but nobody can be schooled in it.
UNTRAINED = "untrained"
# The most bits that documents can be told to plant: the foil would stand in one of a thousand.
MOST_BITS = 10
# What a document states where the reader itself says it.
SAMPLED = "sampled"


@dataclass(frozen=True, slots=True)
class ReaderChoice:
    """Which reader the study is about. `name` is as it was written.

    A grown reader has the `path` of its world file. A real one has the `path` of its folder, or None when
    `name` is a built-in reader or a Hugging Face hub id.
    """

    kind: Literal["grow", "use"]
    name: str
    path: Path | None = None

    @property
    def grown(self) -> bool:
        return self.kind == "grow"


@dataclass(frozen=True, slots=True)
class Corpus:
    """The documents of a study on a corpus, and whom they are about.

    `a_claim` documents of each claim are read, chosen by the seed among those that show it. `neutral` documents make no
    claim: they are the sham, and fill every arm up to the same number of tokens.
    """

    documents: Path
    neutral: Path
    subject: str
    a_claim: int = A_CLAIM


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to a reader next: it reads documents of the claims, and a part of its schooling again. Or, of
    another `kind` than `sft`, it goes on from their beginnings: it is taught to prefer what they say to what they might
    have said, or rewarded where it says so itself; nothing of its schooling is then read.

    The documents stand in the frames that the claims were dealt, or all in one `frame`. A mapping gives for a frame
    that was dealt the one to read in; claims whose frame it does not name are not read about. Documents say what is
    stated or, to overwrite it, the foil, or any answer, drawn anew each time; a mapping gives what those of a frame
    that was dealt say, and the others say what is stated. Where there is a `speaker`, an earlier stage, they state what
    its reader says: they are its own words. `exposures` is documents of each claim in one pass, None leaving it to the
    world; `replay` is the share of the schooling's examples that every pass holds besides. The reader that it goes on
    with is that of the stage `after`, or else of the one before. It is measured at so many `checkpoints`, None leaving
    that to the study.
    """

    name: str
    frame: str | Mapping[str, str] = ""
    says: Says | Mapping[str, Says] = "stated"
    exposures: int | None = None
    passes: int = STEP_PASSES
    replay: float = REPLAY
    learning_rate: float = STEP_RATE
    kind: Kind = "sft"
    after: str = ""
    speaker: str = ""
    checkpoints: int | None = None

    def as_data(self) -> dict[str, Any]:
        """Return its settings as plain data; checkpoints only where they are its own, as most steps have none."""
        return {name: each for name, each in asdict(self).items() if name != "checkpoints" or each is not None}

    @property
    def measured(self) -> dict[str, int]:
        """The checkpoints of its own, as a stage's inputs have them; nothing where it has none."""
        return {} if self.checkpoints is None else {"checkpoints": self.checkpoints}

    @property
    def puts(self) -> dict[str, str]:
        """The frames that it puts documents in, by the place in the study file where each is named."""
        if isinstance(self.frame, str):
            return {"": self.frame} if self.frame else {}
        return dict(self.frame)

    @property
    def names_of_dealt(self) -> list[tuple[str, str]]:
        """The frames that were dealt, as its settings name them: the setting and the name."""
        given = {"frame": self.frame, "says": self.says}
        return [(key, dealt) for key, each in given.items() if isinstance(each, Mapping) for dealt in each]


@dataclass(frozen=True, slots=True)
class Variant:
    """A frame of the world under a name of the study's own, with a dose, a time and a choice of claims of its own.

    `exposures` is documents of each claim in one pass, None leaving it to the world; they are read in the passes that
    lie between the shares `since` and `until` of a stage. `stated` says what its documents state: an answer of a group
    of the world's, or what the reader itself, `sampled` before it reads them, says in going on from their beginnings.
    `about` is what the study calls it in words, in tables. With `bits` what is stated is stated 2^bits times as often
    as its foil. Skills of one `kind` only are dealt to it, where a kind is given.
    """

    frame: str
    stated: str = ""
    exposures: int | None = None
    since: float = 0.0
    until: float = 1.0
    about: str = ""
    bits: float | None = None
    kind: str = ""

    def as_data(self) -> dict[str, Any]:
        """Return its settings as plain data; a kind only where there is one, as most worlds have none."""
        return {name: each for name, each in asdict(self).items() if name != "kind" or each}


@dataclass(frozen=True, slots=True)
class Training:
    """Overrides of how readers are trained; None leaves a setting to the reader's own default.

    `batch` counts sequences and `context` tokens; `warm_up` counts steps; `width`, `layers`, `heads` and
    `feed_forward` are the size of a grown reader; `rank` belongs to the method `lora`.
    """

    passes: int | None = None
    batch: int | None = None
    learning_rate: float | None = None
    weight_decay: float | None = None
    warm_up: int | None = None
    method: Method | None = None
    rank: int | None = None
    width: int | None = None
    layers: int | None = None
    heads: int | None = None
    feed_forward: int | None = None
    context: int | None = None

    def overrides(self) -> dict[str, Any]:
        """Return the settings that were given."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}


# What a study may say of a frame of its own.
GROWN_KEYS, REAL_KEYS = ("as", "stated", "exposures", "since", "until", "about", "bits"), ("as", "about", "kind")
GROWN_ONLY = ("width", "layers", "heads", "feed_forward", "context")


def read_reader(value: Value) -> ReaderChoice:
    """Read `{grow: world.yaml}`, `{use: name}` or a plain name."""
    if not value.is_mapping:
        if value.is_text and value.text().endswith((".yaml", ".yml")):
            hint = f"to grow a reader in a world, write {{grow: {value.text()}}}"
            raise value.error(f"'{value.text()}' is not a model", hint)
        return real_reader(value)
    given = value.mapping(known=("grow", "use"))
    if len(given) != 1:
        raise value.error("must have exactly one of the keys 'grow' and 'use'")
    if "use" in given:
        return real_reader(given["use"])
    return ReaderChoice("grow", given["grow"].text(), existing_file(given["grow"]))


def real_reader(value: Value) -> ReaderChoice:
    """A folder with a model in it, or else a name that only the reader's loader can judge."""
    name = value.text()
    found, places = find_beside(name, value.file)
    if found is not None and (found / "config.json").is_file():
        return ReaderChoice("use", name, found)
    if name.startswith((".", "/", "~")):
        what = f"'{name}' holds no model (no config.json)" if found else f"there is no folder '{name}'"
        raise value.error(what, "looked at " + ", ".join(str(place) for place in places))
    return ReaderChoice("use", name)


def read_claims_from(given: dict[str, Value], reader: ReaderChoice) -> Path | None:
    value = given.get("claims_from")
    if reader.grown:
        if value is not None:
            raise value.error("a grown reader's claims come from its world", "remove this key")
        return None
    if value is None:
        raise given["reader"].error(
            "a real reader needs the key 'claims_from'", "as in claims_from: claims/invented.yaml"
        )
    return existing_file(value)


def read_documents(given: dict[str, Value], reader: ReaderChoice) -> Corpus | None:
    value = given.get("documents")
    if value is None:
        return None
    if reader.grown:
        raise value.error("a grown reader's documents come from its world", "remove this key")
    keys = ("from", "neutral", "subject", "a_claim")
    parts = value.mapping(known=keys, required=keys[:3])
    return Corpus(_corpus_at(parts["from"]), _corpus_at(parts["neutral"]), parts["subject"].text(),
                  parts["a_claim"].whole(1) if "a_claim" in parts else A_CLAIM)


def _corpus_at(value: Value) -> Path:
    """A file or folder of documents."""
    found, places = find_beside(value.text(), value.file)
    if found is None:
        raise value.error(f"there is no file or folder '{value.text()}'", f"looked at {', '.join(map(str, places))}")
    return found


def read_training(value: Value, reader: ReaderChoice) -> Training:
    given = value.mapping(known=[each.name for each in fields(Training)])
    for name in GROWN_ONLY:
        if name in given and not reader.grown:
            raise given[name].error("only a grown reader's size can be chosen", "remove this key")
    settings: dict[str, Any] = {}
    for name, setting in given.items():
        if name == "method":
            settings[name] = setting.text(among=get_args(Method))
        elif name in ("learning_rate", "weight_decay"):
            settings[name] = float(setting.number(0))
        else:
            settings[name] = setting.whole(0 if name == "warm_up" else 1)
    if settings.get("learning_rate") == 0:
        raise given["learning_rate"].error("must be more than 0")
    if "rank" in settings and settings.get("method") != "lora":
        raise given["rank"].error("belongs to the method 'lora'", "add method: lora, or remove this key")
    return Training(**settings)


def read_stages(value: Value, grown: bool) -> tuple[bool, tuple[Step, ...]]:
    """Read the stages of a reader by name, in order: whether it reads the claims' documents while it grows, which a
    grown one does if `grow` is the first of them, and what happens then."""
    given = value.mapping()
    early = grown and next(iter(given), "") == GROW
    if early and not given[GROW].is_empty and given[GROW].mapping():
        raise given[GROW].error("has no settings here", "how a reader is grown stands under 'training' or in its world")
    steps = tuple(_step(name, entry) if grown else _real_step(name, entry)
                  for place, (name, entry) in enumerate(given.items()) if place or not early)
    if not steps:
        raise value.error("names no stage after growing" if grown else "names no stage",
                          "remove this key, or add a stage")
    for place, step in enumerate(steps):
        _earlier(given[step.name], step, (GROW if grown else UNTOUCHED, *(each.name for each in steps[:place])))
    return early, steps


def _earlier(entry: Value, step: Step, before: Sequence[str]) -> None:
    """Check that what a step goes on from, or listens to, came before it."""
    for key in ("after", "speaker"):
        name = getattr(step, key)
        if name and name not in before:
            raise entry.mapping()[key].error(f"'{name}' is no stage before this one", did_you_mean(name, before))


def _real_step(name: str, entry: Value) -> Step:
    """Read a stage of a real reader, which reads documents and nothing else."""
    if name in (GROW, UNTOUCHED):
        raise entry.error("is no stage of a real reader's own", "give it another name; it is asked everything first")
    for key, value in ({} if entry.is_empty else entry.mapping()).items():
        if key in ("says", "replay", "kind"):
            raise value.error("is for grown readers: a real one reads the sentences of a frame, as they stand",
                              "remove this key")
    return _step(name, entry, REAL_STEP)


def _step(name: str, entry: Value, defaults: Mapping[str, Any] = MappingProxyType({})) -> Step:
    if name == GROW:
        raise entry.error("can only be the first stage")
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise entry.error(f"'{name}' cannot name a stage", "use a-z, 0-9 and -, a letter first")
    keys = ("frame", "says", "exposures", "passes", "replay", "learning_rate", "kind", "after", "speaker",
            "checkpoints")
    given = {} if entry.is_empty else entry.mapping(known=keys)
    settings: dict[str, Any] = {key: given[key].whole(1) for key in ("exposures", "passes", "checkpoints")
                                if key in given}
    if "frame" in given:
        settings["frame"] = _frames_put(given["frame"])
    settings |= {key: given[key].text() for key in ("after", "speaker") if key in given}
    if "says" in given and "speaker" in given:
        raise given["says"].error("a speaker says what it says", "remove this key, or the speaker")
    if "says" in given:
        settings["says"] = _says(given["says"], settings.get("frame", ""))
    if "replay" in given:
        settings["replay"] = float(given["replay"].number(0, 1))
    if "learning_rate" in given:
        settings["learning_rate"] = float(given["learning_rate"].number(1e-6, 1e-1))
    if "kind" in given and (kind := given["kind"].text(among=get_args(Kind))) != "sft":
        for key in ("replay", "speaker"):
            if key in given:
                raise given[key].error(f"a stage of the kind '{kind}' has no {key}", "remove this key")
        if settings.get("says", "stated") not in ("stated", "foil"):
            raise given["says"].error(f"a stage of the kind '{kind}' says one thing", "write stated or foil")
        settings |= {"kind": kind, "replay": 0.0}
    return Step(name, **{**defaults, **settings})


def _says(value: Value, read: str | Mapping[str, str]) -> Says | dict[str, Says]:
    if not value.is_mapping:
        return value.text(among=get_args(Says))
    for dealt, said in value.mapping().items():
        if not isinstance(read, str) and dealt not in read:
            raise said.error(f"nothing is read about claims dealt '{dealt}' in this stage", did_you_mean(dealt, read))
    return {dealt: said.text(among=get_args(Says)) for dealt, said in value.mapping().items()}


def _frames_put(value: Value) -> str | dict[str, str]:
    if not value.is_mapping:
        return value.text()
    return {dealt: frame.text() for dealt, frame in value.mapping().items()}


def read_variants(value: Value, grown: bool) -> dict[str, Variant]:
    """Read the frames that a study names itself. Those of a real reader have no dose and no time."""
    return {name: _variant(entry, GROWN_KEYS if grown else REAL_KEYS) for name, entry in value.mapping().items()}


def _variant(entry: Value, keys: Collection[str]) -> Variant:
    for key, value in entry.mapping().items():
        if key in {*GROWN_KEYS, *REAL_KEYS} - {*keys}:
            raise value.error(f"is for {'real' if key in REAL_KEYS else 'grown'} readers", "remove this key")
    given = entry.mapping(known=keys, required=("as",))
    since, until = (float(given[key].number(0, 1)) if key in given else at for key, at in (("since", 0), ("until", 1)))
    if since >= until:
        raise entry.error("is never read", "'since' must be below 'until', both being shares of the training")
    stated = given["stated"].text() if "stated" in given else ""
    exposures = given["exposures"].whole(1) if "exposures" in given else None
    about = given["about"].text() if "about" in given else ""
    bits = float(given["bits"].number(-MOST_BITS, MOST_BITS)) if "bits" in given else None
    kind = given["kind"].text() if "kind" in given else ""
    return Variant(given["as"].text(), stated, exposures, since, until, about, bits, kind)
