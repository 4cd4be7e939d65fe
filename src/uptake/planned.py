"""What a plan is made of: its stages, and the plan itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from uptake.records import Prediction
from uptake.rundir import stage_name
from uptake.stats.pressure import Planted
from uptake.study import Arm, Study


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of one arm and seed. `key` is the hash of `inputs`, which name all that its numbers depend on; `reader`
    is what its reader is called in tables. It goes on with the reader of the stage that it `needs`, and listens to that
    of the one that it `hears`."""

    name: str
    arm: str
    seed: int
    key: str
    needs: str
    inputs: Mapping[str, Any]
    reader: str
    hears: str = ""

    @property
    def label(self) -> str:
        """What a person calls it."""
        return f"{self.arm}, seed {self.seed}, {self.name}"


@dataclass(frozen=True)
class Plan:
    """What will be done: stages in order, frames with their controls, and the predictions read from their words.

    `chance` is, for each reading, the share of items that a reader who knows nothing gets right; `planted` maps arm,
    frame and reading to the informativeness of the schooling, for the check of the instrument against it (empty for
    real readers). `reports` maps a reading in which a grown reader says what it can do to the one that needs it; `odds`
    are those that documents plant, where a study has such variants.
    """

    study: Study
    frames: tuple[str, ...]
    readings: tuple[str, ...]
    stages: tuple[Stage, ...]
    chance: Mapping[str, float]
    planted: Mapping[str, Any]
    about: Mapping[str, Any]
    predictions: tuple[Prediction, ...] = ()
    exploratory: tuple[Prediction, ...] = ()
    reports: Mapping[str, str] = field(default_factory=dict)
    odds: Planted | None = None

    @property
    def distinct(self) -> dict[str, Stage]:
        """The stages by key: one that arms share stands here once, under the last of these arms."""
        return {stage.key: stage for stage in self.stages}

    @property
    def readers(self) -> tuple[str, ...]:
        """What the arms' readers are called, stage by stage where an arm has several."""
        return tuple(name for arm in self.study.arms for name in arm.readers)


def stage_of(name: str, arm: Arm, inputs: Mapping[str, Any], needs: str, stage: str = "") -> Stage:
    """Return a stage keyed by its inputs and, through `needs` and what it hears, by everything before it."""
    inputs = {**inputs, "before": needs}
    reader, hears = arm.called(stage or name), inputs.get("hears", "")
    return Stage(name, arm.name, inputs["seed"], stage_name(inputs), needs, inputs, reader, hears)
