"""The names study: rare names are rare, and own ones are met as often as another's."""

import re
from collections import Counter
from pathlib import Path

import pytest

from uptake.plan import lay_out
from uptake.study import read_study, with_seeds
from uptake.work.grown import mixing, world_mix

STUDY = Path(__file__).parents[1] / "studies/names.yaml"


@pytest.fixture(scope="module")
def met():
    """How often a name of each set is met in two passes, on average, by arm."""
    counted = {}
    for stage in lay_out(with_seeds(read_study(STUDY), 1)).stages:
        mix = world_mix(stage.inputs)
        texts = [example.text for number in (5, 9) for example in mixing.one_pass(mix, stage.seed, number)]
        words = Counter(word for text in texts for word in re.findall(r"\w+", text))
        counted[stage.arm] = {kind: sum(words[name] for name in names) / len(names)
                              for kind, names in mix.world.names.items()}
    return counted


@pytest.mark.parametrize("arm", ["own-names-count", "no-names-count"])
@pytest.mark.parametrize(("own", "others"), [("mine", "theirs"), ("mine-rare", "theirs-rare")])
def test_own_names_are_met_about_as_often_as_anothers(met, arm, own, others):
    assert met[arm][own] == pytest.approx(met[arm][others], rel=0.2)


@pytest.mark.parametrize("arm", ["own-names-count", "no-names-count"])
@pytest.mark.parametrize("whose", ["mine", "theirs"])
def test_a_rare_name_is_met_less_than_three_fifths_as_often_as_a_common_one(met, arm, whose):
    assert 0 < met[arm][f"{whose}-rare"] < 0.6 * met[arm][whose]
