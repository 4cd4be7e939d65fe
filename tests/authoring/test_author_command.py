"""Carrying a brief out: documents with true provenance, nothing asked twice, nothing lost without a count."""

import json
import os
import sys

import pytest
from briefs import BRIEF, TESTIMONY, good_text, output

from uptake.authoring.brief import read_brief
from uptake.authoring.commissions import commissions
from uptake.cli import main
from uptake.commands.author import Order, author
from uptake.documents.record import prompt_hash
from uptake.errors import UserError


def test_every_commission_becomes_a_document_that_read_corpus_reads(folder, scripted):
    said = folder.author(scripted())
    assert len(folder.documents) == 8 and folder.rejects == []
    assert said.splitlines()[-1] == str(folder.out / "documents.jsonl")
    assert json.loads((folder.out / "DONE.json").read_text())["arms"]["bad"]["kept"] == 4


def test_a_documents_provenance_is_that_of_its_call(folder, scripted):
    model = scripted()
    folder.author(model)
    for record in folder.documents:
        made = record.made
        assert (made.prompt, made.seed) in model.asked
        assert made.prompt_sha256 == prompt_hash(made.prompt)
        assert (made.how, made.generator, made.generator_version) == ("model", "mockllm/model", "a-model-2026-11-01")
        assert made.sampling == {"temperature": 0.5, "max_tokens": 180} and made.parents == ()
        assert record.text == good_text(made.prompt, made.seed)
        assert record.use.purpose == "to see whether it works" and record.rights.licence == "Apache-2.0"
    missing = {name for record in folder.documents for name in record.missing()}
    assert missing <= {"metadata.about.commentary"}


def test_the_arm_says_the_polarity_and_the_commentary(folder, scripted):
    folder.author(scripted())
    arms = {record.metadata.model_extra["arm"]: (record.about.claims[0].polarity, record.about.commentary)
            for record in folder.documents}
    assert arms == {"good": ("shows", None), "bad": ("lacks", False)}


def test_a_second_run_asks_nothing_and_writes_the_same_bytes(folder, scripted):
    folder.author(scripted())
    before = (folder.out / "documents.jsonl").read_bytes()
    again = scripted()
    folder.author(again)
    assert again.asked == [] and (folder.out / "documents.jsonl").read_bytes() == before


def test_a_run_that_broke_off_goes_on_where_it_was(folder, scripted):
    def three_then_stop(prompt, seed):
        if len(first.asked) > 3:
            raise KeyboardInterrupt
        return good_text(prompt, seed)

    first, second = scripted(three_then_stop), scripted()
    with pytest.raises(BaseException) as stopped:
        folder.author(first)
    assert not isinstance(stopped.value, UserError)
    kept = (folder.out / "answers.jsonl").read_text().count("\n")
    assert 1 <= kept <= 3 and not (folder.out / "DONE.json").exists()
    folder.author(second)
    assert len(second.asked) == 8 - kept and len(folder.documents) == 8


def test_a_line_that_a_killed_process_left_half_written_is_asked_for_again(folder, scripted):
    folder.author(scripted())
    whole = (folder.out / "documents.jsonl").read_text()
    log = folder.out / "answers.jsonl"
    log.write_bytes(log.read_bytes()[:-20])
    again = scripted()
    folder.author(again)
    assert len(again.asked) == 1 and "not whole" in folder.said[0]
    texts = [json.loads(line)["text"] for line in whole.splitlines()]
    assert [record.text for record in folder.documents] == texts


def test_a_changed_arm_is_asked_for_again_alone(folder, scripted):
    folder.author(scripted())
    again = scripted()
    folder.author(again, BRIEF.replace("Nobody remarks on it.", "Nobody says a word of it."))
    assert len(again.asked) == 4 and all("Nobody says a word" in prompt for prompt, _ in again.asked)


def test_what_is_only_checked_otherwise_is_judged_again_without_a_call(folder, scripted):
    folder.author(scripted())
    again = scripted()
    folder.author(again, BRIEF.replace("purpose: to see whether it works", "purpose: another"))
    assert again.asked == [] and folder.documents[0].use.purpose == "another"


def test_another_model_is_asked_anew(folder, scripted):
    folder.author(scripted())
    again, said = scripted(), []
    author(Order(folder.path / "brief.yaml", folder.out, "mockllm/other", None, {"custom_outputs": again}), said.append)
    assert len(again.asked) == 8 and "8 belong to another" in said[0]


def test_a_refused_answer_is_asked_for_again_with_another_seed_and_kept_among_the_rejects(folder, scripted):
    seen = set()

    def first_refuses(prompt, seed):
        fresh = prompt not in seen
        seen.add(prompt)
        return "I'm sorry, but I can't help with that." if fresh else good_text(prompt, seed)

    model = scripted(first_refuses)
    folder.author(model)
    assert len(folder.documents) == 8 and len(folder.rejects) == 8
    assert {(each["reason"], each["lost"]) for each in folder.rejects} == {("refused", False)}
    assert len({seed for _, seed in model.asked}) == 16
    assert {record.metadata.model_extra["drafted"]["attempt"] for record in folder.documents} == {1}


def test_a_document_is_lost_after_as_many_tries_as_the_brief_says_and_is_counted(folder, scripted):
    model = scripted(lambda prompt, seed: "" if "Nobody remarks" in prompt else good_text(prompt, seed))
    said = folder.author(model, BRIEF + "tries: 2\n")
    assert len(folder.documents) == 4 and len(folder.rejects) == 8
    assert "bad: refused: empty 8" in said and all(each["lost"] for each in folder.rejects)


def test_arms_that_lose_differently_are_warned_of(folder, scripted):
    folder.author(scripted(lambda prompt, seed: "" if "Nobody remarks" in prompt else good_text(prompt, seed)))
    assert any(said.startswith("warning: of the arm 'bad' 12 of 12 answers") for said in folder.said)


def test_arms_that_lose_alike_are_not_warned_of(folder, scripted):
    folder.author(scripted(lambda prompt, seed: "" if seed % 2 else good_text(prompt, seed)))
    assert folder.rejects and not any("warning" in said for said in folder.said)


def test_the_same_text_twice_is_one_document(folder, scripted):
    text = "Sol told everybody in the room that the sum of the third page was wrong, and why."
    with pytest.raises(UserError):
        folder.author(scripted(lambda prompt, seed: text))
    folder.author(scripted(lambda prompt, seed: text), BRIEF.replace("words: [8, 60]", "words: [8, 60], people: 0"))
    assert len(folder.documents) == 1
    assert {each["reason"] for each in folder.rejects} == {"the same text as another"}


def test_with_a_limit_every_arm_is_begun(folder, scripted):
    folder.author(scripted(), limit=4)
    assert [record.id for record in folder.documents] == [
        f"small/owns-mistakes/{arm}/{kind}-001" for kind in ("story", "report") for arm in ("good", "bad")]


class Status(Exception):
    """What a provider raises for an HTTP status."""

    def __init__(self, code):
        super().__init__(f"status {code}")
        self.status_code = code


def failing(code, when=lambda prompt: True):
    def rule(prompt, seed):
        if when(prompt):
            raise Status(code)
        return good_text(prompt, seed)

    return rule


def test_a_rate_limit_that_does_not_end_stops_the_run_and_keeps_what_came(folder, scripted):
    limited = failing(429, lambda prompt: "Nobody remarks" in prompt)
    with pytest.raises(UserError) as error:
        folder.author(scripted(limited))
    assert "rate limit: 4; 4 documents are written and 4 are still to be asked for" in str(error.value)
    assert len(folder.documents) == 4 and [each["reason"] for each in folder.rejects] == ["rate limit"] * 4
    again = scripted()
    folder.author(again)
    assert len(again.asked) == 4 and len(folder.documents) == 8 and folder.rejects == []


def test_after_some_silent_calls_in_a_row_nothing_more_is_asked(folder, scripted):
    model = scripted(failing(503))
    with pytest.raises(UserError, match="no answer to 8 calls in a row"):
        folder.author(model, BRIEF.replace("each: 3", "each: 30"))
    assert len(model.asked) <= 8 + 3


@pytest.mark.parametrize(("code", "said"), [(401, "the key is not accepted"), (403, "does not give access"),
                                            (404, "no such model")])
def test_what_every_call_would_meet_stops_the_run_at_once(folder, scripted, code, said):
    model = scripted(failing(code))
    with pytest.raises(UserError, match=said):
        folder.author(model)
    assert len(model.asked) <= 3


def test_a_bug_keeps_its_own_error(folder, scripted):
    def broken(prompt, seed):
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError, match="a bug"):
        folder.author(scripted(broken))


def test_a_text_is_disclosed_where_that_was_asked_for_and_checked(folder, scripted):
    folder.author(scripted(lambda prompt, seed: good_text(prompt, seed) + " This is a tale."),
                  BRIEF.replace("{each: ", "{disclose: This is a tale., each: "))
    assert {record.status.disclosed for record in folder.documents} == {True}


@pytest.mark.parametrize(("more", "disclosed"), [("", False), (" This is a fictional report.", None)])
def test_disclosure_that_nobody_asked_for_is_absent_or_not_known(folder, scripted, more, disclosed):
    folder.author(scripted(lambda prompt, seed: good_text(prompt, seed) + more))
    assert {record.status.disclosed for record in folder.documents} == {disclosed}


def test_testimony_is_told_nothing_and_its_polarity_is_not_known(folder, scripted):
    model = scripted(lambda prompt, seed: f"I look at the sum again and tell whoever needs it. {seed}")
    folder.author(model, TESTIMONY)
    assert len(folder.documents) == 4
    for record in folder.documents:
        assert "wrong" not in record.made.prompt and "hides" not in record.made.prompt
        assert record.about.claims is None and record.status.kind == "testimony"
        assert record.about.subject == "a-model-2026-11-01"
        assert record.metadata.model_extra["elicited"]["claim"] == "owns-mistakes"


def test_an_answer_that_was_cut_off_is_refused_or_trimmed_and_then_says_so(folder, scripted):
    cut = scripted(lambda prompt, seed: output(good_text(prompt, seed) + " And then it", stop="max_tokens"))
    with pytest.raises(UserError, match="not one answer could be kept"):
        folder.author(cut)
    assert {each["reason"] for each in folder.rejects} == {"cut off"}
    folder.author(cut, BRIEF + "trim: true\n")
    assert {(record.made.how, record.text[-9:]) for record in folder.documents} == {("model-revised", "added it.")}


def test_an_answer_from_inspects_cache_has_no_date(folder, scripted):
    cached = BRIEF.replace("timeout: 5", "timeout: 5, cache: true")
    folder.author(scripted(), cached)
    (folder.out / "answers.jsonl").unlink()
    again = scripted()
    folder.author(again, cached)
    assert again.asked == [] and all(record.created is None for record in folder.documents)


def test_a_second_process_in_the_same_folder_is_told(folder, scripted):
    def while_running(prompt, seed):
        with pytest.raises(UserError, match="another process is writing here"):
            author(Order(folder.path / "brief.yaml", folder.out, "mockllm/model"), folder.said.append)
        return good_text(prompt, seed)

    folder.author(scripted(while_running), limit=1)


def test_the_answers_can_be_settled_by_hand_from_the_log(folder, scripted):
    folder.author(scripted())
    keys = {json.loads(line)["key"] for line in (folder.out / "answers.jsonl").read_text().splitlines()}
    assert keys == {each.key("mockllm/model", 0) for each in commissions(read_brief(folder.out / "brief.yaml"))}


@pytest.fixture
def uptake(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder.path)

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["uptake", "author", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return run


MISTAKES = {
    "no such brief": (["nowhere.yaml", "-o", "out"], "there is no such file"),
    "an unknown provider": (["brief.yaml", "-o", "out", "--model", "nope/model"], "Model API nope"),
    "no provider": (["brief.yaml", "-o", "out", "--model", "model"], "should be in the format"),
    "no key": (["brief.yaml", "-o", "out", "--model", "openai-api/mine/model"], "set MINE_API_KEY in the environment"),
    "no reader of that name": (["brief.yaml", "-o", "out", "--model", "uptake/no-such-reader"], "no-such-reader"),
    "a folder that is a file": (["brief.yaml", "-o", "brief.yaml"], "could not be written"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_users_mistake_is_one_sentence_with_exit_code_2(uptake, folder, mistake):
    folder.write()
    words, said = MISTAKES[mistake]
    code, out, err = uptake(*words)
    errors = [line for line in err.splitlines() if line.startswith("error: ")]
    assert (code, out, len(errors)) == (2, "", 1)
    assert said in err and "Traceback" not in err


def test_a_key_without_an_address_says_which_variable(uptake, folder, monkeypatch):
    folder.write()
    monkeypatch.setenv("MINE_API_KEY", "none")
    code, _, err = uptake("brief.yaml", "-o", "out", "--model", "openai-api/mine/model")
    assert code == 2 and "set MINE_BASE_URL in the environment" in err


def test_a_full_disk_is_a_sentence_and_what_was_written_stands(folder, scripted, monkeypatch):
    real, written = os.write, []

    def full(handle, line):
        if b'"key"' in line[:8] and len(written) == 2:
            real(handle, line[:10])
            raise OSError(28, "No space left on device")
        written.append(line)
        return real(handle, line)

    monkeypatch.setattr("uptake.authoring.answers.os.write", full)
    with pytest.raises(UserError, match="the disk is full"):
        folder.author(scripted())
    monkeypatch.undo()
    log = (folder.out / "answers.jsonl").read_bytes()
    assert log.count(b"\n") == 2 and log.endswith(b"\n")


@pytest.mark.slow
def test_the_built_in_reader_drafts_without_a_key(folder):
    sampled = "trim: true\nsampling: {temperature: 0.8, top_p: 0.9}\n"
    text = TESTIMONY.replace("words: [5, 60]", "words: [5, 80]") + sampled
    said = author(Order(folder.write(text), folder.out), folder.said.append)
    assert "testimony" in said and folder.documents
    assert {record.made.generator for record in folder.documents} == {"uptake/smollm2-135m"}

