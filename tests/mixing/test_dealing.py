"""Claims are dealt to frames by a Latin square over seeds."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from uptake.mixing.dealing import deal, mirror_pairs
from uptake.records import Claim

SIZES = {"frames": st.integers(1, 8), "claims": st.integers(1, 40), "first": st.integers(0, 100)}


def claims_and_frames(claims, frames):
    return ([Claim(f"c{number}", "tool", f"S{number}", "a", "b", ("a", "b")) for number in range(claims)],
            [f"f{number}" for number in range(frames)])


@given(**SIZES)
def test_over_as_many_seeds_as_frames_each_claim_meets_each_frame_once(frames, claims, first):
    told, names = claims_and_frames(claims, frames)
    dealt = [deal(told, names, seed) for seed in range(first, first + frames)]
    for claim in told:
        assert sorted(each[claim.id] for each in dealt) == names


@given(**SIZES)
def test_under_any_seed_frames_get_equally_many_claims_to_within_one(frames, claims, first):
    told, names = claims_and_frames(claims, frames)
    times = Counter(dict.fromkeys(names, 0))
    times.update(deal(told, names, first).values())
    assert max(times.values()) - min(times.values()) <= 1


def test_the_same_seed_deals_the_same():
    told, names = claims_and_frames(12, 3)
    assert deal(told, names, 4) == deal(told, names, 4)


def test_claims_dealt_together_meet_the_same_frame():
    told, names = claims_and_frames(12, 3)
    dealt = deal(told, names, 1, together=2)
    assert all(dealt[one.id] == dealt[two.id] for one, two in zip(told[::2], told[1::2], strict=True))


@given(pairs=st.integers(1, 12), order=st.randoms())
def test_mirror_pairs_are_found_in_any_order(pairs, order):
    claims = [Claim(f"c{n}-{way}", f"t{n}", f"S{n}{way}", *("ab", "ba")[way], ("a", "b"))
              for n in range(pairs) for way in (0, 1)]
    order.shuffle(claims)
    found = mirror_pairs(claims)
    assert sorted(claim.id for pair in found for claim in pair) == sorted(claim.id for claim in claims)
    assert all((one.topic, one.stated, one.foil) == (two.topic, two.foil, two.stated) for one, two in found)


def test_where_one_claim_has_no_mirror_there_are_no_pairs():
    claims = [Claim("c1", "t", "A", "a", "b", ("a", "b", "c")), Claim("c2", "t", "B", "b", "a", ("a", "b", "c")),
              Claim("c3", "t", "C", "c", "a", ("a", "b", "c"))]
    assert mirror_pairs(claims) == []
