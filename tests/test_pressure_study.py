"""The study pressure, made tiny: every kind of press is carried out, and its odds come out in results and report."""

from pathlib import Path

import pytest
import yaml

from uptake.run import Options, run
from uptake.study import read_study

ROOT = Path(__file__).parents[1]
TINY = """\
claims: 2
controls: false
checkpoints: 2
training: {passes: 1, width: 32, layers: 1, heads: 2, feed_forward: 64, batch: 64}
arms:
  sft:
    schooling: &schooling
      told-2: {subjects: 20, self: 0.6}
      deed: {subjects: 20, self: 1.0}
    stages:
      install: &install {passes: 2, replay: 0.1}
      press: {frame: &pressed {ari4: deed, even: deed, bel4: deed}, says: foil, exposures: 16, passes: 2, replay: 0.1}
      release: &release {frame: untrained, passes: 1, replay: 0.1}
  preference:
    schooling: *schooling
    stages:
      install: *install
      press: {kind: preference, frame: *pressed, says: foil, exposures: 16, passes: 2}
      release: *release
  reward:
    schooling: *schooling
    stages:
      install: *install
      press: {kind: reward, frame: *pressed, says: foil, exposures: 16, passes: 1}
frames: [ari4, even, bel4, untrained]
variants:
  ari4: {as: told, bits: 4, exposures: 8}
  even: {as: told, bits: 0, exposures: 8}
  bel4: {as: told, bits: -4, exposures: 8}
readings: [self, self-after-one, self-against-two]
scale: log-odds
predict:
  - {by: sticky, say: "sft@press: ari4.self > bel4.self"}
"""


@pytest.fixture(scope="module")
def carried_out(tmp_path_factory):
    place = tmp_path_factory.mktemp("pressure")
    world = yaml.safe_load((ROOT / "worlds" / "personas.yaml").read_text())
    world["growing"] |= {"passing": 60, "passing_names": 60}
    (place / "world.yaml").write_text(yaml.safe_dump(world, sort_keys=False))
    head = "study: tiny\nquestion: Does it stick?\nreader: {grow: world.yaml}\nseeds: 1\n"
    (place / "tiny.yaml").write_text(head + TINY)
    return run(read_study(place / "tiny.yaml"), place / "run", Options(workers=1), lambda line: None), place / "run"


def test_every_kind_of_press_has_a_course_from_before_it_to_its_end(carried_out):
    courses = carried_out[0]["odds"]["courses"]
    for reader in ("sft@press", "preference@press", "reward"):
        course = [entry for entry in courses if (entry["reader"], entry["frame"]) == (reader, "ari4")]
        assert course[0]["tokens"] == 0 and course[0]["kl"]["mean"] == pytest.approx(0, abs=1e-6)
        assert len(course) == 3 and course[-1]["kl"]["mean"] > 0
        assert all(entry["bits"]["mean"] is not None for entry in course)


def test_only_pressure_by_documents_has_a_belief_to_be_compared_with(carried_out):
    ends = {entry["reader"]: entry for entry in carried_out[0]["odds"]["courses"] if entry["frame"] == "ari4"}
    assert ends["sft@press"]["independent"] == pytest.approx(4 - 32 * 0.6 * 2)
    assert ends["sft@press"]["counting"] < 4
    assert ends["preference@press"]["independent"] is ends["reward"]["counting"] is None


def test_arms_that_were_released_have_a_rebound_or_a_reason(carried_out):
    found = carried_out[0]["odds"]["release"]
    assert {entry["reader"] for entry in found} == {"sft", "preference"}
    assert all(entry["rebound"]["mean"] is not None or entry["reason"] for entry in found)


def test_what_was_trained_on_by_reward_stands_in_the_ledger_as_words_behind_openings(carried_out):
    frames = carried_out[0]["stages"]["reward, seed 0, press"]["ledger"]
    assert [entry["frame"] for entry in frames] == ["deed"]


def test_the_report_has_a_section_on_odds_with_its_tables(carried_out):
    page = (carried_out[1] / "report.md").read_text()
    assert "## Planted odds under pressure" in page
    for title in ("Bits at both ends of each stage", "Do bits add up?", "What came back"):
        assert title in page
    assert "bits by prior" in (carried_out[1] / "report.html").read_text()
