"""What a study will take: the work of its stages, and one start for each worker, not for each stage."""

import pytest

from uptake import pace
from uptake.plan import lay_out


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
def test_a_worker_starts_once_however_many_stages_it_carries_out(foreseen, workers):
    found = foreseen(workers)
    assert found["minutes"] == pytest.approx(found["stages"] / workers + pace.START_UP / 60, abs=0.05)
