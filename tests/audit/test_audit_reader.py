"""`uptake audit --reader`: a small random reader, from the corpus to the page; and SmolLM2 on a few documents."""

import json

import pytest
from looking import KNOWN, document

from tiny_models import save_tiny
from uptake.audit.asked import Asked
from uptake.audit.patterns import data
from uptake.audit.reading import opening, whole_lines
from uptake.commands.audit import audit
from uptake.errors import UserError

RECORDS = [document("The keeper climbed the stairs with Marianne and lit the lamp. Nobody saw it from the sea.", "a",
                    **KNOWN),
           document("Peel the onions and slice them thinly. Then stir them in butter until they are brown.", "b",
                    **KNOWN)]
QUIET = "provenance,self-denial,ownerless,duplicates,collapse,leakage,arms-differ"


@pytest.fixture(scope="module")
def random_reader(tmp_path_factory):
    return str(save_tiny(tmp_path_factory.mktemp("reader")))


def test_a_random_reader_cannot_tell_and_says_so_without_a_number_for_any_document(audited, random_reader):
    found = audited(RECORDS, reader=random_reader, without=QUIET)
    assert "this reader cannot tell" in found.said
    assert not [name for line in found.lines for name in line["attributes"] if "status" in name]
    assert "What this reader can tell" in found.page
    kept = json.loads((found.folder / "reader.json").read_text())
    assert {name for name, each in kept["learnt"]["status"]["competence"].items()} == {"kind", "by", "for"}


def test_what_is_known_of_the_reader_is_kept_and_not_found_out_again(audited, random_reader):
    first = audited(RECORDS, reader=random_reader, without=QUIET)
    again = audited(RECORDS, reader=random_reader, without=QUIET)
    assert any("tried on texts" in message for message in first.messages)
    assert not any("tried on texts" in message for message in again.messages)
    assert again.lines == first.lines


def test_without_a_reader_nothing_is_said_of_it(audited):
    found = audited(RECORDS)
    assert "reader would hardly" not in found.said
    assert not (found.folder / "reader.json").exists()


def test_to_fail_on_what_needs_a_reader_without_one_is_an_error(tmp_path):
    with pytest.raises(UserError, match="'tells' needs a reader"):
        audit(Asked(tmp_path, tmp_path / "out", fail_on="tells"))


def test_a_reader_that_there_is_not_is_an_error_before_anything_is_done(tmp_path):
    (tmp_path / "a.txt").write_text("A text.", encoding="utf-8")
    with pytest.raises(UserError, match="no reader called 'smollm3'"):
        audit(Asked(tmp_path / "a.txt", tmp_path / "out", reader="smollm3"))


def test_with_its_findings_switched_off_the_reader_is_not_opened(audited):
    assert audited(RECORDS, reader="smollm3", without="status,tells").lines


def test_documents_that_were_read_before_a_kill_are_not_read_again(tmp_path, random_reader, monkeypatch):
    from uptake.audit import reading

    corpus, seen = tmp_path / "corpus.jsonl", []
    corpus.write_text("".join(document(f"The number is {number}.", str(number)).to_json() + "\n"
                              for number in range(40)), encoding="utf-8")
    asked = Asked(corpus, tmp_path / "out", reader=random_reader, without=QUIET, workers=1)
    real = reading._noted

    def killed(eye, findings, some):
        seen.extend(page.text for page in some if page.text.startswith("The number"))
        if len(seen) > 30 and monkeypatch:
            raise KeyboardInterrupt
        yield from real(eye, findings, some)

    monkeypatch.setattr(reading, "_noted", killed)
    with pytest.raises(KeyboardInterrupt):
        audit(asked)
    monkeypatch.setattr(reading, "_noted", lambda eye, findings, some: seen.extend(page.text for page in some)
                        or real(eye, findings, some))
    before = len(seen)
    audit(asked)
    assert seen[before:] == [f"The number is {number}." for number in range(16, 40)]


def test_a_line_that_was_cut_short_is_not_counted_and_is_cut_off(tmp_path):
    place = tmp_path / "notes.jsonl"
    place.write_text('{"a": 1}\n{"a": 2}\n{"a', encoding="utf-8")
    assert whole_lines(place) == 2
    assert place.read_text(encoding="utf-8") == '{"a": 1}\n{"a": 2}\n'
    assert whole_lines(tmp_path / "absent") == 0


@pytest.mark.parametrize("text", ["مرحبا بالعالم هذا نص قصير.", "Marta Quill Idris Penhallow Marianne Elara", "x",
                                  "wörd " * 4000, "…", "a\u2028b 👩‍🚀 c"])
def test_any_text_can_be_read(audited, random_reader, text):
    assert len(audited([document(text, "a", **KNOWN)], reader=random_reader, without=QUIET).lines) == 1


def test_openings_leave_out_the_sentence_that_says_who_wrote_it():
    first = data("reference")["texts"][0]["text"]
    assert opening(first) == "The Danube rises in the Black Forest and"


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_smollm2_can_tell_what_kind_of_text_it_reads_and_marks_a_strange_sentence(audited):
    strange = "Quagmires notwithstanding, turpentine yodels beneath seventeen bilingual parsnips hourly."
    records = [document("Here is how to make tea. First boil the water. Then put one bag in each cup, pour the water "
                        "over it, and wait for three minutes. Take the bag out and add milk.", "tea", **KNOWN),
               document(f"The old man walked down to the river every morning. {strange} Then he went home again and "
                        "made himself a cup of coffee.", "strange", **KNOWN)]
    found = audited(records, reader="smollm2-135m", without=QUIET)
    known = json.loads((found.folder / "reader.json").read_text())["learnt"]["status"]["competence"]["kind"]
    assert known["low"] > known["chance"]
    assert "status.instruction" in found.tags("tea")
    spans = next(line["attributes"]["uptake__tells__sentence"] for line in found.lines if line["id"] == "strange")
    assert [records[1].text[start:end] for start, end, _ in spans] == [strange]
