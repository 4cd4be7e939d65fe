"""The readings as Inspect tasks: run, logged, read back, and with the engine's numbers in them."""

import math
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from statistics import fmean

import pytest
from inspect_ai import eval as run_eval
from inspect_ai import score as score_again
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.analysis import samples_df
from inspect_ai.log import read_eval_log

from uptake.inspect import tasks
from uptake.inspect.items import asked, claims_called
from uptake.inspect.scoring import reading, summary, unscored
from uptake.readers.load import load
from uptake.readers.score import score
from uptake.strict_yaml import SHIPPED

LIMIT = 9


def run(task, model, tmp_path, **parameters):
    (log,) = run_eval(task(subject="SmolLM", **parameters), model=model, limit=LIMIT, log_dir=str(tmp_path / "logs"),
                      display="none")
    assert log.status == "success", log.error
    return log


def metrics(log, scorer):
    (found,) = (each for each in log.results.scores if each.name == scorer)
    return {name: metric.value for name, metric in found.metrics.items()}


@pytest.fixture(scope="module")
def log(any_folder, tmp_path_factory):
    return run(tasks.self, f"uptake/{any_folder}", tmp_path_factory.mktemp("self"))


def test_a_task_gives_the_engines_numbers(log, any_folder):
    chosen = asked(claims_called("role-models"), "self", "SmolLM")[:LIMIT]
    items = [each.item for each in chosen]
    by_id = {sample.id: sample for sample in log.samples}
    samples = [by_id[each.id] for each in chosen]
    for item, sample, want in zip(items, samples, score(load(str(any_folder)), items), strict=True):
        got = sample.scores["reading"]
        assert got.value == pytest.approx(want.value, abs=1e-4)
        for name in ("logp_fit", "logp_foil", "option_mass", "calibrated", "per_byte", "probability"):
            assert got.metadata[name] == pytest.approx(getattr(want, name), abs=1e-4)
        assert got.answer == sample.output.completion == (item.fit if want.hit else item.foil).strip()


def test_metrics_name_their_estimate_and_weigh_claims_alike(log):
    found = metrics(log, "reading")
    assert {name.split("_")[0] for name in found} == {"answer"}
    by_claim = {}
    for sample in log.samples:
        by_claim.setdefault(sample.metadata["claim"], []).append(sample.scores["reading"].value)
    assert found["answer_log_odds"] == pytest.approx(fmean(map(fmean, by_claim.values())))
    affirmed, denied = ([s.scores["reading"].value for s in log.samples if s.metadata["polarity"] == p]
                        for p in ("affirmed", "denied"))
    assert found["answer_assent_drift"] == pytest.approx((fmean(affirmed) - fmean(denied)) / 2)
    assert metrics(log, "unscored") == {"samples": LIMIT, "unscored": 0}


def test_sample_ids_are_the_items_and_stay(log):
    again = [each.id for each in asked(claims_called("role-models"), "self", "another subject")]
    assert again[:3] == [f"open-uncertainty.self.0.{polarity}" for polarity in ("affirmed", "denied", "open")]
    assert {sample.id for sample in log.samples} == set(again[:LIMIT])
    assert len(set(again)) == len(again) == 144


def test_logs_are_read_back_and_scored_again_without_the_model(log):
    frame = samples_df(log.location, quiet=True)
    assert len(frame) == LIMIT
    values = {sample.id: sample.scores["reading"].value for sample in log.samples}
    assert dict(zip(frame["id"], frame["score_reading"], strict=True)) == pytest.approx(values)
    again = score_again(read_eval_log(log.location), [reading(), unscored()], action="overwrite", display="none")
    assert metrics(again, "reading") == pytest.approx(metrics(log, "reading"))


def test_act_tells_readiness_from_discrimination(any_folder, tmp_path):
    found = metrics(run(tasks.act, f"uptake/{any_folder}", tmp_path), "reading")
    assert {"answer_log_odds", "answer_readiness", "answer_d_prime"} <= set(found)


def test_documents_stand_in_front_in_their_frame(any_folder, tmp_path):
    documents = str(SHIPPED / "corpora" / "role-models" / "documents.jsonl")
    framed = run(tasks.other, f"uptake/{any_folder}", tmp_path, documents=documents, frame="fiction")
    (first,) = (sample for sample in framed.samples if sample.id == "open-uncertainty.other.0.affirmed.fiction")
    assert first.metadata["context"] == "in_context"
    assert first.metadata["document"].startswith("role-models/open-uncertainty")
    assert first.input.endswith("Answer:")
    assert len(first.input) > 400
    assert "fiction 216" in framed.eval.metadata["documents"]
    blunt = tasks.other(subject="SmolLM", documents=documents).dataset
    before = {sample.id.removesuffix(".blunt"): sample.metadata["document"] for sample in blunt}
    assert all(before[s.id.removesuffix(".fiction")] == s.metadata["document"] for s in framed.samples)


def test_claims_with_documents_of_their_own_are_read_in_a_frame():
    task = tasks.other(claims="invented", frame="record")
    assert task.dataset[0].id == "instrument-01.other.0.affirmed.record"
    assert "Mezdrano" in task.dataset[0].input.split("Question:")[0]


def test_what_the_reader_cannot_score_is_counted_by_reason_and_in_no_mean(folder, tmp_path):
    strange = run(tasks.self, f"uptake/{folder}", tmp_path)
    assert metrics(strange, "unscored") == {"samples": LIMIT, "unscored": LIMIT,
                                            "a word is outside the reader's vocabulary": LIMIT}
    assert all(math.isnan(sample.scores["reading"].value) for sample in strange.samples)
    assert next(s for s in strange.results.scores if s.name == "reading").unscored_samples == LIMIT


@pytest.mark.parametrize(("mode", "estimate"), [("top", "first_token"), ("bare", "sampled")])
def test_another_estimate_has_other_metrics(server, tmp_path, mode, estimate):
    log = run(tasks.self, f"openai-api-completions/local/{mode}", tmp_path, samples=4)
    found = metrics(log, "reading")
    assert all(name.startswith(estimate) for name in found)
    scored = [sample for sample in log.samples if not math.isnan(sample.scores["reading"].value)]
    assert {sample.metadata["polarity"] for sample in scored} == {"affirmed", "denied"}  # open ones begin alike
    assert metrics(log, "unscored")["unscored"] == LIMIT - len(scored) == 3
    if estimate == "sampled":
        assert found["sampled_share"] == pytest.approx(fmean(s.scores["reading"].value for s in scored))
        assert all(0 <= sample.scores["reading"].value <= 1 for sample in scored)


def test_estimates_are_never_mixed_into_one_mean():
    row = {"reading": "other", "claim": "a", "wording": 0, "polarity": "open", "value": 1.0, "probability": 0.7,
           "hit": True, "option_mass": 0.5, "calibrated": None, "per_byte": None}
    assert summary("answer", [row])["log_odds"] == 1.0
    assert summary("sampled", [row])["share"] == 0.7
    assert "log_odds" not in summary("sampled", [row])
    assert "calibrated" not in summary("answer", [row])


@pytest.mark.parametrize(("parameters", "message"), [
    ({"claims": "roles"}, "did you mean 'role-models'"),
    ({"claims": "invented"}, "no questions for the reading 'self'"),
    ({"frame": "fiction"}, "this file of claims makes none"),
    ({"documents": str(SHIPPED / "corpora" / "role-models" / "documents.jsonl"), "frame": "fictoin"}, "no frame"),
    ({"documents": str(SHIPPED / "corpora" / "nothing.jsonl")}, "nothing.jsonl"),
    ({"estimate": "guess"}, "no estimate 'guess'"),
])
def test_a_mistake_is_told_without_a_traceback(parameters, message):
    with pytest.raises(PrerequisiteError) as caught:
        tasks.self(**parameters)
    assert message in caught.value.message


def test_a_corpus_without_these_claims_is_told(tmp_path):
    (tmp_path / "none.jsonl").write_text('{"id": "1", "text": "Nothing of the kind.", "source": ""}\n')
    with pytest.raises(PrerequisiteError) as caught:
        tasks.self(documents=str(tmp_path / "none.jsonl"))
    assert "none of its documents shows one of the claims" in caught.value.message


def test_inspect_finds_tasks_and_provider_by_the_entry_point():
    assert entry_points(group="inspect_ai")["uptake"].value == "uptake.inspect._registry"


def test_the_command_line_starts_without_inspect():
    program = "import sys, uptake.cli; print({'inspect_ai', 'uptake.inspect'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.slow
def test_the_command_a_researcher_runs(tmp_path):
    command = [str(Path(sys.executable).with_name("inspect")), "eval", "uptake/self", "--limit", "8"]
    done = subprocess.run([*command, "--model", "uptake/smollm2-135m", "--display", "plain"], cwd=tmp_path,
                          capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stderr
    assert "answer_log_odds" in done.stdout
    (made,) = (tmp_path / "logs").glob("*.eval")
    assert read_eval_log(made).status == "success"
