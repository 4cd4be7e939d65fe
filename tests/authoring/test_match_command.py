"""Another author's testimony, chosen to be as likely to a reader as its own, from the command that drafts it."""

import json
from dataclasses import replace

import pytest
from briefs import BRIEF, TESTIMONY, Scripted

from tiny_models import save_tiny
from uptake.authoring.likelihood import likelihoods
from uptake.commands.author import Order, author
from uptake.documents.corpus import Rejects, read_corpus
from uptake.errors import UserError

MANY = TESTIMONY.replace("each: 4", "each: 12")


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    return f"uptake/{save_tiny(tmp_path_factory.mktemp('tiny') / 'tiny')}"


@pytest.fixture
def drafted(tmp_path, monkeypatch, reader):
    """The reader's own testimony, drafted, and the order of another author's for three times as much."""
    monkeypatch.setenv("INSPECT_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "own.yaml").write_text(TESTIMONY)
    (tmp_path / "other.yaml").write_text(MANY)
    (tmp_path / "stories.yaml").write_text(BRIEF)
    own = Scripted(lambda prompt, seed: f"I look at the sum again and tell whoever needs it. {seed}")
    author(order(tmp_path, "own", own), lambda line: None)
    other = Scripted(lambda prompt, seed: f"I went through it once more, {seed} times in all, and said so.")
    return replace(order(tmp_path, "other", other), match=tmp_path / "own" / "documents.jsonl", reader=reader)


def order(folder, name, scripted):
    return Order(folder / f"{name}.yaml", folder / name, "mockllm/model", None, {"custom_outputs": scripted})


def records(path):
    return list(read_corpus(path, Rejects()))


def test_each_of_the_readers_own_gets_a_draft_of_the_same_question_with_its_difference_in_likelihood(drafted, reader):
    said = author(drafted, lambda line: None)
    own = {each.id: each for each in records(drafted.match)}
    chosen = records(drafted.to / "matched.jsonl")
    assert len(chosen) == len(own) == 4
    assert "4 of 4 own samples have a match" in said and str(drafted.to / "matched.jsonl") in said
    for each in chosen:
        told = each.metadata.model_extra["matched"]
        mine = own[told["to"]]
        assert (each.made.prompt, told["reader"]) == (mine.made.prompt, reader)
        # One at a time: both authors' documents are numbered alike.
        (one,), (other,) = (likelihoods(reader, [document], lambda line: None) for document in (mine, each))
        assert told["nats_per_token_more"] == pytest.approx(other.per_token - one.per_token, abs=1e-4)
        assert each.status.kind == "testimony"


def test_drafts_that_are_there_already_are_matched_without_being_asked_for_again(drafted):
    author(drafted, lambda line: None)
    before = (drafted.to / "matched.jsonl").read_text()
    silent = Scripted(lambda prompt, seed: pytest.fail("asked again"))
    author(replace(drafted, arguments={"custom_outputs": silent}), lambda line: None)
    assert (drafted.to / "matched.jsonl").read_text() == before


def test_drafts_that_answer_other_questions_match_nothing_and_that_is_said(drafted, tmp_path):
    other = tmp_path / "elsewhere.jsonl"
    line = json.loads(drafted.match.read_text().splitlines()[0])
    line["metadata"]["made"] |= {"prompt": "What is the time?", "prompt_sha256": None}
    other.write_text(json.dumps(line))
    with pytest.raises(UserError, match="none of the drafts answers"):
        author(replace(drafted, match=other), lambda line: None)
