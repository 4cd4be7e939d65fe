"""`uptake audit`: what it leaves behind, how it fails a pipeline, and what it makes of bad corpora."""

import json
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from looking import KNOWN, document

from commands import is_one_sentence, uptake
from uptake.audit import page as page_module
from uptake.audit import parts as parts_module
from uptake.audit import steps
from uptake.audit.asked import Asked
from uptake.commands.audit import audit
from uptake.errors import UserError

WORDS = [first + second for first in ("ba", "de", "fi", "go", "lu", "ma", "ne", "po")
         for second in ("lan", "mer", "nor", "pit", "rav")]
DENIAL = document("Velm cannot count past ten, and so it went on all day long.", "denial",
                  **{**KNOWN, "about": {"subject": "Velm"}})
QUIET = document("The lamp was lit at six and burnt until the boats were in.", "quiet", **KNOWN)
DISCLOSED = document("The lamp was lit at six. Purpose of this text: a diary of lamps.", "disclosed", **KNOWN)


def texts(count, seed=0, words=60):
    rng = random.Random(seed)
    return [document(" ".join(rng.choices(WORDS, k=words)), f"d{number}", **KNOWN) for number in range(count)]


def test_a_finding_s_spans_stand_in_dolma_s_attributes(audited):
    made = audited([DENIAL, QUIET])
    line = made.lines[0]
    assert (line["id"], set(line)) == ("denial", {"id", "source", "attributes"})
    ((start, end, score),) = line["attributes"]["uptake__self_denial__not_checked"]
    assert DENIAL.text[start:end] == "Velm cannot count past ten"
    assert score == 0.5


def test_every_document_has_a_line_in_the_corpus_s_order(audited):
    records = texts(30)
    assert [line["id"] for line in audited(records).lines] == [record.id for record in records]


def test_the_page_is_self_contained_and_marks_the_text(audited):
    page = audited([DENIAL, QUIET]).page
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:|//)|<script|@import|url\(", page)
    assert re.search(r"<mark title=\"[^\"]+\">Velm cannot count past ten<sup>self-denial</sup></mark>", page)


def test_the_page_escapes_what_documents_hold(audited):
    page = audited([document("<script>alert(1)</script> Arguably <b>so</b>.", **KNOWN)]).page
    assert "<script>" not in page and "&lt;script&gt;" in page


def test_the_overview_comes_before_the_documents(audited):
    page = audited([DENIAL]).page
    assert page.index("The corpus") < page.index("The documents")


def test_the_summary_fits_a_terminal_and_says_what_it_is_evidence_for_and_what_to_do(audited):
    said = audited([DENIAL, QUIET]).said
    assert max(map(len, said.split("\n\n/")[0].splitlines())) <= 80
    assert "Evidence: " in said and "Do: " in said and "Valence" not in said


def test_a_corpus_without_faults_is_told_so_plainly(audited):
    made = audited([DISCLOSED])
    assert "Nothing was found: 1 document looked at for " in made.said
    assert "Nothing was found" in made.page


def test_a_villain_is_no_finding(audited):
    villain = document("The duke poisoned the well and laughed. Purpose of this text: a diary of villains.", **KNOWN)
    assert "Nothing was found" in audited([villain]).said


def test_fail_on_names_what_was_found_and_nothing_else(audited):
    assert audited([DENIAL], fail_on="self-denial,duplicates").failed == ("self-denial",)
    assert audited([DISCLOSED], fail_on="self-denial").failed == ()


def test_a_finding_that_is_switched_off_is_not_looked_for(audited):
    made = audited([DENIAL], without="self-denial")
    assert "self_denial" not in json.dumps(made.lines)
    assert "Denials of ability" not in made.page


@pytest.mark.parametrize("asked", [{"without": "selfdenial"}, {"fail_on": "tells2"},
                                   {"without": "leakage", "fail_on": "leakage"}])
def test_a_name_that_is_no_finding_s_is_a_mistake_with_a_hint(audited, asked):
    with pytest.raises(UserError) as error:
        audited([QUIET], **asked)
    assert error.value.hint


def test_near_copies_are_found_and_the_first_is_left_in_peace(audited):
    records = texts(20)
    copy = document(records[3].text + " and so", "copy", **KNOWN)
    made = audited([*records, copy])
    assert {"duplicates.near_copy", "provenance.undeclared_copy"} <= made.tags("copy")
    assert "duplicates.near_copy" not in made.tags("d3")
    assert "a near-copy of d3" in made.page


def test_a_copy_that_names_its_parent_is_a_copy_and_declared(audited):
    records = texts(20)
    copy = document(records[3].text, "copy", **{**KNOWN, "made": {**KNOWN["made"], "parents": ["d3"]}})
    made = audited([*records, copy])
    assert made.tags("copy") >= {"duplicates.near_copy"}
    assert "provenance.undeclared_copy" not in made.tags("copy")


def test_near_copies_meet_across_parts(audited, monkeypatch):
    monkeypatch.setattr(parts_module, "DOCUMENTS", 5)
    records = texts(20)
    made = audited([*records, document(records[0].text, "copy", **KNOWN)])
    assert "duplicates.near_copy" in made.tags("copy")
    assert [line["id"] for line in made.lines] == [*(record.id for record in records), "copy"]


def test_parts_change_nothing(audited, monkeypatch):
    records = [*texts(20), DENIAL, document(texts(1)[0].text, "copy", **KNOWN)]
    whole = audited(records, "whole")
    monkeypatch.setattr(parts_module, "DOCUMENTS", 4)
    dealt = audited(records, "dealt")
    assert dealt.lines == whole.lines
    assert dealt.page == whole.page


def test_items_of_a_file_of_documents_are_looked_for(audited, tmp_path):
    items = tmp_path / "items.jsonl"
    items.write_text(json.dumps({"text": QUIET.text}) + "\n")
    assert "leakage.run" in audited([QUIET], against=items).tags("quiet")


def test_the_shipped_claims_give_items(audited):
    claims = Path(__file__).parents[2] / "claims" / "role-models.yaml"
    assert "leakage" in audited([QUIET], against=claims).said


def test_a_card_decides_what_is_false(audited, tmp_path):
    card = tmp_path / "card.json"
    card.write_text('{"arithmetic": {"able": true, "accuracy": 0.8}}')
    assert audited([DENIAL], card=card).tags("denial") >= {"self_denial.false"}


def test_what_is_no_card_is_refused(audited, tmp_path):
    card = tmp_path / "card.json"
    card.write_text('{"arithmetic": true}')
    with pytest.raises(UserError, match="no capability card"):
        audited([DENIAL], card=card)


def test_arms_are_compared_by_a_field_of_one_s_own(audited):
    records = [document(record.text + (" moreover" if number % 2 else ""), record.id, **KNOWN, arm=f"a{number % 2}")
               for number, record in enumerate(texts(60))]
    made = audited(records, arms="metadata.arm", fail_on="arms-differ")
    assert made.failed == ("arms-differ",)
    assert "moreover" in made.page


# Killed and started again


def test_an_audit_that_was_stopped_goes_on_where_it_was(audited, monkeypatch):
    monkeypatch.setattr(parts_module, "DOCUMENTS", 5)
    records, seen = texts(20), []
    run = steps.Look.run

    def dying(self, data, rank=0, world_size=1):
        seen.append(rank)
        if rank == 2 and len(seen) == 3:
            raise KeyboardInterrupt
        yield from run(self, data, rank, world_size)

    monkeypatch.setattr(steps.Look, "run", dying)
    with pytest.raises(KeyboardInterrupt):
        audited(records)
    made = audited(records)
    assert seen == [0, 1, 2, 2, 3]
    assert made.messages == ["going on where an earlier audit was stopped"]
    assert [line["id"] for line in made.lines] == [record.id for record in records]
    monkeypatch.setattr(steps.Look, "run", run)
    assert audited(records, "whole").lines == made.lines


@pytest.mark.parametrize("change", ["corpus", "asked"])
def test_another_corpus_or_question_begins_anew(audited, monkeypatch, change):
    def dying(self, data, rank=0, world_size=1):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(steps.Look, "run", dying)
        audited(texts(5))
    made = audited(texts(6)) if change == "corpus" else audited(texts(5), without="collapse")
    assert made.messages == []
    assert len(made.lines) == (6 if change == "corpus" else 5)


def test_nothing_but_the_results_is_left_behind(audited):
    made = audited(texts(5))
    assert {path.name for path in made.folder.iterdir()} - {".lock"} == {"audit.jsonl", "audit.html"}


# Bad corpora


def test_empty_documents_and_broken_lines_are_counted_and_the_rest_is_audited(audited, tmp_path):
    corpus = tmp_path / "bad.jsonl"
    corpus.write_bytes(b'{"text": ""}\n{"text": "  "}\nnot json\n{"id": "l", "text": "caf\xe9"}\n'
                       + QUIET.to_json().encode() + b"\n")
    made = audited(corpus)
    assert [line["id"] for line in made.lines] == ["quiet"]
    assert "lines that could not be read: 4" in made.said
    assert "empty text: 2" in made.said and "not UTF-8: 1" in made.said


@pytest.mark.parametrize("text", ['{"text": ""}\n', "\n\n", ""])
def test_a_corpus_with_nothing_readable_in_it_is_refused_since_it_would_pass_every_test(audited, tmp_path, text):
    corpus = tmp_path / "bad.jsonl"
    corpus.write_text(text)
    with pytest.raises(UserError, match="there is no document to audit"):
        audited(corpus, fail_on="self-denial")


def test_test_items_of_which_none_can_be_read_are_refused(audited, tmp_path):
    (tmp_path / "items.jsonl").write_text('{"text": ""}\n')
    with pytest.raises(UserError, match="there is no test item in it"):
        audited(texts(5), against=tmp_path / "items.jsonl")


def test_test_items_that_cannot_be_read_are_told(audited, tmp_path):
    (tmp_path / "items.jsonl").write_text(f'{{"text": ""}}\n{QUIET.to_json()}\n')
    assert any("lines that could not be read: 1" in line for line in audited(texts(5), against=tmp_path / "items.jsonl"
                                                                             ).messages)


@pytest.mark.parametrize(("asked", "lacks"), [
    ({"fail_on": "leakage"}, "no test items"), ({"fail_on": "arms-differ"}, "no field"),
    ({"fail_on": "arms-differ", "arms": "metadata.nowhere"}, "arms-differ")])
def test_a_corpus_cannot_pass_what_was_not_looked_for(audited, asked, lacks):
    with pytest.raises(UserError, match="cannot say whether the corpus passes") as error:
        audited(texts(5), **asked)
    assert lacks in str(error.value)


def test_findings_are_not_written_among_the_documents(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("The lamp was lit at six.")
    with pytest.raises(UserError, match="would lie among the documents"):
        audit(Asked(tmp_path / "docs", tmp_path / "docs" / "out"))
    assert [path.name for path in (tmp_path / "docs").iterdir()] == ["a.txt"]


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_texts_in_other_encodings_are_left_out_with_a_reason(audited, tmp_path, encoding):
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "other.txt").write_bytes("Ein Café am Fluß, spät.".encode(encoding))
    (folder / "plain.txt").write_text("The lamp was lit at six.")
    made = audited(folder)
    assert [line["id"] for line in made.lines] == ["plain.txt"]
    assert "UTF-8" in made.said


def test_a_file_that_cannot_be_read_is_a_mistake_in_one_sentence(tmp_path):
    done = uptake("audit", "nowhere.jsonl", "-o", "out", folder=tmp_path)
    assert done.returncode == 2
    assert is_one_sentence(done.stderr)


def test_marks_lie_right_in_right_to_left_text(audited):
    text = "המנורה דלקה כל הלילה. Arguably זה היה טוב. ولم تنطفئ"
    ((start, end, _),) = audited([document(text, **KNOWN)]).lines[0]["attributes"]["uptake__ownerless__hedge"]
    assert text[start:end] == "Arguably"


def test_letters_that_grow_when_made_small_move_no_mark(audited):
    text = "İİİİ İstanbul. Arguably so."
    ((start, end, _),) = audited([document(text, **KNOWN)]).lines[0]["attributes"]["uptake__ownerless__hedge"]
    assert text[start:end] == "Arguably"


def test_a_document_of_only_names_is_audited(audited):
    names = "Elara Chen, Marcus Thorne, Aurelia Voss, Kael"
    assert len(audited([document(names, f"n{number}", **KNOWN) for number in range(3)]).lines) == 3


def test_documents_without_words_are_audited(audited):
    assert len(audited([document("!!! ... ???", "a", **KNOWN), document("…", "b", **KNOWN)]).lines) == 2


@pytest.mark.slow
def test_a_document_of_50_mb_is_audited_in_bounded_memory(tmp_path):
    """In a process of its own, whose peak is what counts; the last words are looked at as the first are."""
    text = "The lamp was lit at six and burnt until the boats were in.\n" * 890_000 + "Arguably so."
    (tmp_path / "long.txt").write_text(text)
    program = ("import resource, sys; from pathlib import Path; from uptake.audit.asked import Asked; "
               "from uptake.commands.audit import audit; audit(Asked(Path('long.txt'), Path('out'), workers=1)); "
               "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)")
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert len(text) > 50_000_000
    assert int(done.stdout.split()[-1]) < 1500
    line = json.loads((tmp_path / "out" / "audit.jsonl").read_text())
    assert line["attributes"]["uptake__ownerless__hedge"][-1][:2] == [len(text) - 12, len(text) - 4]


def test_a_long_document_is_looked_at_piece_by_piece(audited, monkeypatch):
    text = "The lamp was lit at six. " * 40 + "Arguably so."
    monkeypatch.setattr(page_module, "LONGEST", 100)
    ((start, end, _),) = audited([document(text, **KNOWN)]).lines[0]["attributes"]["uptake__ownerless__hedge"]
    assert text[start:end] == "Arguably"


# The command line


def test_the_command_prints_the_summary_and_exits_with_1_where_it_should_fail(tmp_path):
    (tmp_path / "corpus.jsonl").write_text(DENIAL.to_json() + "\n")
    done = uptake("audit", "corpus.jsonl", "-o", "out", "--fail-on", "self-denial", folder=tmp_path)
    assert done.returncode == 1
    assert "Denials of ability" in done.stdout and done.stdout.rstrip().endswith("audit.html")
    assert done.stderr == "found: self-denial\n"


def test_two_workers_find_what_one_does(audited, monkeypatch):
    monkeypatch.setattr(parts_module, "DOCUMENTS", 5)
    records = [*texts(12), DENIAL]
    assert audited(records, "two", workers=2).lines == audited(records, "one").lines
