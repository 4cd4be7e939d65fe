import random

from drawn_frames import every, examples, segments
from hypothesis import given
from hypothesis import strategies as st

from uptake.frames.ledger import assign, loss_mask, tally
from uptake.records import Example, Segment

SPLIT = (Segment("Log: ", "frame", loss=False), Segment("It plays.", "content"), Segment(" End.", "frame", loss=False))


def words_with_leading_space(text: str) -> list[tuple[int, int]]:
    """Cut as a byte-level BPE does: each word takes the space before it."""
    starts = [0, *(place for place, mark in enumerate(text) if mark == " " and place)]
    return list(zip(starts, [*starts[1:], len(text)], strict=True))


@given(segments, st.integers(1, 4))
def test_every_token_belongs_to_exactly_one_segment(drawn, count):
    spans = every(count)("".join(segment.text for segment in drawn))
    assert len(assign(drawn, spans)) == len(spans)


@given(segments, st.integers(1, 4))
def test_a_token_belongs_to_the_segment_of_its_first_character_that_is_no_space(drawn, count):
    text = "".join(segment.text for segment in drawn)
    owners = [place for place, segment in enumerate(drawn) for _ in segment.text]
    for (start, end), found in zip(every(count)(text), assign(drawn, every(count)(text)), strict=True):
        inside = [place for place in range(start, end) if not text[place].isspace()]
        assert not inside or found is drawn[owners[inside[0]]]


@given(st.lists(examples, max_size=8), st.integers(1, 4))
def test_tokens_of_roles_sum_to_the_whole(drawn, count):
    rows = tally(drawn, every(count)).rows
    assert sum(row["tokens"] for row in rows) == sum(len(every(count)(example.text)) for example in drawn)
    for row in rows:
        assert row["frame_tokens"] + row["content_tokens"] == row["tokens"]
        assert row["frame_loss_tokens"] + row["content_loss_tokens"] == row["loss_tokens"] <= row["tokens"]


@given(st.lists(examples, max_size=8), st.integers(1, 4), st.randoms(use_true_random=False))
def test_the_order_of_examples_does_not_matter(drawn, count, rng):
    assert tally(rng.sample(drawn, len(drawn)), every(count)) == tally(drawn, every(count))


@given(examples, st.integers(1, 4))
def test_the_mask_agrees_with_the_ledger(example, count):
    mask = loss_mask(example, every(count))
    assert len(mask) == len(every(count)(example.text))
    assert sum(mask) == tally([example], every(count)).rows[0]["loss_tokens"]


@given(st.lists(examples, min_size=1, max_size=8), st.integers(1, 4))
def test_shares_of_all_frames_sum_to_one(drawn, count):
    rows = tally(drawn, every(count)).rows
    total = sum(row["share"] for row in rows)
    assert abs(total - 1) < 1e-9 or not any(row["tokens"] for row in rows)


def test_a_token_with_a_joining_space_belongs_to_the_word_it_carries():
    example = Example(SPLIT, "document")
    assert loss_mask(example, words_with_leading_space) == [False, True, True, False]


def test_special_tokens_of_no_width_belong_to_the_first_word():
    assert assign(SPLIT, [(0, 0)]) == [SPLIT[0]]


def test_space_after_the_last_word_belongs_to_the_last_segment():
    ending = (Segment("It plays.", "content"), Segment(" \n", "frame", loss=False))
    assert assign(ending, [(9, 11)]) == [ending[1]]


def test_the_ledger_tells_documents_from_exposures_and_questions():
    twice = [Example(SPLIT, "document", "record", "c1")] * 2
    other = Example((Segment("It sings.", "content"),), "both", "record", "c1")
    asked = Example((Segment("Does it?", "content"),), "question", "record", "c1")
    rows = tally([*twice, other, asked], words_with_leading_space).rows
    assert [(row["documents"], row["exposures"], row["questions"]) for row in rows] == [(2, 4, 2)]


def test_the_ledger_counts_to_the_token():
    row = tally([Example(SPLIT, "document", "record", "c1")], words_with_leading_space).rows[0]
    assert row == {"frame": "record", "documents": 1, "exposures": 1, "questions": 0, "tokens": 4, "frame_tokens": 2,
                   "content_tokens": 2, "loss_tokens": 2, "frame_loss_tokens": 0, "content_loss_tokens": 2,
                   "share": 1.0, "frame_share": 0.5}


def test_nothing_trained_on_leaves_an_empty_ledger():
    assert tally([], random.Random(0)).rows == ()
