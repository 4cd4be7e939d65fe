"""Another author's samples, chosen to be as likely to the reader as its own."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uptake.authoring.matching import Sample, match
from uptake.errors import UserError

LOGP = st.floats(-12, 0).map(lambda each: round(each, 3))


def samples(questions="ab"):
    made = st.lists(st.tuples(st.sampled_from(questions), st.lists(LOGP, min_size=1, max_size=4)), max_size=6)
    return made.map(lambda each: [Sample(str(place), what, tuple(logps)) for place, (what, logps) in enumerate(each)])


def flat(name, asked, *means):
    return [Sample(f"{name}{place}", asked, (mean, mean)) for place, mean in enumerate(means)]


def ids(found):
    return {(pair.own.id, pair.other.id) for pair in found.pairs}


def test_planted_twins_are_found_among_harder_texts():
    own = flat("own", "q", -1.0, -1.5, -2.0, -2.5)
    twins = flat("twin", "q", -2.51, -0.99, -2.02, -1.48)
    harder = flat("hard", "q", *(-4.0 - 0.1 * number for number in range(20)))
    found = match(own, harder + twins)
    assert ids(found) == {
        ("own0", "twin1"), ("own1", "twin3"), ("own2", "twin2"), ("own3", "twin0")}
    assert found.before < -2.5 and abs(found.after) < 0.01 and found.furthest == pytest.approx(0.02)


def test_the_sum_of_differences_is_least_though_the_nearest_first_would_be_worse():
    found = match(flat("own", "q", -1.0, -2.0), flat("other", "q", -1.9, -3.5))
    assert ids(found) == {("own0", "other0"), ("own1", "other1")}


def test_only_answers_to_the_same_question_are_paired():
    found = match(flat("own", "a", -1.0), flat("other", "b", -1.0))
    assert found.pairs == () and [each.id for each in found.unpaired] == ["own0"]
    assert found.after is None and found.reasons["after"] == "there is no pair"


def test_what_is_left_is_reported_where_the_other_author_cannot_be_as_easy():
    found = match(flat("own", "q", -1.0, -1.2), flat("other", "q", -3.0, -3.2, -9.0))
    assert found.after == pytest.approx(-2.0) and found.standardised < -10
    assert "-2.000 after" in found.in_words()


def test_none_is_paired_beyond_the_furthest_that_is_allowed():
    found = match(flat("own", "q", -1.0, -2.0), flat("other", "q", -1.1, -5.0), furthest=0.5)
    assert ids(found) == {("own0", "other0")} and [each.id for each in found.unpaired] == ["own1"]


@pytest.mark.parametrize(("logps", "reason"), [
    ((), "no token"), ((float("nan"),), "not a finite"), ((0.5,), "above 0")])
def test_a_sample_without_a_likelihood_is_counted_with_its_reason(logps, reason):
    found = match([Sample("x", "q", logps), *flat("own", "q", -1.0)], flat("x", "q", -1.0))
    assert list(found.without) == ["own x"] and reason in found.without["own x"]
    assert len(found.pairs) == 1


def test_an_id_that_is_used_twice_is_refused():
    with pytest.raises(UserError, match="given twice"):
        match(flat("own", "q", -1.0) * 2, [])


@given(samples(), samples())
def test_no_sample_is_used_twice_and_as_many_are_paired_as_can_be(own, others):
    found = match(own, others)
    for name in ("own", "other"):
        assert len({getattr(pair, name).id for pair in found.pairs}) == len(found.pairs)
    asked = [[each.asked for each in author] for author in (own, others)]
    most = sum(min(each.count(question) for each in asked) for question in "ab")
    assert len(found.pairs) == most and len(found.pairs) + len(found.unpaired) == len(own)
    assert all(pair.own.asked == pair.other.asked for pair in found.pairs)


@given(samples("q"), samples("q"), st.integers(0, 1000))
def test_no_other_choice_comes_closer(own, others, seed):
    found = match(own, others)
    drawn = random.Random(seed).sample(others, len(others))
    rivals = zip(random.Random(seed + 1).sample(own, len(own)), drawn, strict=False)
    best = sum(abs(pair.difference) for pair in found.pairs)
    assert best <= sum(abs(other.per_token - mine.per_token) for mine, other in rivals) + 1e-9


@given(samples(), samples(), st.randoms(use_true_random=False))
def test_the_order_in_which_samples_are_given_decides_nothing(own, others, rng):
    def shuffled(each):
        return rng.sample(each, len(each))

    one, other = match(own, others), match(shuffled(own), shuffled(others))
    assert ids(one) == ids(other)


@given(samples())
def test_an_author_is_matched_with_itself_without_remainder(own):
    found = match(own, own)
    assert all(pair.difference == 0 for pair in found.pairs) and found.unpaired == ()


@given(samples(), samples(), st.floats(0, 3))
def test_no_pair_differs_by_more_than_is_allowed(own, others, furthest):
    found = match(own, others, furthest)
    assert all(abs(pair.difference) <= furthest for pair in found.pairs)
    assert found.furthest is None or found.furthest <= furthest
