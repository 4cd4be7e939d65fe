"""The study file: one YAML file, read strictly into frozen dataclasses.

Every mistake is a UserError with file, line, key and what to do. Names of frames and readings are known
only to the world or the claims file: `check_names` checks them once those are read.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from uptake.choices import (
    GROW,
    UNTRAINED,
    Corpus,
    ReaderChoice,
    Step,
    Training,
    Variant,
    read_claims_from,
    read_documents,
    read_reader,
    read_stages,
    read_training,
    read_variants,
)
from uptake.errors import UserError, did_you_mean
from uptake.records import Scale
from uptake.strict_yaml import DATA as DATA
from uptake.strict_yaml import Value, parse_yaml, read_text

Design = Literal["within", "between"]
At = Literal["equal-tokens", "equal-content"]

REQUIRED = ("study", "question", "reader", "seeds", "arms", "frames", "claims", "readings")
STUDY_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
# Arms, frames and readings stand in predictions as `arm: frame.reading`, so they hold none of that
# grammar's signs.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+-]*")

# Five checkpoints, log-spaced, are one for each halving of the tokens down to a sixteenth.
CHECKPOINTS = 5
# A tenth of the items; on the log-odds scale 0.4 nats, which moves a probability of one half by a tenth.
SMALLEST_EFFECT = {"accuracy": 0.1, "probability": 0.1, "log-odds": 0.4}
# More seeds than this is a mistyped number: the two-level bootstrap gains little beyond a few dozen.
MOST_SEEDS = 1000


@dataclass(frozen=True, slots=True)
class Schooling:
    """How far one frame was informative in the reader's past, from -1 (reversed) over 0 (nothing) to 1.

    `says` is one number for every reading except `content`, or a mapping from readings to numbers.
    `subjects` is how many subjects the reader met in that frame; None leaves it to the world.
    """

    frame: str
    subjects: int | None
    says: float | Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Arm:
    """One condition of the study. `schooling` is empty where the reader is taken as it is; `then` is what happens to a
    reader afterwards, in order. A grown one reads the claims' documents while it grows if there is nothing to come, or
    if the study says so (`early`)."""

    name: str
    schooling: tuple[Schooling, ...]
    line: int
    early: bool = True
    then: tuple[Step, ...] = ()

    def called(self, stage: str) -> str:
        """Return the name under which the reader of a stage stands in tables and predictions: the arm's own after its
        last stage, `arm@stage` before."""
        return self.name if not self.then or stage == self.then[-1].name else f"{self.name}@{stage}"

    @property
    def readers(self) -> tuple[str, ...]:
        """The names of its readers that are measured, in the order of its stages. One that has read nothing of the
        claims while it grew is measured when the next stage begins."""
        stages = (*([GROW] if self.early else []), *(step.name for step in self.then))
        return tuple(map(self.called, stages))

    @property
    def first_reads(self) -> str:
        """The name of its reader after the stage in which it first reads documents of the claims."""
        return self.readers[0]


@dataclass(frozen=True, slots=True)
class Declared:
    """A prediction as it was written; `uptake.stats.predictions` reads what `say` says."""

    by: str
    say: str
    at: At
    line: int


@dataclass(frozen=True, slots=True)
class Study:
    """A study as its file declares it. `file` is the path as it was given, `text` the file's whole
    content."""

    study: str
    question: str
    reader: ReaderChoice
    design: Design
    seeds: tuple[int, ...]
    arms: tuple[Arm, ...]
    frames: tuple[str, ...]
    variants: Mapping[str, Variant]
    gaps: Mapping[str, tuple[str, str]]
    controls: bool
    claims: int
    claims_from: Path | None
    documents: Corpus | None
    readings: tuple[str, ...]
    scale: Scale
    smallest_effect: float
    checkpoints: int
    training: Training
    predict: tuple[Declared, ...]
    file: str
    text: str = field(repr=False)
    lines: Mapping[tuple[str | int, ...], int] = field(repr=False, compare=False)

    def where(self, *path: str | int) -> str:
        """Return 'file:line' of a key (`where("arms", "schooled")`), a listed name (`where("frames",
        "record")`) or a prediction by place (`where("predict", 0)`); for a path that is not in the file, of
        the nearest part that is."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.file}:{self.lines[path]}"

    def arm(self, name: str) -> Arm:
        """Return the arm of that name. Raises KeyError."""
        return {arm.name: arm for arm in self.arms}[name]

    def settings(self) -> dict[str, Any]:
        """Return what was asked, defaults filled in, as plain data for the plan: no lines, no paths of this
        machine, and no predictions (the plan keeps those apart)."""
        kept = {name: getattr(self, name) for name in (*REQUIRED, *DEFAULTED)}
        arms = {arm.name: {each.frame: _said(each) for each in arm.schooling} for arm in self.arms}
        kept["reader"] = {self.reader.kind: self.reader.name}
        kept["arms"] = {name: {"schooling": schooling} for name, schooling in arms.items()}
        for arm in self.arms:
            if arm.then:
                stages = {GROW: {}} if arm.early else {}
                kept["arms"][arm.name]["stages"] = stages | {step.name: step.as_data() for step in arm.then}
                kept["arms"][arm.name]["last"] = arm.then[-1].name
        if self.gaps:
            kept["gaps"] = {name: list(readings) for name, readings in self.gaps.items()}
        if self.variants:
            kept["variants"] = {name: variant.as_data() for name, variant in self.variants.items()}
        kept["claims_from"] = self.claims_from and self.claims_from.name
        if self.documents:
            kept["documents"] = _named(self.documents)
        return kept | {"order_of_arms": list(arms), "training": self.training.overrides()}


DEFAULTED = ("design", "controls", "scale", "smallest_effect", "checkpoints")
KEYS = (*REQUIRED, *DEFAULTED, "claims_from", "documents", "training", "variants", "gaps", "predict")


def read_study(path: Path | str) -> Study:
    """Read a study file. Raises UserError for whatever does not fit; files that it names must exist."""
    text = read_text(path)
    top = parse_yaml(text, str(path))
    given = top.mapping(known=KEYS, required=REQUIRED)
    reader = read_reader(given["reader"])
    scale = given["scale"].text(among=get_args(Scale)) if "scale" in given else "accuracy"
    return Study(
        study=_study_name(given["study"]),
        question=given["question"].text(),
        reader=reader,
        design=_design(given),
        seeds=_seeds(given["seeds"]),
        arms=_arms(given["arms"], reader),
        frames=_names(given["frames"]),
        variants=_variants(given, reader),
        gaps=_gaps(given["gaps"]) if "gaps" in given else {},
        controls=given["controls"].flag() if "controls" in given else True,
        claims=given["claims"].whole(1),
        claims_from=read_claims_from(given, reader),
        documents=read_documents(given, reader),
        readings=_names(given["readings"]),
        scale=scale,
        smallest_effect=_smallest_effect(given.get("smallest_effect"), scale),
        checkpoints=given["checkpoints"].whole(1) if "checkpoints" in given else CHECKPOINTS,
        training=read_training(given["training"], reader) if "training" in given else Training(),
        predict=_predictions(given["predict"]) if "predict" in given else (),
        file=str(path),
        text=text,
        lines=_lines(top),
    )


def with_seeds(study: Study, seeds: int | Sequence[int]) -> Study:
    """Return the study with other seeds: the first so many, or these."""
    return replace(study, seeds=tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds))


def check_names(study: Study, frames: Collection[str], readings: Collection[str]) -> None:
    """Check every frame and reading that the study names, in its lists and its schooling, against those that
    exist. `untrained` may always stand among the frames and `content` always in schooling. Raises UserError.
    """
    for name, variant in study.variants.items():
        if name in frames or name == UNTRAINED:
            raise UserError(f"variants: '{name}' is a frame of the world already",
                            where=study.where("variants", name), hint="give it another name")
        _known(study, "frame", variant.frame, ("variants", name, "as"), {*frames, UNTRAINED})
    for name in study.frames:
        _check_name(study, "frame", ("frames", name), {*frames, *study.variants, UNTRAINED})
    for name in study.readings:
        _check_name(study, "reading", ("readings", name), readings)
    for gap, pair in study.gaps.items():
        for name in pair:
            _known(study, "reading", name, ("gaps", gap), study.readings)
        if gap in readings:
            raise UserError(f"gaps: '{gap}' is a reading already", where=study.where("gaps", gap),
                            hint="give it another name")
    for arm in study.arms:
        for step in arm.then:
            path = ("arms", arm.name, "stages", step.name)
            for dealt, frame in step.puts.items():
                _known(study, "frame", frame, (*path, "frame", dealt), {*frames, UNTRAINED})
            for key, dealt in step.names_of_dealt:
                _known(study, "frame", dealt, (*path, key, dealt), {*study.frames, UNTRAINED})
        for each in arm.schooling:
            path = ("arms", arm.name, "schooling", each.frame)
            _check_name(study, "frame", path, frames)
            for name in each.says if isinstance(each.says, Mapping) else ():
                _check_name(study, "reading", (*path, name), {*readings, "content", "subjects"})


def _check_name(study: Study, noun: str, path: tuple[str, ...], known: Collection[str]) -> None:
    _known(study, noun, path[-1], path, known, path[:-1])


def _known(study: Study, noun: str, name: str, path: tuple[str, ...], known: Collection[str],
           said: tuple[str, ...] = ()) -> None:
    if name not in known:
        what = f"{'.'.join(said or path)}: there is no {noun} '{name}'"
        raise UserError(what, where=study.where(*path), hint=did_you_mean(name, known))


def _design(given: dict[str, Value]) -> Design:
    """Read the design: `within` unless it is said, and `between` where a corpus is read, one frame a run."""
    design = given["design"].text(among=get_args(Design)) if "design" in given else ""
    if "documents" in given and design == "within":
        raise given["design"].error("documents of your own are read in the design 'between'", "remove this key")
    return design or ("between" if "documents" in given else "within")


def _study_name(value: Value) -> str:
    name = value.text()
    if not STUDY_NAME.fullmatch(name):
        raise value.error(f"'{name}' cannot name a folder", "use a-z, 0-9 and -, a letter or digit first")
    return name


def _seeds(value: Value) -> tuple[int, ...]:
    """Read a count, which means 0 to n-1, or a list of different whole numbers."""
    if not value.is_list:
        count = value.whole(1)
        if count > MOST_SEEDS:
            raise value.error(
                f"{count} seeds are too many", f"this is a count; for the one seed {count} write [{count}]"
            )
        return tuple(range(count))
    seeds = [item.whole(0) for item in value.items()]
    _all_different(value, seeds)
    return tuple(seeds)


def _all_different(value: Value, listed: list) -> None:
    if not listed:
        raise value.error("must not be empty")
    for place, item in enumerate(listed):
        if item in listed[:place]:
            raise value.items()[place].error(f"{item} is listed twice")


def _name(value: Value, name: str) -> str:
    if not NAME.fullmatch(name):
        raise value.error(f"'{name}' is not a name", "use letters, digits, -, _ and +, a letter or digit first")
    return name


def _names(value: Value) -> tuple[str, ...]:
    names = [_name(item, item.text()) for item in value.items()]
    _all_different(value, names)
    return tuple(names)


def _arms(value: Value, reader: ReaderChoice) -> tuple[Arm, ...]:
    arms = []
    for name, arm in value.mapping().items():
        given = {} if arm.is_empty else arm.mapping(known=("schooling", "stages"))
        schooling = _schooling(given["schooling"]) if "schooling" in given else ()
        early, then = read_stages(given["stages"], reader.grown) if "stages" in given else (True, ())
        arms.append(Arm(_name(arm, name), schooling, arm.line, early, then))
    if not arms:
        raise value.error("must have at least one arm")
    return tuple(arms)


def _variants(given: dict[str, Value], reader: ReaderChoice) -> dict[str, Variant]:
    if "variants" not in given:
        return {}
    variants = read_variants(given["variants"], reader.grown)
    for name in variants:
        _name(given["variants"], name)
    return variants


def _gaps(value: Value) -> dict[str, tuple[str, str]]:
    """Read the gaps: by name, the two readings that each is the difference of."""
    found = {_name(pair, name): _names(pair) for name, pair in value.mapping().items()}
    for name, pair in found.items():
        if len(pair) != 2:
            raise value.mapping()[name].error("is the difference of two readings", "as in [implicit, mention]")
    return found


def _schooling(value: Value) -> tuple[Schooling, ...]:
    schooled = []
    for frame, entry in value.mapping().items():
        if _name(entry, frame) == UNTRAINED:
            raise entry.error("a reader cannot be schooled in documents that it never meets")
        schooled.append(_frame_schooling(frame, entry))
    return tuple(schooled)


def _frame_schooling(frame: str, entry: Value) -> Schooling:
    if not entry.is_mapping:
        return Schooling(frame, None, float(entry.number(-1, 1)))
    given = entry.mapping()
    subjects = given.pop("subjects").whole(1) if "subjects" in given else None
    if not given:
        raise entry.error(
            "names no reading", "say how informative the frame is, as in {subjects: 100, other: 1.0}"
        )
    return Schooling(
        frame, subjects, {_name(said, name): float(said.number(-1, 1)) for name, said in given.items()}
    )


def _named(corpus: Corpus) -> dict[str, Any]:
    return {"from": corpus.documents.name, "neutral": corpus.neutral.name, "subject": corpus.subject,
            "a_claim": corpus.a_claim}


def _said(schooling: Schooling) -> Any:
    if schooling.subjects is None and not isinstance(schooling.says, Mapping):
        return schooling.says
    return {"subjects": schooling.subjects, **schooling.says}


def _smallest_effect(value: Value | None, scale: Scale) -> float:
    if value is None:
        return SMALLEST_EFFECT[scale]
    effect = float(value.number(0, None if scale == "log-odds" else 1))
    if effect == 0:
        raise value.error("must be more than 0", "it is the smallest difference that would matter to you")
    return effect


def _predictions(value: Value) -> tuple[Declared, ...]:
    declared: dict[tuple[str, str, str], Declared] = {}
    for item in value.items():
        given = item.mapping(known=("by", "say", "at"), required=("by", "say"))
        at = given["at"].text(among=get_args(At)) if "at" in given else "equal-tokens"
        prediction = Declared(given["by"].text(), " ".join(given["say"].text().split()), at, item.line)
        key = (prediction.by, prediction.say, prediction.at)
        if key in declared:
            raise item.error(
                f"says the same as the prediction in line {declared[key].line}", "remove one of them"
            )
        declared[key] = prediction
    return tuple(declared.values())


def _lines(top: Value) -> dict[tuple[str | int, ...], int]:
    """Return the line of every key and list item; a listed word can also be looked up by itself."""
    lines: dict[tuple[str | int, ...], int] = {}
    for value in top.walk():
        lines[value.path] = value.line
        if value.path and isinstance(value.path[-1], int) and value.is_text:
            lines[(*value.path[:-1], value.node.value)] = value.line
    return lines
