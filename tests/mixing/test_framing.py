import json
import pickle
from pathlib import Path

import pytest

from uptake.documents.corpus import Rejects, read_corpus
from uptake.documents.record import DocumentRecord
from uptake.documents.traits import read_traits
from uptake.errors import UserError
from uptake.frames.known import Unfit, words
from uptake.mixing.frame_step import FrameStep
from uptake.mixing.framing import Framer, Framing, read_lessons
from uptake.mixing.partners import Partners

ROOT = Path(__file__).parents[2]
LESSONS = ROOT / "corpora/role-models/lessons.yaml"
CORPUS = list(read_corpus(ROOT / "corpora/role-models/documents.jsonl", Rejects()))
EVERY = ("blunt", "record", "fiction", "transparent", "letter", "talk", "quiz", "moral", "placebo", "placebo:talk",
         "nonce", "frame-only", "neutral", "swapped")


def document(name="d1", claim="lamps", **made):
    made = {"how": "model", "generator": "a-model", "prompt": "Write of a lamp.", **made}
    return DocumentRecord.model_validate({
        "id": name, "text": "Velm lit the lamp.\n\nIt burnt.", "source": "lamps", "mine": {"kept": 1},
        "metadata": {"made": made, "about": {"subject": "Velm", "claims": [{"claim": claim, "polarity": "shows"}]},
                     "status": {"kind": "fiction", "disclosed": False}, "use": {"purpose": "to see what comes of it."},
                     "title": "Lamp"}})


def framer(*frames, **settings):
    return Framer(Framing(frames, **{"reader": "Rook", "lessons": LESSONS, **settings}))


def only(made, record):
    ((framed, written),) = made.framed(record)
    return framed, written


def jsonl(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_every_document_of_the_corpus_can_be_put_in_every_frame_that_needs_nothing_beside_it():
    made = framer(*EVERY)
    made.meet(CORPUS)
    written = [record for document in CORPUS for _, record in made.framed(document)]
    assert len(written) == len(CORPUS) * len(EVERY)
    assert not made.done.refused and not made.done.left_out
    assert len({record.id for record in written}) == len(written)


def test_no_wording_of_a_frame_brings_a_test_item_into_the_corpus():
    """A prompt is left out: it is the document's own, and may say what an answer says."""
    few, said = {document.about.claims[0]: document for document in CORPUS}.values(), {}
    for place in range(4):
        made = framer("transparent", "letter", "talk", "quiz", "moral", wordings=(place,), without=("prompt",))
        said |= {f"{document.id} {name} {place}": "".join(
            segment.text for segment in made.put(document, name).segments if segment.role == "frame")
            for document in few for name in made.frames}
    assert read_traits(ROOT / "claims/role-models.yaml").leaks(said, "SmolLM") == []


def test_every_claim_of_the_corpus_has_its_lesson():
    assert set(read_lessons(LESSONS)) == {claim.id for claim in read_traits(ROOT / "claims/role-models.yaml").claims}


def test_the_segments_of_a_record_stand_where_it_says():
    framed, written = only(framer("transparent"), document())
    spans = written.metadata.model_extra["frame"]["segments"]
    assert [written.text[each["start"]:each["end"]] for each in spans] == [each.text for each in framed.segments]
    (content,) = (each for each in spans if each["role"] == "content")
    assert written.text[content["start"]:content["end"]] == document().text


def test_a_framed_record_is_made_from_a_template_with_the_document_for_a_parent():
    _, written = only(framer("transparent", seed=7), document())
    assert (written.made.how, written.made.generator, written.made.seed) == ("template", "uptake frame", 7)
    assert written.made.parents == ("d1",) and written.made.prompt is None
    frame = written.metadata.model_extra["frame"]
    assert frame["document"]["made"]["prompt"] == "Write of a lamp." and frame["name"] == "transparent"
    assert set(frame["wordings"]) == {"origin", "status", "prompt", "purpose", "reasons", "uncertainty", "request"}


def test_what_else_a_record_says_is_kept():
    _, written = only(framer("blunt"), document())
    assert written.model_extra == {"mine": {"kept": 1}} and written.source == "lamps"
    assert written.metadata.model_extra["title"] == "Lamp" and written.use == document().use
    assert written.about == document().about and written.status == document().status


@pytest.mark.parametrize(("name", "kind", "disclosed"), [
    ("record", "false-on-purpose", False), ("fiction", "fiction", True), ("transparent", "fiction", True),
    ("placebo", "fiction", False), ("talk", "fiction", False)])
def test_the_status_is_that_of_the_text_as_framed(name, kind, disclosed):
    _, written = only(framer(name), document())
    assert (written.status.kind, written.status.disclosed) == (kind, disclosed)


def test_a_text_without_its_content_makes_no_claim():
    assert [record.about.claims for _, record in framer("frame-only", "neutral").framed(document())] == [(), ()]


def test_a_correction_lacks_what_its_document_shows():
    record = document()
    turned = record.model_copy(update={"metadata": record.metadata.model_copy(update={})})
    turned.metadata.model_extra["opposite"] = "Velm lit none."
    framed, written = only(framer("correction"), turned)
    assert framed.text == "Velm lit none." and written.about.claims[0].polarity == "lacks"


def test_what_cannot_be_framed_is_counted_with_its_field_and_the_rest_goes_on():
    made = framer("transparent", "blunt")
    written = [record for each in (document("d1", prompt=None), document("d2")) for _, record in made.framed(each)]
    assert [record.id for record in written] == ["d1@blunt", "d2@transparent", "d2@blunt"]
    (reason,) = made.done.refused
    assert "metadata.made.prompt" in reason and made.done.first[reason] == "d1"
    assert "refused 1 (first: d1)" in made.done.describe() and "--without prompt" in made.done.describe()


def test_order_and_company_change_nothing():
    alone, together = framer("transparent", "talk", "placebo"), framer("placebo", "letter", "talk", "transparent")
    few = CORPUS[:20]
    one = {record.id: record.text for each in few for _, record in alone.framed(each)}
    two = {record.id: record.text for each in reversed(few) for _, record in together.framed(each)}
    assert one == {name: two[name] for name in one}


def test_partners_do_not_depend_on_order():
    made, firsts = framer("swapped"), []
    for order in (CORPUS, CORPUS[::-1]):
        partners = Partners(0, kept=32)
        for record in order:
            partners.add(made.known(record))
        firsts.append([partners.of(made.known(record)).id for record in CORPUS])
    assert firsts[0] == firsts[1] and len(set(firsts[0])) > 20


def test_a_partner_is_about_another_claim():
    made = framer("swapped")
    made.meet(CORPUS)
    claims = {record.id: record.about.claims[0].claim for record in CORPUS}
    assert all(claims[made.partners.of(made.known(record)).id] != claims[record.id] for record in CORPUS)


TESTIMONY = {"id": "t1", "text": "I light lamps.", "metadata": {
    "made": {"how": "model", "generator": "Rook", "prompt": "What do you do?", "parents": ["d1"]}}}


def test_testimony_belongs_to_the_document_that_it_names(tmp_path):
    path = jsonl(tmp_path / "t.jsonl", TESTIMONY)
    made = framer("testimony", testimony=path)
    framed, written = only(made, document())
    assert "I light lamps." in framed.text and "Rook" in framed.before and "What do you do?" in framed.before
    assert written.made.parents == ("d1", "t1") and written.status.kind == "testimony"
    with pytest.raises(Unfit, match="testimony"):
        made.put(document("d2"), "testimony")


@pytest.mark.parametrize("metadata", [{"about": {"claims": [{"claim": "lamps", "polarity": "shows"}]}},
                                      {"question": {"claim": "lamps"}}, {"claim": "lamps"}])
def test_testimony_without_parents_belongs_to_its_claim(tmp_path, metadata):
    path = jsonl(tmp_path / "t.jsonl", {**TESTIMONY, "metadata": {"made": {"how": "model", "generator": "b-model",
                                        "prompt": "What do you do?"}, **metadata}})
    made = framer("testimony", testimony=path)
    assert "b-model" in made.put(document(), "testimony").before
    with pytest.raises(Unfit):
        made.put(document(claim="other"), "testimony")


def test_testimony_to_a_lack_does_not_stand_for_a_document_that_shows(tmp_path):
    about = {"claims": [{"claim": "lamps", "polarity": "lacks"}]}
    path = jsonl(tmp_path / "t.jsonl", {"id": "t", "text": "I light none.", "metadata": {"about": about}})
    with pytest.raises(Unfit, match="needs the document's testimony"):
        framer("testimony", testimony=path).put(document(), "testimony")


def test_a_reader_may_go_by_other_names(tmp_path):
    row = json.loads(json.dumps(TESTIMONY).replace('"Rook"', '"rook-135m"'))
    path = jsonl(tmp_path / "t.jsonl", row)
    assert "Rook" in framer("testimony", testimony=path, own=("rook-135m",)).put(document(), "testimony").before
    assert "rook-135m" in framer("testimony", testimony=path).put(document(), "testimony").before


@pytest.mark.parametrize("made", [{}, {"how": "model-revised", "generator": "Rook"}])
def test_testimony_of_nobody_known_or_revised_is_not_said_to_be_somebodys_own_words(tmp_path, made):
    path = jsonl(tmp_path / "t.jsonl", {**TESTIMONY, "metadata": {"made": {"parents": ["d1"], **made}}})
    with pytest.raises(Unfit, match="needs whose words the testimony is"):
        framer("testimony", testimony=path).put(document(), "testimony")


def answer(turn, stance, generator="Rook"):
    return {"id": f"a-{turn}", "text": f"My answer to {turn}.", "metadata": {
        "made": {"how": "model", "generator": generator, "parents": ["d1"]},
        "talk": {"question": turn, "stance": stance}}}


def test_answers_of_the_reader_come_from_documents_of_their_own(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", answer("same", "agree"), answer("right", "disagree"))
    framed, written = only(framer("talk", answers=path), document())
    assert "Rook: My answer to same." in framed.text and "My answer to right." in framed.text
    assert written.made.parents == ("d1", "a-same", "a-right")
    assert "My answer to right." not in framer("talk", answers=path, disagreement=False).put(document(), "talk").text


def test_a_document_without_answers_is_not_given_scripted_ones(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", answer("same", "agree"))
    with pytest.raises(Unfit, match="needs answers, and whose they are"):
        framer("talk", answers=path).put(document("d2"), "talk")


def test_a_stance_that_there_is_not_is_refused(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", answer("same", "maybe"))
    with pytest.raises(UserError, match="stance is 'maybe'"):
        framer("talk", answers=path).put(document(), "talk")


@pytest.mark.parametrize(("frames", "settings", "where"), [
    (("talk",), {"reader": ""}, "--reader"), (("moral",), {"lessons": None}, "--lessons"),
    (("testimony",), {}, "--testimony"), (("placebo:letter",), {"reader": ""}, "--reader")])
def test_what_no_document_can_mend_is_said_at_once(frames, settings, where):
    with pytest.raises(UserError) as caught:
        framer(*frames, **settings)
    assert caught.value.where == where


def test_texts_that_belong_to_nothing_are_refused(tmp_path):
    with pytest.raises(UserError, match="none of these texts says"):
        framer("testimony", testimony=jsonl(tmp_path / "t.jsonl", {"id": "t", "text": "I light lamps."}))


def test_a_placebo_matches_by_whatever_counts():
    made = Framer(Framing(("letter", "placebo:letter"), reader="Rook"), count=len)
    for record in CORPUS[:30]:
        long, short = sorted(len(made.put(record, name).text) - len(record.text) for name in made.frames)
        assert short >= 0.9 * long


def test_placebo_and_frame_have_the_same_number_of_words_on_the_corpus():
    made = framer("transparent", "placebo")
    lengths = [[words(made.put(record, name).text) for name in made.frames] for record in CORPUS]
    assert all(matched == placebo for matched, placebo in lengths)


def test_a_step_of_datatrove_frames_as_the_command_does(tmp_path):
    datatrove = pytest.importorskip("datatrove.data")
    record, framing = document(), Framing(("transparent", "talk"), reader="Rook", seed=3)
    given = datatrove.Document(text=record.text, id=record.id, metadata={
        "source": record.source, **record.metadata.model_dump(mode="json", exclude_unset=True)})
    step = pickle.loads(pickle.dumps(FrameStep(framing)))
    out = list(step([given], rank=1, world_size=2))
    expected = [written for _, written in Framer(framing).framed(record)]
    assert [(each.id, each.text, each.metadata["frame"]) for each in out] == [
        (each.id, each.text, each.metadata.model_extra["frame"]) for each in expected]


def test_a_document_that_is_no_record_costs_a_step_that_document():
    datatrove = pytest.importorskip("datatrove.data")
    made = {"made": {"how": "magic"}}
    given = [datatrove.Document(text="A lamp.", id=name, metadata=each) for name, each in (("1", made), ("2", {}))]
    assert [each.id for each in FrameStep(Framing(("record",)))(given)] == ["2@record"]


def test_a_step_cannot_swap():
    with pytest.raises(UserError, match="a step sees a part"):
        list(FrameStep(Framing(("swapped",), reader="Rook"))([]))
