"""Tables and claim values: what is counted, what is scored, and what a claim's value is."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uptake.records import Row
from uptake.stats.cells import CellKey, claim_values
from uptake.stats.table import Table

KEY = CellKey("a", "record", "other", "trained", 100)


def row(value, **other):
    number = None if value is None else float(value)
    usual = {"arm": "a", "seed": 0, "frame": "record", "claim": "c1", "reading": "other", "context": "trained"}
    usual |= {"checkpoint": 100, "wording": 0, "polarity": "open"}
    reason = "" if number is not None else "no answer"
    scores = {"logp_fit": None, "logp_foil": None, "option_mass": None, "value": number, "reason": reason}
    return Row(**(usual | scores | other))


def matrix(rows, scale="log-odds"):
    return claim_values(Table.from_rows(rows), scale)[KEY]


def test_a_claims_value_is_the_mean_over_wordings_of_the_mean_over_polarities():
    rows = [row(1, polarity="affirmed"), row(3, polarity="denied"), row(10, wording=1, polarity="affirmed")]
    assert matrix(rows).mean == pytest.approx((2 + 10) / 2)


def test_an_item_without_a_value_is_counted_and_enters_no_mean():
    found = matrix([row(4), row(None, wording=1), row(math.inf, wording=2)])
    assert (found.items, found.unscored, found.mean) == (3, 2, 4.0)


def test_a_cell_without_any_value_is_kept_with_its_counts_and_has_no_mean():
    found = matrix([row(None), row(None, claim="c2")])
    assert (found.items, found.unscored, found.mean) == (2, 2, None)


def test_on_the_accuracy_scale_the_value_is_the_share_of_hits():
    assert matrix([row(1, hit=True), row(-1, claim="c2", hit=False)], "accuracy").mean == 0.5


def test_a_claim_that_was_not_in_a_frame_under_a_seed_is_absent_and_not_zero():
    found = matrix([row(1, seed=0, claim="c1"), row(2, seed=1, claim="c2")])
    assert found.seed_means == {0: 1.0, 1: 2.0}
    assert np.isnan(found.values).sum() == 2


def test_seeds_measured_at_slightly_different_tokens_share_checkpoints_by_rank():
    rows = [row(1, seed=0, checkpoint=98), row(1, seed=1, checkpoint=102)]
    assert matrix(rows).seeds == (0, 1)


def test_two_checkpoints_of_one_seed_are_never_merged():
    cells = claim_values(Table.from_rows([row(1, checkpoint=c) for c in (10, 20)]), "log-odds")
    assert [key.checkpoint for key in cells] == [10, 20]


def test_rows_and_mappings_give_the_same_table():
    rows = [row(1), row(2, claim="c2")]
    as_mappings = [{name: getattr(each, name) for name in each.__slots__} for each in rows]
    assert matrix(rows).mean == matrix(as_mappings).mean


def test_columns_of_different_lengths_are_refused():
    names = ("arm", "seed", "frame", "claim", "reading", "context", "checkpoint", "wording", "polarity")
    with pytest.raises(ValueError, match="different lengths"):
        Table.from_columns({name: [0] for name in names} | {"value": [1.0, 2.0]})


ITEMS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["c1", "c2", "c3"]),
        st.integers(0, 1),
        st.sampled_from(["affirmed", "denied"]),
        st.one_of(st.none(), st.floats(-5, 5)),
    ),
    min_size=1,
    max_size=30,
)


@settings(deadline=None, max_examples=50)
@given(ITEMS, st.randoms())
def test_the_order_of_rows_does_not_matter(items, random):
    rows = [row(value, seed=s, claim=c, wording=w, polarity=p) for s, c, w, p, value in items]
    shuffled = random.sample(rows, len(rows))
    one, other = matrix(rows), matrix(shuffled)
    np.testing.assert_array_equal(one.values, other.values)
    assert (one.items, one.unscored) == (other.items, other.unscored)


@settings(deadline=None, max_examples=50)
@given(ITEMS)
def test_unscored_items_never_enter_a_mean(items):
    rows = [row(value, seed=s, claim=c, wording=w, polarity=p) for s, c, w, p, value in items]
    scored = [each for each in rows if each.value is not None]
    if scored:
        assert matrix(rows).seed_means == matrix(scored).seed_means
