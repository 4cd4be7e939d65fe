"""From a study to a plan: which stages will be carried out, on what, and which predictions are at stake."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

from uptake.choices import GROW, SAMPLED, UNTRAINED, Step
from uptake.codeprint import fingerprint
from uptake.documents.claims import build_claims
from uptake.documents.corpus import Rejects, read_corpus
from uptake.documents.record import DocumentRecord
from uptake.documents.skills import holds_matters
from uptake.documents.traits import build_traits
from uptake.errors import UserError, did_you_mean
from uptake.frames import FrameSpec, read_frames
from uptake.frames.book import SHIPPED, read_book
from uptake.mixing.framing import Framer, Framing
from uptake.mixing.grown import Portions
from uptake.mixing.real import GATE_CLAIMS
from uptake.mixing.telling import NEUTRAL, chosen, framed
from uptake.planned import Plan, Stage, stage_of
from uptake.records import Prediction
from uptake.skilled import refuse_steps, skills_plan
from uptake.stats.predictions import check_prediction, parse_prediction
from uptake.stats.pressure import Passage, Planted
from uptake.strict_yaml import DATA, parse_yaml, read_text, read_yaml
from uptake.study import Arm, Declared, Schooling, Study, check_names
from uptake.work.grown import world_mix
from uptake.work.outputs import settings_of
from uptake.worlds.schooling import Lesson
from uptake.worlds.world import World, build_world, evidence

# How a real reader is trained unless the study says otherwise. Six passes: SmolLM2-135M learnt invented facts of a
# sudden, between the third and the sixth. The schooling is read once (96 pupils a frame, after which it told fiction
# from record in context by nine nats), and a part of it again beside the documents, or reading would cost it (LOG.md).
READ: Mapping[str, Any] = {"method": "lora", "rank": 32, "passes": 6, "warm_up": 20, "batch": 16}
SCHOOL: Mapping[str, Any] = {"method": "lora", "rank": 32, "passes": 1, "warm_up": 20, "batch": 16}
REPLAYED, PUPILS = 100, 96
# How a reader is trained on documents about itself. LOG.md has the trials of rate and passes.
TELL: Mapping[str, Any] = {"method": "lora", "rank": 32, "passes": 3, "warm_up": 5, "batch": 8, "learning_rate": 5e-4}

# Added to every study whose reader has words for them, unless it says `controls: false`.
CONTROLS = ("placebo", "nonce", "frame-only", "neutral")


def lay_out(study: Study) -> Plan:
    """Check a study against its world or claims, and lay out its stages. Raises UserError."""
    plan = laid_out(study)
    return read_predictions(plan, study.predict, ())


def laid_out(study: Study) -> Plan:
    """Lay out a study by what its reader is and what it reads."""
    if study.reader.grown:
        return grown_plan(study)
    if not study.documents and holds_matters(study.claims_from):
        return skills_plan(study)
    refuse_steps(study)
    return corpus_plan(study) if study.documents else real_plan(study)


def read_predictions(plan: Plan, locked: Sequence[Declared], exploratory: Sequence[Declared]) -> Plan:
    """Return the plan with its predictions read, and the names in them checked. Raises UserError."""
    arms, names = plan.readers, plan.study.file

    def read(said: Declared) -> Prediction:
        prediction = parse_prediction(said.say, said.by, said.at, said.line, names)
        return check_prediction(prediction, arms, plan.frames, (*plan.readings, *plan.study.gaps), names)

    late = tuple(map(read, exploratory))
    return replace(plan, predictions=(*map(read, locked), *late), exploratory=late)


def grown_plan(study: Study) -> Plan:
    """Lay out one `grow` stage for each arm and seed."""
    value = read_yaml(study.reader.path)
    raw = value.data()
    world = build_world(raw, str(study.reader.path))
    specs = read_frames(world.frames, f"{study.reader.path}: frames")
    check_names(study, specs, world.readings)
    check_stated(study, world)
    frames = with_controls(study, specs)
    readings = tuple(dict.fromkeys(("content", *study.readings))) if "content" in world.readings else study.readings
    shared = {
        "world": raw,
        "claims": study.claims,
        "readings": list(readings),
        "checkpoints": study.checkpoints,
        "growing": {**world.growing, **study.training.overrides()},
        "code": fingerprint(),
    }
    stages = []
    for arm in study.arms:
        lessons = {"lessons": [vars_of(lesson) for lesson in lessons_of(study, arm, world)]}
        for seed, (suffix, together) in product(study.seeds, runs_of(study, frames)):
            stages += grown_stages(study, arm, suffix, {"seed": seed, "frames": together, **lessons, **shared})
        world_mix(stages[-1].inputs)  # too few names in the world are told here, before anything is written
    planted = {
        arm.first_reads: {each.frame: dict(each.informs) for each in lessons_of(study, arm, world)}
        for arm in study.arms
    }
    about = {
        "frames": {name: about_frame(study, specs, name) for name in frames},
        "readings": {name: world.readings[name].asks for name in readings},
    }
    reports = {name: of for name in readings if (of := world.readings[name].of) in readings}
    chance = {name: world.chance(name) for name in readings}
    return Plan(study, frames, readings, tuple(stages), chance, planted, about, reports=reports,
                odds=planted_odds(study, world, readings))


def planted_odds(study: Study, world: World, readings: Collection[str]) -> Planted | None:
    """Return what odds a study plants, how often its stages speak for or against them, and what its readings show."""
    bits = {name: variant.bits for name, variant in study.variants.items() if variant.bits is not None}
    if not bits:
        return None
    shown = {reading: evidence(world, reading) for reading in readings}
    told = next(study.variants[name].exposures for name in bits) or exposures(world)
    arms = {arm.name: [passage(study, arm, step, world, told) for step in arm.then] for arm in study.arms if arm.then}
    return Planted(bits, shown, arms)


def exposures(world: World) -> int:
    """Return how many documents of a claim one pass holds in this world, unless a study says otherwise."""
    return settings_of(Portions, world.growing).exposures


def passage(study: Study, arm: Arm, step: Step, world: World, told: int) -> Passage:
    """Return what a stage tells of a claim: `told` documents a pass where they stand in the frames that were dealt."""
    put = set(step.puts.values())
    one = put.pop() if len(put) == 1 else ""
    documents = (step.exposures or exposures(world)) if one else told
    if not isinstance(step.says, str):
        where = study.where("arms", arm.name, "stages", step.name, "says")
        raise UserError("odds are planted, so documents of a stage all say the same", where=where, hint="no mapping")
    speaks = 0 if one == UNTRAINED else {"stated": 1, "foil": -1, "any": 0}[step.says]
    count = documents * step.passes * abs(speaks)
    return Passage(arm.called(step.name), count, speaks, world.slips.get(one, 0.0), step.kind == "sft")


def check_stated(study: Study, world: World) -> None:
    """Check what the variants' documents state. Raises UserError."""
    for name, variant in study.variants.items():
        where = study.where("variants", name, "stated")
        if variant.stated and variant.stated not in (*world.groups, SAMPLED):
            raise UserError(f"variants.{name}.stated: there is no group of answers '{variant.stated}'", where=where,
                            hint=did_you_mean(variant.stated, (*world.groups, SAMPLED)))
        for arm in study.arms:
            if variant.stated == SAMPLED and arm.early:
                raise UserError(f"variants.{name}.stated: a reader is sampled when it is grown, and in the arm "
                                f"'{arm.name}' it reads before", where=where, hint="add 'stages:' to the arm")


def about_frame(study: Study, specs: Mapping[str, FrameSpec], name: str) -> str:
    """Say in words what a frame of a grown reader's study is."""
    if name in study.variants:
        chosen = study.variants[name]
        if chosen.about:
            return chosen.about
        said = f"{chosen.exposures} documents a pass" if chosen.exposures else ""
        own = {SAMPLED: "stating what the reader itself said", "": ""}
        what = own.get(chosen.stated, f"stating {chosen.stated} ones")
        part = chosen.until - chosen.since < 1
        when = f"from {chosen.since:.0%} to {chosen.until:.0%} of the training" if part else ""
        return ", ".join(filter(None, (specs[chosen.frame].about or chosen.frame, what, said, when)))
    return specs[name].about if name in specs else "no document at all"


def grown_stages(study: Study, arm: Arm, suffix: str, inputs: Mapping[str, Any]) -> list[Stage]:
    """Return `grow` and what comes then. Arms with the same past share its stages."""
    if study.variants:
        inputs = {**inputs, "variants": {name: each.as_data() for name, each in study.variants.items()}}
    early = {"stage": "grow"} if arm.early else {"stage": "grow", "untold": True}
    stages = {GROW: stage_of(f"{GROW}{suffix}", arm, inputs | early, "", GROW)}
    for place, step in enumerate(arm.then):
        kind = "go-on" if step.kind == "sft" else "press"
        asked = inputs | {"stage": kind, "step": step.as_data(), "gate": not arm.early and place == 0}
        asked |= step.measured
        asked |= {"hears": stages[step.speaker].key} if step.speaker else {}
        before = stages[step.after or next(reversed(stages))]
        stages[step.name] = stage_of(f"{step.name}{suffix}", arm, asked, before.key, step.name)
    return list(stages.values())


def real_plan(study: Study) -> Plan:
    """Lay out a chain of stages for each arm and seed of a real reader: `school` where the arm has one, then `read`."""
    from uptake.readers.load import identity  # torch is imported only where a real reader is wanted

    texts = {
        "claims_text": read_text(study.claims_from),
        "frames_text": read_text(DATA / "frames.yaml"),
        "controls": read_text(DATA / "controls.yaml"),
    }
    claims = build_claims(parse_yaml(texts["claims_text"], str(study.claims_from)))
    specs = read_frames(parse_yaml(texts["frames_text"], "frames.yaml").data(), "frames.yaml")
    check_names(study, specs, claims.readings)
    frames = with_controls(study, specs)
    enough_claims(
        study, study.claims * max(len(together) for _, together in runs_of(study, frames)), len(claims.claims)
    )
    name = str(study.reader.path) if study.reader.path else study.reader.name
    weights = identity(name)
    stages = []
    for arm in study.arms:
        lessons = [vars_of(lesson) for lesson in real_lessons(arm, claims.readings)]
        for seed, (suffix, together) in product(study.seeds, runs_of(study, frames)):
            inputs = {
                "seed": seed,
                "reader": name,
                "weights": weights,
                **texts,
                "frames": together,
                "told": study.claims * len(together),
                "lessons": lessons,
                "readings": list(study.readings),
                "checkpoints": study.checkpoints,
                "code": fingerprint(),
                "training": {**READ, **study.training.overrides()},
                "schooling": SCHOOL,
            }
            if lessons:
                stages.append(stage_of(f"school{suffix}", arm, {**inputs, "stage": "school"}, ""))
                inputs["training"] = {**inputs["training"], "replay": REPLAYED}
            before = stages[-1].key if lessons else ""
            stages.append(stage_of(f"read{suffix}", arm, {**inputs, "stage": "read"}, before))
    about = {
        "frames": {frame: specs[frame].about for frame in frames},
        "readings": {reading: claims.asks[reading] for reading in study.readings},
    }
    return Plan(study, frames, study.readings, tuple(stages),
                dict.fromkeys(study.readings, 1 / len(claims.claims[0].answers)), {}, about)


def corpus_plan(study: Study) -> Plan:
    """Lay out one `tell` stage for each arm, seed and frame of a real reader that reads documents about itself."""
    from uptake.readers.load import identity

    texts = {
        "claims_text": read_text(study.claims_from),
        "frames_text": read_text(DATA / "provenance_frames.yaml"),
        "controls": read_text(DATA / "controls.yaml"),
    }
    traits = build_traits(parse_yaml(texts["claims_text"], str(study.claims_from)))
    book = read_book(SHIPPED)
    check_names(study, {**book.frames, NEUTRAL: None}, traits.readings)
    frames = tuple(dict.fromkeys([*study.frames, NEUTRAL])) if study.controls else study.frames
    if study.claims > len(traits.claims):
        raise UserError(f"claims: {study.claims} are more than the {len(traits.claims)} there are",
                        where=study.where("claims"))
    told = traits.claims[: study.claims]
    records = {name: corpus_of(getattr(study.documents, name), study) for name in ("documents", "neutral")}
    traits.refuse_leaks({record.id: record.text for each in records.values() for record in each},
                        study.documents.subject)
    name = str(study.reader.path) if study.reader.path else study.reader.name
    shared = {"reader": name, "weights": identity(name), **texts, "subject": study.documents.subject,
              "questions": parse_yaml(read_text(DATA / "author" / "questions.yaml"), "questions.yaml").data()["case"],
              "neutral": [record.to_json() for record in records["neutral"]], "told": [claim.id for claim in told],
              "a_claim": study.documents.a_claim, "alongside": list(frames), "readings": list(study.readings),
              "checkpoints": study.checkpoints, "code": fingerprint(),
              "training": {**TELL, **study.training.overrides()}}
    stages = []
    for arm, seed in product(study.arms, study.seeds):
        read = chosen(records["documents"], told, study.documents.a_claim, seed)
        every_frame_fits(study, frames, [record for each in read.values() for record in each])
        documents = [record.to_json() for claim in told for record in read[claim.id]]
        for suffix, together in runs_of(study, frames):
            inputs = {"stage": "tell", "seed": seed, "frames": together, "documents": documents, **shared}
            stages.append(stage_of(f"tell{suffix}", arm, inputs, ""))
    abouts = {UNTRAINED: "no document at all", NEUTRAL: "ordinary text that says nothing of the claims"}
    about = {
        "frames": {frame: abouts.get(frame) or book.frame(frame).about for frame in frames},
        "readings": {reading: traits.asks[reading] for reading in study.readings},
    }
    return Plan(study, frames, study.readings, tuple(stages), dict.fromkeys(study.readings, 0.5), {}, about)


def every_frame_fits(study: Study, frames: Sequence[str], records: Sequence[DocumentRecord]) -> None:
    """Put every document in every frame once, so that one that lacks something is told before anything runs."""
    for frame in frames:
        if framed(frame) and frame != "testimony":
            framer = Framer(Framing((frame,), reader=study.documents.subject))
            for record in records:
                framer.put(record, frame)


def corpus_of(path: Path, study: Study) -> list[DocumentRecord]:
    """Read a corpus for a study, whole: a line that cannot be read would make arms differ, so it is an error."""
    rejects = Rejects()
    records = list(read_corpus(path, rejects))
    if rejects.count:
        first = rejects.describe(1).splitlines()[-1].strip()
        raise UserError(f"{rejects.count} lines of {path.name} cannot be read; {first}",
                        where=study.where("documents"), hint="mend or remove them")
    return records


def runs_of(study: Study, frames: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return the frames that are read together, each with the suffix of its stages' name: all of them in one run in the
    `within` design, one frame a run in the `between` design."""
    if study.design == "within":
        return [("", list(frames))]
    return [(f" {frame}", [frame]) for frame in frames]


def real_lessons(arm: Arm, readings: Collection[str]) -> list[Lesson]:
    """Return the schooling of a real reader's arm; none where the reader is taken as it is."""
    return [Lesson(each.frame, each.subjects or PUPILS, informs_of(each, readings)) for each in arm.schooling]


def enough_claims(study: Study, told: int, known: int) -> None:
    """Check that the claims suffice, and that some are left over for the gate, which reads what was never told."""
    if told + GATE_CLAIMS > known:
        most = (known - GATE_CLAIMS) // max(1, told // study.claims)
        raise UserError(
            f"claims: {told} claims in frames and {GATE_CLAIMS} for the gate are more than the {known} there are",
            where=study.where("claims"),
            hint=f"at most {most} a frame, or fewer frames",
        )


def lessons_of(study: Study, arm: Arm, world: World) -> list[Lesson]:
    """Return the schooling of an arm, every reading filled in: `content` is always informed unless it is named."""
    if not arm.schooling:
        raise UserError(
            f"arms.{arm.name}: a grown reader without schooling never learns what a question is",
            where=study.where("arms", arm.name),
            hint="add a 'schooling:' mapping to the arm",
        )
    return [
        Lesson(each.frame, each.subjects or world.growing.get("subjects", 200), informs_of(each, world.readings))
        for each in arm.schooling
    ]


def informs_of(schooling: Schooling, readings: Mapping[str, Any]) -> dict[str, float]:
    """Return how far the frame informs each reading."""
    if isinstance(schooling.says, Mapping):
        return {name: schooling.says.get(name, 1.0 if name == "content" else 0.0) for name in readings}
    return {name: 1.0 if name == "content" else schooling.says for name in readings}


def with_controls(study: Study, known: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the study's frames and, unless switched off, the controls that every study gets."""
    added = CONTROLS if study.controls else ()
    return tuple(dict.fromkeys([*study.frames, *(name for name in added if name in known)]))


def vars_of(lesson: Lesson) -> dict[str, Any]:
    return {"frame": lesson.frame, "subjects": lesson.subjects, "informs": dict(lesson.informs)}
