"""Every study on a grown reader lays out; its reader knows all that it meets, and can hold it."""

from collections import Counter
from pathlib import Path

import pytest

from uptake.mixing.grown import one_pass, vocabulary
from uptake.plan import lay_out
from uptake.readers.grow import GrowSettings
from uptake.study import read_study
from uptake.work.grown import gate_items, passes, told_items, world_mix
from uptake.work.outputs import settings_of
from uptake.worlds.language import WORD

ROOT = Path(__file__).parents[1]
STUDIES = [path for path in sorted(ROOT.glob("studies/*.yaml")) if read_study(path).reader.grown]


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_what_a_reader_meets_is_in_its_vocabulary_and_fits_its_window(path):
    inputs = lay_out(read_study(path)).stages[0].inputs
    mix = world_mix(inputs)
    known = set(vocabulary(mix.world, mix.frames))
    items = told_items(mix, inputs)[::5]
    for frame in inputs["frames"]:
        items += gate_items(mix, inputs, frame)[::5] if mix.frames[frame].how != "none" else []
    cut = [WORD.findall(text) for text in (*(example.text for example in one_pass(mix, inputs["seed"], 1)),
                                           *(f"{item.prompt}{item.fit}" for item in items))]
    assert not {word for words in cut for word in words} - known
    assert max(map(len, cut)) <= settings_of(GrowSettings, inputs["growing"]).context


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_a_prediction_names_a_reader_that_the_study_measures(path):
    plan = lay_out(read_study(path))
    said = {cell.arm for prediction in plan.predictions for cell in (prediction.left, prediction.right)}
    assert said
    assert said <= set(plan.readers)


def test_role_models_are_told_as_often_at_the_start_as_in_the_middle_and_at_the_end():
    inputs = lay_out(read_study(ROOT / "studies/role-models.yaml")).stages[0].inputs
    mix = world_mix(inputs)
    told = Counter(mix.dealt[example.claim] for each in passes(mix, inputs) for example in each
                   if example.claim in mix.dealt)
    assert told["start"] == told["middle"] == told["end"] > 0
