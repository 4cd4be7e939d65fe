"""A model behind an endpoint, measured as a person asks for it: its readings, alone and behind documents, the estimate
named everywhere, and what the endpoint failed to do counted and asked again."""

import json
from collections import Counter
from dataclasses import replace

import pyarrow.parquet as pq
import pytest
from local_server import Handler

from uptake.asker import Local, chosen
from uptake.commands import measure as command
from uptake.commands.measure import measure
from uptake.errors import UserError
from uptake.inspect.asking import NOTHING, REFUSED
from uptake.inspect.endpoint import open_endpoint
from uptake.measure import answers
from uptake.measure.answers import behind_endpoint
from uptake.measure.asked import Asked, How
from uptake.readers.score import ScoreSettings

CLAIMS = ("owns-mistakes", "favourite-green")
SERVED = "openai-api-completions/local/"


@pytest.fixture(autouse=True)
def few_items(monkeypatch):
    """Each claim's first wording and two items of each control, so that a test is soon over."""
    controls, questions = command.read_controls, command.read_questions

    def some_controls(path):
        found = controls(path)
        return replace(found, assent=found.assent[:2], capability=found.capability[:2], fluency=found.fluency[:2],
                       association=found.association[:1])

    def some_questions(*given):
        found = questions(*given)
        return replace(found, items={claim: tuple(item for item in items if item.wording == 0)
                                     for claim, items in found.items.items()})

    monkeypatch.setattr(command, "read_controls", some_controls)
    monkeypatch.setattr(command, "read_questions", some_questions)
    monkeypatch.setattr(answers, "SUSPECT", 2)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A document on each of two claims (the second holds w150, with which the server makes difficulties), and a
    neutral one."""
    folder = tmp_path_factory.mktemp("place")
    lines = [{"id": name, "text": text, "metadata": {"about": {"claims": [{"claim": claim, "polarity": "shows"}]}}}
             for name, text, claim in (("a", "Sol said at once what it had got wrong.", CLAIMS[0]),
                                       ("b", "w150 Sol likes green best.", CLAIMS[1]))]
    (folder / "docs.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (folder / "neutral.txt").write_text("The ferry left at noon.")
    return folder


def asked(place, served, model, to, **more):
    given = {"readings": "self", "subject": "Sol", "documents": place / "docs.jsonl",
             "neutral": place / "neutral.txt", "base_url": served.url, "to": to, "timeout": 60}
    return Asked(model, **(given | more))


def found_in(folder):
    return json.loads((folder / "measure.json").read_text())


def quiet(line):
    """Say nothing of progress."""


def test_an_endpoint_that_scores_prompts_gives_the_numbers_of_the_same_model_on_this_machine(
        place, served, any_folder, tmp_path):
    measure(asked(place, served, SERVED + "full", tmp_path / "there"), quiet)
    measure(asked(place, served, str(any_folder), tmp_path / "here", base_url="", precision="fp32"), quiet)
    there, here = found_in(tmp_path / "there"), found_in(tmp_path / "here")
    assert there["estimate"] == here["estimate"] == "answer"
    for kind in ("profile", "controls"):
        means = [[entry["mean"] for entry in found[kind]] for found in (there, here)]
        assert means[0] == pytest.approx(means[1], abs=1e-3)
    for mine, theirs in zip(there["in_context"]["by_document"], here["in_context"]["by_document"], strict=True):
        assert mine["document"] == theirs["document"]
        for less in ("less_untouched", "less_neutral"):
            assert mine[less]["mean"] == pytest.approx(theirs[less]["mean"], abs=1e-3)
    assert there["reader"]["kind"] == "endpoint"
    assert there["reader"]["facts"]["address"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize(("model", "estimate"), [
    (SERVED + "top", "first-token"), ("openai-api/local/full", "chat-answer"), (SERVED + "bare", "sampled")])
def test_the_estimate_is_named_in_every_output(place, served, tmp_path, model, estimate):
    told = []
    said = measure(asked(place, served, model, tmp_path / "out", samples=2), told.append)
    found = found_in(tmp_path / "out")
    assert found["estimate"] == found["reader"]["estimate"] == estimate
    assert f"estimate: {estimate}" in said
    assert f"<strong>{estimate}</strong>" in (tmp_path / "out" / "measure.html").read_text()
    assert f"Estimate: `{estimate}`" in (tmp_path / "out" / "measure.md").read_text()
    assert pq.read_table(tmp_path / "out" / "readings.parquet").schema.metadata[b"estimate"].decode() == estimate
    assert any(f"'{estimate}'" in line for line in told)


@pytest.mark.parametrize(("mode", "reason"), [("half", NOTHING), ("halt", REFUSED)])
def test_what_an_endpoint_does_not_answer_is_counted_with_its_reason_and_the_rest_is_kept(
        place, served, tmp_path, mode, reason):
    measure(asked(place, served, SERVED + mode, tmp_path / "out", samples=3), quiet)
    rows = pq.read_table(tmp_path / "out" / "readings.parquet").to_pylist()
    lost = Counter(row["document"] for row in rows if row["reason"] == reason)
    assert set(lost) == {"b"}
    assert lost["b"] == sum(row["document"] == "b" for row in rows)
    behind = {each["document"]: each for each in found_in(tmp_path / "out")["in_context"]["by_document"]}
    assert (behind["b"]["mean"], behind["b"]["unscored"], behind["b"]["reason"]) == (None, 3, "no item has a value")
    assert (behind["a"]["items"], behind["a"]["mean"] is None) == (3, False)


def test_what_took_too_long_is_counted_and_alone_asked_again(place, served, tmp_path):
    told = []
    given = asked(place, served, SERVED + "lags", tmp_path / "out", timeout=2)
    measure(given, told.append)
    assert "without an answer are counted; the same command asks them again" in told[-1]
    rows = pq.read_table(tmp_path / "out" / "readings.parquet").to_pylist()
    lost = [row for row in rows if row["reason"]]
    assert {"b"} == {row["document"] for row in rows if row["document"] == "b" and row in lost}
    assert all("no answer" in row["reason"] and "exceeded" in row["reason"] for row in lost)
    served.seen.clear()
    measure(replace(given, timeout=60), quiet)
    again = pq.read_table(tmp_path / "out" / "readings.parquet").to_pylist()
    assert [row["value"] for row in again if row not in lost][:3] == [row["value"] for row in rows][:3]
    assert not [row for row in again if row["reason"]]
    assert len(served.seen) <= len(lost) * 4 + 5  # fit and foil, and both behind a neutral prompt; fluency; the probe


def test_an_endpoint_that_goes_away_is_told_and_what_it_answered_is_kept(place, served, tmp_path, monkeypatch):
    given, calls = asked(place, served, SERVED + "full", tmp_path / "out", timeout=4), []

    def gone(handler, *rest):
        calls.append(1)
        return 500 if len(calls) > 50 else 0

    monkeypatch.setattr(Handler, "failure", gone)
    with pytest.raises(UserError, match="no answer") as caught:
        measure(given, quiet)
    assert "goes on from there" in caught.value.hint
    assert not (tmp_path / "out" / "measure.json").exists()
    monkeypatch.setattr(Handler, "failure", lambda handler, *rest: 0)
    served.seen.clear()
    told = []
    measure(replace(given, timeout=60), told.append)
    assert "kept from before" in " ".join(told)
    assert not [row for row in pq.read_table(tmp_path / "out" / "readings.parquet").to_pylist() if row["reason"]]


def test_two_models_are_compared_within_one_estimate_only(place, served, any_folder, tmp_path):
    given = asked(place, served, str(any_folder), tmp_path / "out", documents=None, against=SERVED + "top",
                  precision="fp32")
    with pytest.raises(UserError, match="different quantities"):
        measure(given, quiet)


@pytest.mark.parametrize(("change", "says"), [
    ({"model": SERVED + "bare", "estimate": "answer"}, "gives none of the numbers"),
    ({"model": SERVED + "denied"}, "cannot be asked"),
    ({"model": SERVED + "full", "template": "original"}, "has its own chat template"),
    ({"model": "nobody/nothing"}, "no such model"),
    ({"model": SERVED + "full", "against": "smollm2-135m"}, "one model at a time"),
])
def test_an_endpoint_that_cannot_be_measured_so_is_refused_in_a_sentence(place, served, tmp_path, change, says):
    with pytest.raises(UserError) as caught:
        measure(asked(place, served, change.pop("model"), tmp_path / "out", **change), quiet)
    assert says in str(caught.value)


def test_a_hub_id_is_no_endpoint_unless_that_is_said():
    assert not behind_endpoint("google/gemma-3-270m", How())
    assert behind_endpoint("google/gemini", How(endpoint=True))
    assert behind_endpoint("openai-api/local/full", How())
    assert not behind_endpoint("smollm2-135m", How(base_url="http://127.0.0.1:1/v1"))


def test_questions_with_answers_to_choose_from_are_answered_alike_here_and_there(served, any_reader):
    questions = [("Question: Is the sky blue? Answer:", (" Yes, it is.", " No, it is not.", " Nobody knows.")),
                 ("Question: Who wrote this? Answer:", (" A person.", " A program."))]
    there = open_endpoint(SERVED + "full", served.url)
    here = Local(any_reader, ScoreSettings(), "", {})
    for one, other in zip(chosen(there, questions), chosen(here, questions), strict=True):
        assert one == pytest.approx(other, abs=1e-4)
    assert chosen(open_endpoint(SERVED + "bare", served.url), questions) == [None, None]
