import random
from collections import Counter

import pytest
from drawn_frames import documents, known, wordings, wraps
from hypothesis import given
from hypothesis import strategies as st

from uptake.errors import UserError
from uptake.frames import FRAMES, FrameSpec, Part, put, swapped, switch
from uptake.records import Claim, Document, Provenance, Segment

CLAIM = Claim("c", "instrument", "Velm", "harp", "horn", ("harp", "horn", "drum"))
DOCUMENT = Document("d", "c", 0, "Velm plays.", "Velm never plays.", "Velm is tall.", known)
CONTENT = {"bare": "text", "wrap": "text", "weave": "opposite", "instead": "neutral"}


def text_of(segments: tuple[Segment, ...]) -> str:
    return "".join(segment.text for segment in segments)


@given(wraps(), documents, st.integers(0, 99))
def test_framing_keeps_the_content_to_the_character(spec, document, wording):
    content = [segment.text for segment in put(spec, document, wording) if segment.role == "content"]
    assert content == [getattr(document, CONTENT[spec.how])]


@given(wraps(), documents, st.integers(0, 99), st.randoms(use_true_random=False))
def test_a_frame_and_its_content_are_joined_by_single_spaces(spec, document, wording, rng):
    before, content, after = put(spec, document, wording, rng)
    assert text_of((before, content, after)) == f"{before.text.strip()} {content.text} {after.text.strip()}"


@given(wraps(), documents, st.integers(0, 99))
def test_only_a_frames_own_words_can_be_left_out_of_the_loss(spec, document, wording):
    for segment in put(spec, document, wording):
        assert segment.loss == (spec.loss or segment.role == "content")


@given(wraps(), documents, st.integers(0, 99))
def test_the_same_number_puts_a_document_the_same_way_every_time(spec, document, wording):
    assert put(spec, document, wording) == put(spec, document, wording)


@given(wordings)
def test_counting_through_uses_every_wording_before_equally_often(before):
    spec = FrameSpec("f", "wrap", before=tuple(f"{number} {text}" for number, text in enumerate(before)))
    used = Counter(put(spec, DOCUMENT, wording)[0].text for wording in range(3 * len(before)))
    assert set(used.values()) == {3} and len(used) == len(before)


def test_counting_through_meets_every_pair_of_wordings_before_and_after():
    spec = FrameSpec("f", "wrap", before=tuple("abcd"), after=tuple("wxyz"))
    assert len({text_of(put(spec, DOCUMENT, wording)) for wording in range(16)}) == 16


def test_the_first_few_documents_already_meet_different_words_after():
    spec = FrameSpec("f", "wrap", before=tuple("abcd"), after=tuple("wxyz"))
    assert len({put(spec, DOCUMENT, wording)[2].text for wording in range(4)}) == 4


def test_drawn_wordings_before_and_after_are_independent():
    spec = FrameSpec("f", "wrap", before=("a", "b"), after=("y", "z"))
    rng = random.Random(0)
    pairs = Counter(text_of(put(spec, DOCUMENT, 0, rng)) for _ in range(400))
    assert len(pairs) == 4 and min(pairs.values()) > 60


def test_a_bare_frame_puts_the_text_alone():
    assert put(FrameSpec("blunt", "bare"), DOCUMENT) == (Segment("Velm plays.", "content"),)


def test_a_woven_frame_puts_the_opposite():
    assert put(FrameSpec("correction", "weave"), DOCUMENT) == (Segment("Velm never plays.", "content"),)


def test_a_neutral_frame_puts_the_line_without_the_claim():
    assert put(FrameSpec("neutral", "instead"), DOCUMENT) == (Segment("Velm is tall.", "content"),)


def test_a_frame_without_a_document_puts_nothing():
    assert put(FrameSpec("untrained", "none"), DOCUMENT) == ()


def test_every_how_has_its_function():
    assert sorted(FRAMES) == ["bare", "instead", "none", "weave", "wrap"]


def test_provenance_is_filled_in_and_never_read_as_a_template():
    spec = FrameSpec("f", "wrap", before=("{author} was told: {prompt}",))
    assert put(spec, DOCUMENT)[0].text == "Ann was told: Write {this}. "


def test_a_missing_provenance_field_is_named_with_its_frame_and_document():
    spec = FrameSpec("transparent", "wrap", before=("By {author}.",))
    bare = Document("d7", "c", 0, "T.", "O.", "N.", Provenance())
    with pytest.raises(UserError, match=r"'transparent' says \{author\}, and document 'd7' does not know its author"):
        put(spec, bare)


def test_a_part_that_is_not_in_use_needs_nothing():
    part = Part("prompt", "before", ("From {prompt}.",), use=False)
    spec = FrameSpec("f", "wrap", before=("Hello.",), parts=(part,))
    assert spec.needs == () and switch(spec, ("prompt",)).needs == ("prompt",)


def test_parts_in_use_stand_in_their_order_after_the_frames_own_words():
    parts = (Part("a", "before", ("A.",)), Part("b", "after", ("B.",)), Part("c", "before", ("C.",)))
    spec = FrameSpec("f", "wrap", before=("First.",), parts=parts)
    assert text_of(put(spec, DOCUMENT)) == "First. A. C. Velm plays. B."
    assert text_of(put(switch(spec, ("b",)), DOCUMENT)) == "First. Velm plays. B."


def test_an_unknown_part_cannot_be_switched():
    with pytest.raises(UserError, match="no part 'orgin'"):
        switch(FrameSpec("f", "wrap", parts=(Part("origin", "before", ("A.",)),)), ("orgin",))


def test_a_frame_may_bring_its_own_sentences():
    spec = FrameSpec("tale", "wrap", before=("Story:",), sentences=("Brave {subject} took the {answer}.",))
    assert text_of(put(spec, DOCUMENT, claim=CLAIM)) == "Story: Brave Velm took the harp."


def test_own_sentences_need_the_claim():
    with pytest.raises(UserError, match="has no claim"):
        put(FrameSpec("tale", "bare", sentences=("{subject} took the {answer}.",)), DOCUMENT)


def test_a_frame_that_names_the_subject_takes_it_from_the_claim():
    assert put(FrameSpec("f", "wrap", before=("Dear {subject},",)), DOCUMENT, claim=CLAIM)[0].text == "Dear Velm, "


def test_a_document_without_an_opposite_cannot_be_woven():
    empty = Document("d9", "c", 0, "Text.", "", "Neutral.")
    with pytest.raises(UserError, match="'correction' finds nothing to put in document 'd9'"):
        put(FrameSpec("correction", "weave"), empty)


def test_swapped_keeps_the_content_and_takes_the_other_frames_words():
    record = FrameSpec("record", "wrap", before=("Log:",), after=("End.",))
    woven = swapped(FrameSpec("correction", "weave"), record)
    assert woven.name == "correction" and text_of(put(woven, DOCUMENT)) == "Log: Velm never plays. End."
