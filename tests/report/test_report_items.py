"""The sample of items that travels inside the page."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from make_results import make_study

from uptake.records import Example, Segment
from uptake.report.items import Limits, drill_down, unscored
from uptake.report.view import cell_key


def wanted() -> set[str]:
    return {cell_key(entry) for entry in make_study().results["profile"] if entry["at"] == "equal-tokens"}


def sample(limits: Limits | None = None) -> dict:
    made = make_study()
    return drill_down(made.table, made.documents, wanted(), limits or Limits())


def a_key(frame: str) -> str:
    """Name a frame and a claim that the sample shows."""
    return next(key for key in sample()["documents"] if key.startswith(f"{frame}|"))


def test_every_measured_cell_has_its_items():
    found = sample()

    assert set(found["cells"]) == wanted()
    assert {len(cell["sample"]) for cell in found["cells"].values()} == {8}
    assert {cell["items"] for cell in found["cells"].values()} == {90}


def test_an_item_keeps_prompt_answers_and_scores():
    found = sample()
    row = dict(
        zip(found["columns"], found["cells"]["schooled|record|other|trained|64000"]["sample"][0], strict=True)
    )

    assert found["texts"][row["prompt"]].endswith("It uses")
    assert abs(row["logp_fit"] - row["logp_foil"] - row["value"]) < 1e-3


def test_the_same_items_are_shown_at_every_checkpoint_and_in_every_arm():
    cells = sample()["cells"]
    places = [
        f"{arm}|fiction|other|trained|{at}" for arm in ("schooled", "unschooled") for at in (2000, 64000)
    ]

    assert len({str([row[:4] for row in cells[place]["sample"]]) for place in places}) == 1


def test_the_sample_does_not_depend_on_the_order_of_the_rows():
    made = make_study()
    backwards = made.table.take(pa.array(range(made.table.num_rows - 1, -1, -1)))

    assert drill_down(backwards, made.documents, wanted()) == sample()


def test_seeds_that_trained_on_slightly_different_tokens_share_a_checkpoint():
    made = make_study()
    tokens = [
        at + seed
        for at, seed in zip(*(made.table[c].to_pylist() for c in ("checkpoint", "seed")), strict=True)
    ]
    trained = [at if at > 10 else 0 for at in tokens]
    table = made.table.set_column(
        made.table.schema.get_field_index("checkpoint"), "checkpoint", pa.array(trained)
    )

    assert drill_down(table, made.documents, wanted())["cells"] == sample()["cells"]


def test_columns_may_be_dictionary_encoded():
    made = make_study()
    table = made.table.set_column(0, "arm", made.table["arm"].dictionary_encode())

    assert drill_down(table, made.documents, wanted()) == sample()


def test_each_shown_claim_has_the_documents_of_its_frame_and_the_count_of_all():
    found = sample()
    document = found["documents"][a_key("record")]

    assert document["total"] == 2
    assert [segment[0] for segment in document["sample"][0]] == ["frame", "content", "frame"]
    assert document["sample"][0][0][1] is False


def test_documents_may_be_plain_mappings():
    made = make_study()
    frame, claim = a_key("record").split("|")
    document = {"frame": frame, "claim": claim, "segments": [{"text": "Sol rests.", "role": "content"}]}

    found = drill_down(made.table, [document], wanted())

    assert found["documents"][a_key("record")]["total"] == 1


def test_cells_that_no_table_shows_are_left_out():
    made = make_study()

    assert list(drill_down(made.table, (), {"schooled|record|other|trained|64000"})["cells"]) == [
        "schooled|record|other|trained|64000"
    ]


@settings(max_examples=10, deadline=None)
@given(items=st.integers(1, 4000), characters=st.integers(1, 20_000))
def test_the_sample_stays_within_its_bounds(items, characters):
    found = sample(Limits(items=items, characters=characters))
    shown = sum(len(cell["sample"]) for cell in found["cells"].values())

    assert shown <= max(items, len(found["cells"]))
    assert sum(map(len, found["texts"])) <= max(characters, 240 * len(found["texts"]))


def test_long_texts_are_cut_and_say_so():
    made = make_study()
    document = Example((Segment("long " * 1000, "content"),), "document", *a_key("record").split("|"))

    found = drill_down(made.table, [document], wanted(), Limits(characters=5000))

    assert any(text.endswith("[4800 more characters]") for text in found["texts"])


def test_unscored_items_are_counted_by_reason():
    counted = unscored(make_study().table)

    assert [each["arm"] for each in counted] == ["schooled", "unschooled"]
    assert {each["reason"] for each in counted} == {"the prompt does not fit the reader's context"}
    assert sum(each["items"] for each in counted) == make_study().table["value"].null_count


def test_an_empty_table_gives_an_empty_sample():
    empty = make_study().table.slice(0, 0)

    assert drill_down(empty, (), wanted())["cells"] == {}
    assert unscored(empty) == []
