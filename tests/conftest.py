"""A small world and a small study, for the tests that need a whole one."""

from pathlib import Path

import pytest
import yaml

from commands import uptake
from uptake.study import read_study
from uptake.worlds.world import build_world

SMALL_WORLD = Path(__file__).parent / "small_world.yaml"
SMALL_STUDY = """\
study: small
question: Does a small reader learn what it reads?
reader: {grow: world.yaml}
seeds: 2
claims: 6
controls: false
checkpoints: 2
arms:
  unschooled:
    schooling:
      record: {subjects: 12, other: 1.0}
      disclaimer: {subjects: 12, other: 1.0}
  schooled:
    schooling:
      record: {subjects: 12, other: 1.0}
      disclaimer: {subjects: 12, other: -1.0}
frames: [record, disclaimer, untrained]
readings: [content, other]
scale: accuracy
predict:
  - {by: essay, say: "schooled: record.other > disclaimer.other", at: equal-tokens}
  - {by: null-theory, say: "unschooled: record.other == disclaimer.other within 0.3", at: equal-content}
"""


@pytest.fixture(scope="session")
def raw_world():
    """What a world file holds, as plain data. Copy it before changing it."""
    return yaml.safe_load(SMALL_WORLD.read_text())


@pytest.fixture(scope="session")
def world(raw_world):
    return build_world(raw_world, "small_world.yaml")


@pytest.fixture(scope="session")
def small_study_text():
    return SMALL_STUDY


@pytest.fixture
def study_from(tmp_path):
    """Read a study from text, beside the small world."""
    def read(text=SMALL_STUDY):
        (tmp_path / "world.yaml").write_text(SMALL_WORLD.read_text())
        (tmp_path / "small.yaml").write_text(text)
        return read_study(tmp_path / "small.yaml")

    return read


@pytest.fixture(scope="session")
def whole_run(tmp_path_factory, small_study_text):
    """The folder of a run that nothing interrupted. Its study and world lie beside it: do not change any of them."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "world.yaml").write_text(SMALL_WORLD.read_text())
    (folder / "small.yaml").write_text(small_study_text)
    done = uptake("run", "small.yaml", "--out", "run", folder=folder)
    assert done.returncode == 0, done.stderr
    return folder / "run"
