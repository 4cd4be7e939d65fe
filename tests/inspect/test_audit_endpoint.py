"""An audit whose reader is behind an endpoint: asked what it takes a text for, and of nothing that it does not tell."""

import json

import pytest

from uptake.asker import Local, chosen
from uptake.audit import reading
from uptake.audit.asked import Asked
from uptake.audit.reading import Wanted
from uptake.commands.audit import audit
from uptake.errors import UserError
from uptake.inspect.eye import endpoint_eye
from uptake.readers.score import ScoreSettings

SERVED = "openai-api-completions/local/"
ANSWERS = (" Yes", " No", " It is")


@pytest.fixture(autouse=True)
def few_references(monkeypatch):
    """Five texts of known status, so that a test is soon over."""
    whole = reading.data

    def some(name):
        found = whole(name)
        return {"texts": found["texts"][::15]} if name == "reference" else found

    monkeypatch.setattr(reading, "data", some)


@pytest.fixture
def documents(tmp_path):
    lines = [{"id": "a", "text": "The ferry left at noon."}, {"id": "b", "text": "Once upon a time."}]
    (tmp_path / "docs.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return tmp_path / "docs.jsonl"


def test_an_endpoint_answers_behind_a_text_as_the_same_model_does_on_this_machine(served, any_reader):
    questions = (("\n\nIs it so?", ANSWERS), ("\n\nWhat is it?", ANSWERS))
    texts = ["The ferry left at noon.  ", "Once upon a time."]
    found = endpoint_eye(SERVED + "full", served.url, 1).read([(text, Wanted(questions)) for text in texts])
    here = Local(any_reader, ScoreSettings(), "here", {})
    for text, glimpse in zip(texts, found, strict=True):
        expected = chosen(here, [(f"{text.rstrip()}{question}", answers) for question, answers in questions])
        for mine, theirs in zip(glimpse.answers, expected, strict=True):
            assert mine == pytest.approx(theirs, abs=1e-3)


def test_a_question_that_got_no_answer_is_none_and_the_others_have_theirs(served):
    eye = endpoint_eye(SERVED + "half", served.url, 1)
    seen = eye.read([("w150 is here.", Wanted((("\n\nIs it so?", ANSWERS),))),
                     ("It is here.", Wanted((("\n\nIs it so?", ANSWERS),)))])
    assert seen[0].answers == (None,)
    assert all(logp < 0 for logp in seen[1].answers[0])


def test_a_corpus_is_audited_with_an_endpoint_for_a_reader(served, documents, tmp_path):
    said = []
    told, failed = audit(Asked(documents, tmp_path / "out", reader=SERVED + "full", base_url=served.url, workers=1),
                         said.append)
    known = json.loads((tmp_path / "out" / "reader.json").read_text())
    assert (known["reader"]["estimate"], known["reader"]["name"]) == ("answer", SERVED + "full")
    assert set(known["learnt"]) == {"status"}
    assert any("'answer'" in line for line in said)
    assert known["learnt"]["status"]["competence"]["kind"]["texts"] == 5
    assert "(tells)" not in told and not failed
    assert len((tmp_path / "out" / "audit.jsonl").read_text().splitlines()) == 2
    assert served.url not in (tmp_path / "out" / "audit.jsonl").read_text()


def test_an_endpoint_that_tells_no_probabilities_is_refused(served, documents, tmp_path):
    with pytest.raises(UserError, match="tells no log-probabilities"):
        audit(Asked(documents, tmp_path / "out", reader=SERVED + "bare", base_url=served.url))


def test_a_finding_that_no_endpoint_can_make_cannot_fail_an_audit(served, documents, tmp_path):
    with pytest.raises(UserError, match="'tells' needs a reader on this machine"):
        audit(Asked(documents, tmp_path / "out", reader=SERVED + "full", base_url=served.url, fail_on="tells"))


def test_an_endpoint_that_lets_nobody_in_is_told_before_anything_is_written(served, documents, tmp_path):
    with pytest.raises(UserError):
        audit(Asked(documents, tmp_path / "out", reader=SERVED + "denied", base_url=served.url))
    assert not (tmp_path / "out" / "audit.jsonl").exists()
