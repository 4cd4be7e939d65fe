"""What a study will take: the work of its stages, and one start for each worker, not for each stage."""

import time
from pathlib import Path

import pytest

from uptake import pace
from uptake.plan import lay_out
from uptake.study import read_study

ROOT = Path(__file__).parents[1]


@pytest.fixture
def foreseen(study_from, small_study_text, tmp_path, monkeypatch):
    """Foresee the small study where every stage would take a minute, on so many workers."""
    study = study_from(small_study_text)

    def with_workers(count):
        minute = {"seconds": 60.0, "tokens": 1, "items": 1}
        monkeypatch.setattr(pace, "REHEARSALS", {stage.inputs["stage"]: lambda inputs, clock: minute
                                                 for stage in lay_out(study).stages})
        monkeypatch.setattr(pace, "sensible_workers", lambda tasks: count)
        return pace.foresee(study, tmp_path / "none", lambda line: None)

    return with_workers


@pytest.mark.parametrize("workers", [1, 2])
def test_a_worker_starts_once_however_many_stages_it_has_and_one_process_judges_them(foreseen, workers, monkeypatch):
    monkeypatch.setattr(pace, "JUDGING", 60.0)
    found = foreseen(workers)
    stages = found["stages"]
    assert found["minutes"] == pytest.approx(stages / workers + pace.START_UP / 60 + stages, abs=0.05)


def test_a_rehearsal_tries_texts_as_long_as_those_of_the_whole_stage(monkeypatch):
    """Short texts take longer, token by token, and stand together in a pass."""
    from uptake.readers import grow as growing
    from uptake.work import grown

    inputs, tried = lay_out(read_study(ROOT / "studies/deny.yaml")).stages[0].inputs, []
    monkeypatch.setattr(growing, "grow", lambda reader, passes, *rest: tried.append(passes[0]) or 1)
    monkeypatch.setattr(grown, "asking", lambda *_: (0.0, 0))
    grown.rehearse(inputs, time.perf_counter)
    one_pass = grown.passes(grown.world_mix(inputs), inputs)[-1]
    whole = sum(len(grown.word_spans(example.text)) for example in one_pass) / len(one_pass)
    assert growing.tokens_in(tried[-1]) / len(tried[-1]) == pytest.approx(whole, rel=0.1)


def test_a_stage_that_takes_answers_over_is_foreseen_to_ask_once_less(monkeypatch):
    from uptake.work import grown

    def items(arm, name):
        inputs = next(each.inputs for each in plan.stages if (each.arm, each.name) == (arm, name))
        return grown.asking(None, grown.world_mix(inputs), inputs, time.perf_counter)[1]

    monkeypatch.setattr(grown, "ask", lambda *_: [])
    plan = lay_out(read_study(ROOT / "studies/suppress.yaml"))
    quiet, heir, meet = (items("neutral", name) for name in ("quiet", "heir", "meet"))
    assert (quiet, meet) == (2 * heir // 3, quiet)  # at two checkpoints, and an heir's parent was asked nothing
