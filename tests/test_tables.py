"""Rows on disk are what they were in memory, and the same rows are the same bytes."""

from dataclasses import fields, replace

import pyarrow as pa
import pytest

from uptake.errors import UserError
from uptake.records import Row
from uptake.tables import SCHEMA, joined, read_table, rows_table, write_table

SCORED = Row(arm="schooled", seed=3, frame="record", claim="tool-0001", reading="other", context="trained",
             checkpoint=3_000_000_000, wording=2, polarity="open", logp_fit=-0.5, logp_foil=-2.0, option_mass=0.75,
             value=1.5, reason="", probability=0.625, hit=True, per_byte=0.25, calibrated=-0.125, prompt="Is it so?",
             fit=" yes", foil=" no")
NOT_SCORED = replace(SCORED, logp_fit=None, logp_foil=None, option_mass=None, value=None, reason="too long",
                     probability=None, hit=None, per_byte=None, calibrated=None)


def test_a_table_has_the_columns_of_a_row_in_order():
    assert SCHEMA.names == [column.name for column in fields(Row)]


@pytest.mark.parametrize("row", [SCORED, NOT_SCORED], ids=["scored", "not scored"])
def test_a_row_comes_back_as_it_was(tmp_path, row):
    write_table(tmp_path / "rows.parquet", rows_table([row]))
    assert [Row(**each) for each in read_table(tmp_path / "rows.parquet").to_pylist()] == [row]


def test_the_same_rows_are_the_same_bytes(tmp_path):
    for name in ("one", "other"):
        write_table(tmp_path / name, rows_table([SCORED, NOT_SCORED] * 100))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_no_rows_are_a_table_with_every_column(tmp_path):
    """A stage that measures nothing leaves one of these, and it joins the others."""
    write_table(tmp_path / "rows.parquet", rows_table([]))
    empty = read_table(tmp_path / "rows.parquet")
    assert empty.schema.equals(SCHEMA)
    assert joined([empty, rows_table([SCORED])]).to_pylist() == rows_table([SCORED]).to_pylist()


def test_only_the_wanted_columns_are_read(tmp_path):
    write_table(tmp_path / "rows.parquet", rows_table([SCORED]))
    assert read_table(tmp_path / "rows.parquet", ["claim", "value"]).column_names == ["claim", "value"]


def test_tables_are_joined_below_one_another_in_order():
    tables = [rows_table([replace(SCORED, seed=seed)]) for seed in (2, 0, 1)]
    assert joined(tables)["seed"].to_pylist() == [2, 0, 1]


def test_a_seed_too_large_for_its_column_is_refused_rather_than_cut():
    with pytest.raises((pa.ArrowInvalid, OverflowError)):
        rows_table([replace(SCORED, seed=2**40)])


def test_a_file_that_was_cut_off_is_the_users_to_mend(tmp_path):
    place = tmp_path / "rows.parquet"
    write_table(place, rows_table([SCORED]))
    place.write_bytes(place.read_bytes()[:-20])
    with pytest.raises(UserError, match="no whole Parquet file"):
        read_table(place)
