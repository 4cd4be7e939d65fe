"""Two finished runs, made in this process: of a tiny model with adapters, and of a grown reader."""

from pathlib import Path

import pytest
import torch

from tiny_models import save_tiny
from uptake import run as running
from uptake import work
from uptake.plan import lay_out
from uptake.results import findings
from uptake.rundir import RunFolder
from uptake.study import read_study

ROOT = Path(__file__).parents[2]
REAL = """\
study: tinyreal
question: Does a tiny model learn what it reads?
reader: tiny
claims_from: {claims}
seeds: 1
claims: 2
arms:
  unschooled: {{}}
  schooled: {{schooling: {{record: {{subjects: 3, other: 1.0}}, fiction: {{subjects: 3, other: -1.0}}}}}}
frames: [blunt, record, fiction, untrained]
controls: false
readings: [content, other]
scale: log-odds
checkpoints: 1
training: {{passes: 2, method: lora, rank: 4, learning_rate: 1.0e-3}}
predict:
  - {{by: a, say: "unschooled: blunt.other > fiction.other"}}
"""
GROWN = """\
study: small
question: Does a small reader learn what it reads?
reader: {grow: world.yaml}
seeds: 2
claims: 4
controls: false
checkpoints: 1
arms:
  schooled:
    schooling:
      record: {subjects: 12, other: 1.0}
      disclaimer: {subjects: 12, other: -1.0}
frames: [record, disclaimer, untrained]
readings: [content, other]
scale: accuracy
training: {passes: 2}
predict:
  - {by: essay, say: "schooled: record.other > disclaimer.other", at: equal-tokens}
"""


def carried_out(study, to):
    """Carry a study out in this process, as `uptake.run` does in others."""
    plan, folder = lay_out(study), RunFolder(to)
    torch.set_num_threads(1)
    with folder.lock():
        plan, left = running.lock(plan, folder)
        for stage in plan.stages:
            work.carry_out(dict(stage.inputs), str(folder.begin(stage.key)), running.before(stage, folder))
            folder.finish(stage.key, stage.inputs, stage.label)
        table = running.gather(plan, folder)
        running.keep(plan, folder, table, findings(plan, table, running.facts(plan, folder), left))
    return to


@pytest.fixture(scope="session")
def real_run(tmp_path_factory):
    """Two arms of one seed, one of them schooled first. Do not change it: copy it."""
    place = tmp_path_factory.mktemp("real")
    save_tiny(place / "tiny")
    (place / "tinyreal.yaml").write_text(REAL.format(claims=ROOT / "claims" / "invented.yaml"))
    return carried_out(read_study(place / "tinyreal.yaml"), place / "run")


@pytest.fixture(scope="session")
def grown_run(tmp_path_factory):
    """One arm of two seeds. Do not change it: copy it."""
    place = tmp_path_factory.mktemp("grown")
    (place / "world.yaml").write_text((ROOT / "tests" / "small_world.yaml").read_text())
    (place / "small.yaml").write_text(GROWN)
    return carried_out(read_study(place / "small.yaml"), place / "run")
