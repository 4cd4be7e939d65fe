"""The plan of a study of what a real reader can do or knows, and of what it says of it: from a file of skills or habits
to stages."""

from collections.abc import Mapping
from typing import Any

from uptake.choices import UNTOUCHED, UNTRAINED
from uptake.codeprint import fingerprint
from uptake.documents.skills import Matters, build_matters
from uptake.errors import UserError, did_you_mean
from uptake.measure.capabilities import TESTS, build_tests
from uptake.mixing.skills import Course, chance, frame_put
from uptake.planned import Plan, Stage, stage_of
from uptake.stats.rounding import rounded
from uptake.strict_yaml import DATA, parse_yaml, read_text
from uptake.study import Arm, Study, check_names
from uptake.work.skills import course_of

# How a real reader is trained in a stage unless the study says otherwise; its passes and rate stand in the stage.
TEACH: Mapping[str, Any] = {"method": "lora", "rank": 32, "warm_up": 5, "batch": 8}


def refuse_steps(study: Study) -> None:
    """Refuse stages and frames of a study's own where its claims are no skills. Raises UserError."""
    for name in study.variants:
        raise UserError(f"variants.{name}: frames of your own are for grown readers, and for skills",
                        where=study.where("variants", name), hint="as in claims_from: claims/skills.yaml")
    for arm in study.arms:
        if arm.then:
            raise UserError(f"arms.{arm.name}.stages: stages of your own are for grown readers, and for skills",
                            where=study.where("arms", arm.name, "stages"),
                            hint="remove this key, or take claims_from: claims/skills.yaml")


def skills_plan(study: Study) -> Plan:
    """Lay out, for each arm and seed, a stage in which the reader is asked everything and then the arm's own stages.
    Arms with the same past share its stages."""
    from uptake.readers.load import identity  # torch is imported only where a real reader is wanted

    texts = {"skills_text": read_text(study.claims_from), "controls": read_text(DATA / "controls.yaml")}
    matters = build_matters(parse_yaml(texts["skills_text"], str(study.claims_from)))
    if matters.noun == "skills":
        texts["tests_text"] = read_text(TESTS)
    check_names(study, {*matters.frames}, matters.readings)
    check_matters(study, matters)
    name = str(study.reader.path) if study.reader.path else study.reader.name
    shared = {"reader": name, "weights": identity(name), **texts, "frames": list(study.frames), "told": study.claims,
              "kinds": {frame: study.variants[frame].kind if frame in study.variants else "" for frame in study.frames},
              "own": {frame: study.variants[frame].frame if frame in study.variants else frame
                      for frame in study.frames},
              "readings": list(study.readings), "checkpoints": study.checkpoints, "code": fingerprint(),
              "training": {**TEACH, **study.training.overrides()}}
    first = course_of({**shared, "seed": study.seeds[0]})
    check_taught(study, first)
    check_spoken(study, matters)
    stages = [stage for arm in study.arms for seed in study.seeds for stage in chain(arm, {**shared, "seed": seed})]
    about = {"frames": {frame: said_of(study, matters, frame) for frame in study.frames},
             "readings": {reading: matters.readings[reading].asks for reading in study.readings}}
    return Plan(study, study.frames, study.readings, tuple(stages),
                {reading: rounded(chance(first, reading)) for reading in study.readings}, {}, about,
                reports={each: of for each in study.readings if (of := matters.readings[each].of) in study.readings})


def chain(arm: Arm, inputs: Mapping[str, Any]) -> list[Stage]:
    """Return the stages of an arm's reader: it is asked, and then each step goes on from the one before, or from the
    one that it names."""
    stages = {UNTOUCHED: stage_of(UNTOUCHED, arm, {**inputs, "stage": "ask"}, "", arm.then[0].name)}
    for step in arm.then:
        before = stages[step.after or next(reversed(stages))]
        taught = {**inputs, "stage": "teach", "step": step.as_data(), **step.measured}
        taught |= {"hears": stages[step.speaker].key} if step.speaker else {}
        taught |= {"anew": True} if before is stages[UNTOUCHED] and len(stages) > 1 else {}
        stages[step.name] = stage_of(step.name, arm, taught, before.key, step.name)
    return list(stages.values())


def check_matters(study: Study, matters: Matters) -> None:
    """Check a study against its skills or habits: kinds and their number, and what is not for real readers. Raises
    UserError."""
    known = build_tests(parse_yaml(read_text(TESTS), TESTS.name)).items if matters.noun == "skills" else {}
    for skill in matters.matters if known else ():
        if skill.id not in known:
            raise UserError(f"there is no ability '{skill.id}'", where=str(study.claims_from),
                            hint=did_you_mean(skill.id, known))
    if study.design == "between":
        raise UserError(f"design: {matters.noun} are told of within one reader", where=study.where("design"),
                        hint="remove this key")
    for key in ("passes", "learning_rate"):
        if getattr(study.training, key) is not None:
            raise UserError(f"training.{key}: stands in each stage of an arm", where=study.where("training", key),
                            hint="write it there")
    for arm in study.arms:
        if arm.schooling or not arm.then:
            raise UserError(f"arms.{arm.name}: a real reader told of {matters.noun} has stages and no schooling",
                            where=study.where("arms", arm.name), hint="as in stages: {speak: {frame: {told: cannot}}}")
    check_kinds(study, matters)


def check_kinds(study: Study, matters: Matters) -> None:
    """Check that there are skills or habits enough of every kind that is dealt to frames. Raises UserError."""
    kinds = [study.variants[frame].kind if frame in study.variants else "" for frame in study.frames]
    for frame, kind in zip(study.frames, kinds, strict=True):
        where = study.where("variants", frame, "kind") if kind else study.where("frames", frame)
        if kind and kind not in matters.kinds:
            raise UserError(f"variants.{frame}.kind: there is no kind '{kind}'", where=where,
                            hint=did_you_mean(kind, matters.kinds))
        if not kind and any(kinds):
            raise UserError(f"frames: '{frame}' has no kind, and others have", where=where,
                            hint="give every frame a kind, or none")
        there = sum(not kind or matter.kind == kind for matter in matters.matters)
        if study.claims * kinds.count(kind) > there:
            each = f"{study.claims} {matters.noun} each"
            what = f"{kinds.count(kind)} frames of {each} are more than the {there} there are"
            raise UserError(f"claims: {what}" + (f" of the kind '{kind}'" if kind else ""),
                            where=study.where("claims"), hint=f"at most {there // kinds.count(kind)}")


def check_taught(study: Study, course: Course) -> None:
    """Check that every step has something to read. Raises UserError."""
    for arm in study.arms:
        for step in arm.then:
            if all(frame_put(course, step, matter) == UNTRAINED for matter in course.told):
                raise UserError(f"arms.{arm.name}.stages.{step.name}: nothing is read in this stage",
                                where=study.where("arms", arm.name, "stages", step.name),
                                hint="say in which frame, as in {frame: {told: cannot}}")


def check_spoken(study: Study, matters: Matters) -> None:
    """Check that what is only begun is read where somebody goes on from it, and nothing else is. Raises UserError."""
    for arm in study.arms:
        for step in arm.then:
            for dealt, frame in step.puts.items():
                if frame != UNTRAINED and bool(step.speaker) != (frame in matters.begun):
                    what = f"'{frame}' is only begun" if frame in matters.begun else f"'{frame}' is said to its end"
                    raise UserError(f"arms.{arm.name}.stages.{step.name}: {what}",
                                    where=study.where("arms", arm.name, "stages", step.name, "frame", dealt),
                                    hint="name a 'speaker' where a frame is 'begun', and nowhere else")


def said_of(study: Study, matters: Matters, frame: str) -> str:
    """Say in words what a frame of the study is."""
    if frame in study.variants and study.variants[frame].about:
        return study.variants[frame].about
    own = study.variants[frame].frame if frame in study.variants else frame
    return matters.abouts.get(own, "no document at all")

