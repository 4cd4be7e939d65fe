from dataclasses import replace

import pytest
from drawn_known import ALL, BOOK, KEEP, OTHER, answers, content, documents, put, seeds
from hypothesis import given
from hypothesis import strategies as st

from uptake.errors import UserError
from uptake.frames.known import Known, Unfit, words

DOCUMENT = Known("d", "Velm lit the lamp.\n\nIt burnt.", ALL, opposite="Velm lit none.", testimony="I light lamps.",
                 testimony_id="t")
FRAMES = list(BOOK.frames)
TURNS = ("same", "why", "right", "fit", "lesson", "meta")


def without(*names: str) -> Known:
    return replace(DOCUMENT, facts={name: value for name, value in ALL.items() if name not in names})


@given(st.sampled_from(KEEP), documents, seeds)
def test_the_content_is_the_documents_text_to_the_character(name, known, seed):
    assert content(put(name, known, seed=seed)) == [known.text]


@given(st.sampled_from(FRAMES), documents, seeds)
def test_segments_concatenate_to_the_text_and_none_is_empty(name, known, seed):
    framed = put(name, known, seed=seed)
    assert framed.text == "".join(segment.text for segment in framed.segments)
    assert all(segment.text.strip() for segment in framed.segments)


@pytest.mark.parametrize(("name", "field"), [("testimony", "testimony"), ("correction", "opposite")])
@given(known=documents)
def test_what_stands_in_place_of_the_text_is_itself_to_the_character(name, field, known):
    assert content(put(name, known)) == [getattr(known, field)]


@given(documents, st.sets(st.sampled_from(BOOK.frame("transparent").parts)), seeds)
def test_switching_parts_only_adds_or_removes_them(known, parts, seed):
    def said(framed):
        return [segment.text.strip() for segment in framed.segments]

    whole, some = put("transparent", known, seed=seed), put("transparent", known, parts=parts or {"origin"}, seed=seed)
    order = iter(said(whole))
    assert all(text in order for text in said(some))
    assert some.drawn == {part: place for part, place in whole.drawn.items() if part in (parts or {"origin"})}


@given(documents, st.sets(st.sampled_from(TURNS), min_size=1), seeds)
def test_a_turn_that_is_switched_off_moves_no_other(known, turns, seed):
    whole, some = put("talk", known, seed=seed), put("talk", known, parts=turns, seed=seed)
    assert some.drawn == {slot: place for slot, place in whole.drawn.items() if slot.partition(".")[0] in turns}


@given(st.sampled_from(FRAMES), st.lists(documents, min_size=2, max_size=4, unique_by=lambda each: each.id), seeds)
def test_what_is_drawn_depends_on_neither_order_nor_neighbours(name, many, seed):
    forward = [put(name, known, seed=seed) for known in many]
    backward = [put(name, known, seed=seed) for known in reversed(many)]
    assert forward == backward[::-1]


def test_another_seed_draws_other_wordings():
    assert len({put("transparent", DOCUMENT, seed=seed).text for seed in range(8)}) > 4


@pytest.mark.parametrize("base", ["record", "fiction", "transparent", "letter", "talk", "quiz", "moral"])
@given(known=documents, seed=seeds)
def test_a_placebo_is_as_long_in_words_as_the_frame_it_matches(base, known, seed):
    matched, placebo = put(base, known, seed=seed), put(f"placebo:{base}", known, seed=seed)
    assert words(placebo.text) == words(matched.text)


@given(documents, seeds)
def test_a_placebo_says_nothing_that_the_frame_says(known, seed):
    def said(name):
        segments = put(name, replace(known, text="x"), seed=seed).segments
        return {line for segment in segments if segment.role == "frame" for line in segment.text.split("\n")} - {""}

    assert not said("placebo:transparent") & said("transparent")


@given(st.sampled_from(["record", "transparent", "talk"]), documents, seeds)
def test_frame_only_keeps_the_frame_and_nothing_of_the_content(base, known, seed):
    known = replace(known, text=f"<<{known.text}>>")
    framed, whole = put(f"frame-only:{base}", known, seed=seed), put(base, known, seed=seed)
    assert content(framed) == [] and "<<" not in framed.text
    kept = [segment.text for segment in whole.segments if segment.role == "frame"]
    assert [segment.text for segment in framed.segments if segment.text not in BOOK.gap] == kept


@given(documents, seeds)
def test_neutral_is_as_long_as_the_text_and_has_nothing_of_it(known, seed):
    framed = put("neutral", known, seed=seed)
    assert words(framed.text) == words(known.text)


def test_swapped_says_of_the_text_what_holds_of_another():
    framed = put("swapped", DOCUMENT)
    assert "b-model" in framed.text and "Write that." in framed.text and "a-model" not in framed.text
    assert framed.others == ("other",) and not framed.disclosed


def test_swapped_draws_the_wordings_of_the_frame_it_swaps():
    assert put("swapped", DOCUMENT).drawn == put("transparent", DOCUMENT).drawn


def test_a_frame_that_says_the_same_of_all_cannot_be_swapped():
    with pytest.raises(UserError, match="says the same of every document"):
        put("swapped:record", DOCUMENT)


def test_swapped_needs_another_document():
    with pytest.raises(Unfit, match="needs another document"):
        put("swapped", DOCUMENT, partner=None)


@pytest.mark.parametrize(("field", "path", "part"), [
    ("how", "metadata.made.how", "origin"), ("generator", "metadata.made.generator", "origin"),
    ("prompt", "metadata.made.prompt", "prompt"), ("purpose", "metadata.use.purpose", "purpose")])
def test_transparent_names_the_field_that_is_not_known(field, path, part):
    with pytest.raises(Unfit, match=f"needs {path} for its part '{part}'"):
        put("transparent", without(field))


def test_a_part_whose_field_is_not_known_can_be_switched_off():
    assert "Write" not in put("transparent", without("prompt"), without=["prompt"]).text


def test_transparent_leaves_an_unknown_status_out_and_says_so():
    framed = put("transparent", without("status"))
    assert framed.left_out == {"status": "metadata.status.kind is not known"}
    assert "fiction" not in framed.text


def test_a_person_is_not_said_to_have_had_a_prompt():
    framed = put("transparent", replace(DOCUMENT, facts={**ALL, "how": "person"}))
    assert "Ann" in framed.text and "Write" not in framed.text and framed.left_out == {}


def test_braces_in_a_prompt_stay_as_they_are():
    assert "Write {this}." in put("transparent", DOCUMENT).text


@pytest.mark.parametrize(("facts", "said"), [({}, "Rook"), ({"whose": "model", "witness": "b-model"}, "b-model"),
                                             ({"whose": "person", "witness": "Ann"}, "Ann")])
def test_testimony_says_whose_it_is(facts, said):
    framed = put("testimony", replace(DOCUMENT, facts={**ALL, **facts}))
    assert said in framed.before and "What do you do?" in framed.before and framed.others == ("t",)


def test_testimony_without_its_words_is_the_bare_first_person():
    assert put("testimony", DOCUMENT, without=["origin", "elicitation"]).text == "I light lamps."


def test_testimony_that_nobody_gave_is_refused():
    with pytest.raises(Unfit, match="needs the document's testimony"):
        put("testimony", replace(DOCUMENT, testimony=""))


def test_correction_needs_an_opposite():
    with pytest.raises(Unfit, match="needs the document's opposite"):
        put("correction", replace(DOCUMENT, opposite=""))


def test_a_talk_asks_the_questions_of_the_essay_in_order():
    drawn = put("talk", DOCUMENT).drawn
    assert [slot.removesuffix(".ask") for slot in drawn if slot.endswith(".ask")] == list(TURNS)


def test_the_meta_question_gives_the_purpose_and_can_be_left_out():
    assert "to see" in put("talk", DOCUMENT).text
    assert "to see" not in put("talk", DOCUMENT, without=["meta"]).text


def test_without_a_purpose_the_meta_question_is_not_asked():
    framed = put("talk", without("purpose"))
    assert framed.left_out == {"meta": "metadata.use.purpose is not known"}


@pytest.mark.parametrize("polarity", ["shows", "lacks"])
@given(seed=seeds)
def test_scripted_answers_never_disagree_where_disagreement_is_removed(polarity, seed):
    known = replace(DOCUMENT, facts={**ALL, "polarity": polarity})
    said = put("talk", known, seed=seed, disagreement=False).text
    turns = BOOK.frame("talk").turns
    assert not [text for turn in turns for text in turn.answers["disagree"].lists[polarity] if text in said]


def test_scripted_answers_disagree_about_half_of_the_time_where_it_is_kept():
    many = [put("talk", replace(DOCUMENT, id=str(number))) for number in range(200)]
    stances = [place for framed in many for slot, place in framed.drawn.items() if slot.endswith(".stance")]
    assert 0.45 < sum(stances) / len(stances) < 0.55


def test_a_scripted_talk_says_that_its_answers_are_scripted():
    for seed in range(8):
        said = put("talk", DOCUMENT, parts=["intro"], seed=seed).text.removeprefix(DOCUMENT.text)
        assert "script" in said or "written beforehand" in said


def test_a_talk_takes_the_answers_that_the_reader_gave():
    known = replace(DOCUMENT, facts={**ALL, "answered": "own"}, answers=answers(same="agree", right="disagree"))
    framed = put("talk", known)
    assert "Rook: Answer to same." in framed.text and "Answer to right." in framed.text
    assert framed.others == ("a-same", "a-right")
    assert framed.left_out == dict.fromkeys(("why", "fit", "lesson", "meta"), "no answer to it was given")


def test_given_answers_that_disagree_are_taken_out_with_their_questions():
    known = replace(DOCUMENT, facts={**ALL, "answered": "own"}, answers=answers(same="agree", right="disagree", why=""))
    framed = put("talk", known, disagreement=False)
    assert "Answer to same." in framed.text and "Answer to right." not in framed.text and "to why" not in framed.text
    assert "disagrees" in framed.left_out["right"]


def test_answers_of_another_are_not_put_into_the_readers_mouth():
    known = replace(DOCUMENT, facts={**ALL, "answered": "other", "speaker": "b-model"}, answers=answers(same="agree"))
    framed = put("talk", known)
    assert "b-model: Answer to same." in framed.text and "Rook: Answer" not in framed.text


def test_a_talk_without_any_answer_is_refused():
    with pytest.raises(Unfit, match="has nothing to ask: no answer to it was given"):
        put("talk", replace(DOCUMENT, facts={**ALL, "answered": "own"}))


def test_a_talk_about_a_text_of_unknown_polarity_is_refused():
    with pytest.raises(Unfit, match=r"has nothing to ask: metadata\.about\.claims"):
        put("talk", without("polarity"))


@pytest.mark.parametrize(("loss", "frame", "answer"), [("all", True, True), ("content", False, False),
                                                       ("answers", False, True)])
def test_what_is_in_the_loss(loss, frame, answer):
    segments = put("talk", DOCUMENT, loss=loss).segments
    assert segments[0].role == "content" and segments[0].loss
    assert segments[1].loss is frame
    assert [segment.loss for segment in segments[2:]] == [frame, answer] * len(TURNS)


def test_a_study_trains_on_some_wordings_and_asks_behind_another():
    trained = {put("transparent", replace(DOCUMENT, id=str(place)), wordings=(0, 1, 2)).before for place in range(60)}
    asked = {put("transparent", replace(DOCUMENT, id=str(place)), wordings=(3,)).before for place in range(60)}
    assert len(asked) == 1 and not asked & trained


def test_a_wording_that_there_is_not_is_refused():
    with pytest.raises(UserError, match="none of those that are asked for"):
        put("transparent", DOCUMENT, wordings=(9,))


@pytest.mark.parametrize(("polarity", "said"), [("shows", "keeps its word"), ("lacks", "breaks its word")])
@pytest.mark.parametrize("name", ["moral", "quiz"])
def test_moral_and_quiz_say_what_the_text_shows(name, polarity, said):
    assert said in put(name, replace(DOCUMENT, facts={**ALL, "polarity": polarity})).text


def test_the_partner_of_a_swap_leaves_its_text_behind():
    assert content(put("swapped", DOCUMENT, partner=replace(OTHER, text="Another text."))) == [DOCUMENT.text]
