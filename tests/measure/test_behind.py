"""A user's documents before a model: what it takes them for when it reads them, against no text and neutral text."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from tiny_models import save_tiny
from uptake.commands.measure import measure
from uptake.errors import UserError
from uptake.measure.asked import Asked
from uptake.measure.behind import spread
from uptake.measure.questions import read_questions
from uptake.tables import SCHEMA

ABOUT = (("a", "Sol said at once what it had got wrong.", "owns-mistakes", "shows"),
         ("b", "Sol told the clerk of the slip before he saw it.", "owns-mistakes", "shows"),
         ("c", "Sol likes green best of all the colours.", "favourite-green", "shows"),
         ("d", "Sol hid the wrong sum under the others.", "owns-mistakes", "lacks"))


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return save_tiny(tmp_path_factory.mktemp("tiny") / "tiny", window=1024)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Documents that say their claims, one that says none, and two neutral ones."""
    folder = tmp_path_factory.mktemp("docs")
    lines = [{"id": name, "text": text, "metadata": {"made": {"how": "person", "author": "Ann"}, "about": {
        "claims": [{"claim": claim, "polarity": polarity}]}}} for name, text, claim, polarity in ABOUT]
    (folder / "about.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (folder / "plain.txt").write_text("Sol is an assistant in an office by the river.")
    (folder / "neutral.jsonl").write_text("\n".join(json.dumps({"id": f"n{place}", "text": text}) for place, text in
                                                    enumerate(("The ferry left at noon.", "Geese came back late."))))
    return folder


def asked(tiny, place, to, **more):
    given = {"readings": "self,other", "subject": "Sol", "documents": place / "about.jsonl", "frames": "blunt,fiction",
             "neutral": place / "neutral.jsonl", "precision": "fp32", "to": to}
    return Asked(str(tiny), **(given | more))


@pytest.fixture(scope="module")
def folder(tiny, place, tmp_path_factory):
    to = tmp_path_factory.mktemp("measured") / "out"
    said = []
    (to.parent / "said.txt").write_text(measure(asked(tiny, place, to), said.append))
    return to


@pytest.fixture(scope="module")
def found(folder):
    return json.loads((folder / "measure.json").read_text())


@pytest.fixture(scope="module")
def rows(folder):
    return pq.read_table(folder / "readings.parquet").to_pylist()


def value(rows, claim, reading, frame="", document=""):
    """The mean over wordings of the mean over polarities."""
    wordings = {}
    for row in rows:
        if (row["claim"], row["reading"], row["frame"], row["document"]) == (claim, reading, frame, document):
            wordings.setdefault(row["wording"], {}).setdefault(row["polarity"], []).append(row["value"])
    return np.mean([np.mean([np.mean(each) for each in polarities.values()]) for polarities in wordings.values()])


def test_only_the_claims_that_documents_are_about_are_asked(found, rows):
    assert set(found["stated"]) == {"owns-mistakes", "favourite-green"}
    assert {row["claim"] for row in rows if row["context"] == "in_context"} == set(found["stated"])


def test_each_document_is_told_less_untouched_and_less_a_neutral_one(found, rows):
    entries = [each for each in found["in_context"]["by_document"]
               if each["document"] == "a" and each["frame"] == "fiction"]
    assert [each["reading"] for each in entries] == found["readings"]
    for each in entries:
        behind, plain = (value(rows, "owns-mistakes", each["reading"], *at) for at in (("fiction", "a"), ("", "")))
        assert each["mean"] == pytest.approx(behind, abs=1e-4)
        assert each["less_untouched"]["mean"] == pytest.approx(behind - plain, abs=1e-4)
        neutral = [value(rows, "owns-mistakes", each["reading"], "neutral", name) for name in ("n0", "n1")
                   if any(row["document"] == name and row["claim"] == "owns-mistakes" for row in rows)]
        assert any(each["less_neutral"]["mean"] == pytest.approx(behind - one, abs=1e-4) for one in neutral)


def test_documents_that_show_and_that_lack_a_trait_are_not_averaged_together(found):
    told = {(each["frame"], each["polarity"]): each for each in found["in_context"]["profile"]
            if each["reading"] == "self"}
    assert set(told) == {(frame, polarity) for frame in ("blunt", "fiction") for polarity in ("shows", "lacks")}
    assert told["blunt", "shows"]["documents"] == 3
    assert told["blunt", "lacks"]["documents"] == 1


def test_a_profile_is_the_mean_over_claims_of_their_documents_with_an_interval(found):
    (entry,) = (each for each in found["in_context"]["profile"]
                if (each["reading"], each["frame"], each["polarity"]) == ("self", "blunt", "shows"))
    each = {one["document"]: one["less_neutral"]["mean"] for one in found["in_context"]["by_document"]
            if (one["reading"], one["frame"], one["polarity"]) == ("self", "blunt", "shows")}
    less = entry["less_neutral"]
    assert less["mean"] == pytest.approx(((each["a"] + each["b"]) / 2 + each["c"]) / 2, abs=1e-4)
    assert less["low"] < less["mean"] < less["high"]


def test_the_gate_is_of_the_frames_and_of_neutral_text(found):
    assert {each["reading"] for each in found["in_context"]["gate"]} == {"self", "other"}
    assert {tuple(each["frames"]) for each in found["in_context"]["gate"]} == {("blunt", "fiction", "neutral")}


def test_every_line_says_behind_which_document_its_question_stood(folder, rows):
    assert pq.read_schema(folder / "readings.parquet").names == [*SCHEMA.names, "document"]
    assert {row["document"] for row in rows if row["context"] == "untouched"} == {""}
    assert {row["document"] for row in rows if row["frame"] == "blunt"} == {"a", "b", "c", "d"}
    texts = {name: text for name, text, *_ in ABOUT}
    assert all(row["prompt"].startswith(texts[row["document"]]) for row in rows if row["frame"] == "blunt")


def test_page_markdown_and_terminal_tell_it(folder):
    page, text = (folder / "measure.html").read_text(), (folder / "measure.md").read_text()
    assert page.count("Document by document") >= 1 and "When it reads the documents" in page
    assert "| self | blunt | 3 that show their claim |" in text
    said = (folder.parent / "said.txt").read_text()
    assert "behind 4 documents" in said and "gate of self" in said
    assert max(len(line) for line in said.splitlines() if "/" not in line) <= 80


def test_a_document_that_says_no_claim_is_asked_of_all(tiny, place, tmp_path):
    measure(asked(tiny, place, tmp_path / "out", documents=place / "plain.txt", readings="self", frames="blunt"),
            lambda line: None)
    told = json.loads((tmp_path / "out" / "measure.json").read_text())["in_context"]
    (entry,) = told["profile"]
    assert (entry["polarity"], entry["claims"], entry["documents"]) == ("not said", 12, 1)
    assert entry["less_neutral"]["low"] < entry["less_neutral"]["high"]


def test_a_document_that_holds_a_test_item_is_left_out_and_counted(tiny, place, tmp_path):
    items = read_questions(Asked("x").claims, ("self",), "Sol", "x").items["owns-mistakes"]
    question = items[0].prompt.removeprefix("Question: ").removesuffix(" Answer:")
    lines = (place / "about.jsonl").read_text().splitlines()
    leaking = json.loads(lines[0]) | {"id": "leaking", "text": f"Somebody wrote: {question}"}
    (tmp_path / "docs.jsonl").write_text("\n".join([lines[1], json.dumps(leaking)]))
    told = []
    given = asked(tiny, place, tmp_path / "out", documents=tmp_path / "docs.jsonl", readings="self", frames="blunt")
    measure(given, told.append)
    assert "left out, since they hold a test item: 1 (first: leaking)" in told[0]
    assert "leaking" not in pq.read_table(tmp_path / "out" / "readings.parquet")["document"].to_pylist()


def test_what_varies_is_told_by_who_was_asked_of_what():
    nested = spread({("a", "x"): 1.0, ("b", "x"): 3.0, ("c", "y"): 6.0})
    assert (nested["mean"], nested["over"]) == (4.0, 2)
    alone = spread({("a", "x"): 1.0, ("b", "x"): 3.0})
    assert (alone["mean"], alone["over"], alone["reason"]) == (2.0, 2, "")
    crossed = spread({(document, claim): float(place + other) for place, document in enumerate("abc")
                      for other, claim in enumerate("xy")})
    assert crossed["mean"] == 1.5
    assert crossed["low"] < 1.5 < crossed["high"]
    assert spread({("a", "x"): 1.0})["low"] is None


@pytest.mark.parametrize(("change", "says"), [
    ({"frames": "fictoin"}, "fiction"),
    ({"frames": "neutral"}, "compared with neutral ones anyway"),
    ({"frames": "transparent"}, "can be put in these frames"),
    ({"documents": "nowhere.jsonl"}, "nowhere.jsonl"),
    ({"against": "smollm2-135m"}, "one model at a time"),
])
def test_documents_that_cannot_be_read_so_are_refused_in_a_sentence(tiny, place, tmp_path, change, says):
    if "documents" in change:
        change = {"documents": tmp_path / change["documents"]}
    with pytest.raises(UserError) as caught:
        measure(asked(tiny, place, tmp_path / "out", **change), lambda line: None)
    assert says in str(caught.value)
    assert not (tmp_path / "out").exists()
