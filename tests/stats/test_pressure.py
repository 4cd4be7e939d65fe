"""What became of planted odds, on synthetic readers whose answers are known."""

from math import log

import pytest

from uptake.stats.bits import NATS
from uptake.stats.cells import claim_values
from uptake.stats.pressure import Passage, Planted, pressure
from uptake.stats.table import Table

PRIORS = {"ari6": 6, "even": 0, "bel6": -6}
EVIDENCE = {"self": 0.0, "against": -2.0}
PASSAGES = (Passage("a@install", 64), Passage("a@press", 16, -1, 0.2), Passage("a", 0, 0))
PLANTED = Planted(PRIORS, EVIDENCE, {"a": PASSAGES})
CHECKPOINTS = {"a@install": (0, 500), "a@press": (0, 100, 200, 400), "a": (0, 50, 100)}


def cells_of(bits, seeds=(0, 1)):
    """The cells of a reader whose bits, for each stage, frame, reading and checkpoint, a function gives."""
    rows = [{"arm": reader, "seed": seed, "frame": frame, "claim": f"c{claim}", "reading": reading,
             "context": "trained" if checkpoint else "untouched", "checkpoint": checkpoint, "wording": 0,
             "polarity": "open", "value": NATS * bits(reader, frame, reading, checkpoint)}
            for reader, checkpoints in CHECKPOINTS.items() for checkpoint in checkpoints for seed in seeds
            for frame in PRIORS for reading in EVIDENCE for claim in range(3)]
    return claim_values(Table.from_rows(rows), "log-odds")


def additive(reader, frame, reading, checkpoint):
    """Each hundred tokens of pressure are worth 3 bits, and release gives 6 of the 12 back."""
    prior = PRIORS[frame] if (reader, checkpoint) != ("a@install", 0) else 0
    pressed = {"a@install": 0, "a@press": -3 * checkpoint / 100, "a": -12 + 6 * checkpoint / 100}[reader]
    return prior + pressed + EVIDENCE[reading]


def swamped(reader, frame, reading, checkpoint):
    share = {"a@install": 1, "a@press": 1 - checkpoint / 400, "a": 0}[reader]
    return share * additive("a@install", frame, reading, 500) - 8 * (1 - share)


@pytest.fixture
def found():
    return pressure(PLANTED, cells_of(additive), cells_of(lambda reader, *_: 0 if reader == "a@press" else 1.0 / NATS))


def entry(found, key, **wanted):
    [only] = [each for each in found[key] if all(each[name] == value for name, value in wanted.items())]
    return only


def test_a_course_has_bits_and_documents_at_every_checkpoint(found):
    last = entry(found, "courses", reader="a@press", frame="ari6", tokens=400)
    assert last["bits"]["mean"] == pytest.approx(-6)
    assert last["documents"] == 16
    assert {each["tokens"] for each in found["courses"] if each["reader"] == "a@press"} == {0, 100, 200, 400}


def test_both_models_start_from_what_was_planted_and_differ_after(found):
    first, last = (entry(found, "courses", reader="a@press", frame="ari6", tokens=tokens) for tokens in (0, 400))
    assert first["independent"] == pytest.approx(6)
    assert first["counting"] == pytest.approx(5, abs=0.1)
    assert last["independent"] == pytest.approx(6 - 16 * 0.6 * 2)
    assert 0 < last["counting"] < first["counting"]


def test_an_additive_reader_leaves_no_residual_and_keeps_its_priors(found):
    for over in ("pressure", "evidence"):
        kept = entry(found, "additivity", reader="a@press", over=over)
        assert kept["residual"]["mean"] == pytest.approx(0, abs=1e-6)
        assert kept["kept_last"]["mean"] == pytest.approx(1)
    assert entry(found, "additivity", reader="a@press", over="evidence")["evidence_slope"]["mean"] == pytest.approx(1)


def test_a_swamped_reader_leaves_a_residual_and_keeps_nothing():
    gone = entry(pressure(PLANTED, cells_of(swamped), cells_of(swamped)), "additivity", reader="a@press",
                 over="pressure")
    assert gone["residual"]["mean"] > 1
    assert (gone["kept_first"]["mean"], gone["kept_last"]["mean"]) == (pytest.approx(1), pytest.approx(0, abs=1e-6))


def test_evidence_in_the_prompt_is_set_against_its_worth_before_and_after_planting(found):
    before = entry(found, "context", reader="a@install", when="before", frame="ari6", reading="against")
    after = entry(found, "context", reader="a@install", when="after", frame="ari6", reading="against")
    assert (before["bits"]["mean"], after["bits"]["mean"]) == (pytest.approx(-2), pytest.approx(4))
    assert before["beyond_sum"]["mean"] == pytest.approx(0) == after["beyond_sum"]["mean"]


def test_indifference_and_half_are_read_off_between_checkpoints(found):
    flip = entry(found, "indifference", frame="ari6", what="indifference")
    half = entry(found, "indifference", frame="ari6", what="half")
    assert (flip["tokens"]["mean"], flip["documents"]["mean"]) == (pytest.approx(200), pytest.approx(8))
    assert half["tokens"]["mean"] == pytest.approx(100)


def test_a_prior_that_never_flipped_says_so_and_has_no_number():
    sticky = cells_of(lambda reader, frame, reading, checkpoint: float(PRIORS[frame]))
    stood = entry(pressure(PLANTED, sticky, sticky), "indifference", frame="ari6", what="indifference")
    assert stood["tokens"]["mean"] is None
    assert stood["reason"] == "2 of 2 seeds never came there"


def test_rebound_is_taken_from_before_the_pressure_to_the_end_of_release(found):
    back = entry(found, "release", frame="even")
    assert (back["before"]["mean"], back["pressed"]["mean"], back["released"]["mean"]) == (0, -12, -6)
    assert back["rebound"]["mean"] == pytest.approx(0.5)


def test_the_divergence_is_that_of_the_end_of_release(found):
    assert entry(found, "release", frame="even")["kl"]["mean"] == pytest.approx(1 / log(2) * NATS)


def test_an_arm_that_only_plants_has_no_courses():
    alone = Planted(PRIORS, EVIDENCE, {"a": PASSAGES[:1]})
    found = pressure(alone, cells_of(additive), {})
    assert found["courses"] == found["indifference"] == found["release"] == []
    assert [each["over"] for each in found["additivity"]] == ["evidence"]
