"""Rows on disk: `readings.parquet`, one line an item."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from uptake.errors import UserError
from uptake.files import atomic_write
from uptake.records import Row

_NUMBERS = {"logp_fit", "logp_foil", "option_mass", "value", "probability", "per_byte", "calibrated"}
_WHOLE = {"seed": pa.int32(), "checkpoint": pa.int64(), "wording": pa.int16()}
# Floats are kept at single precision: the readers compute no more than that, and the file is half as large.
SCHEMA = pa.schema(
    [
        (
            column.name,
            pa.float32()
            if column.name in _NUMBERS
            else pa.bool_()
            if column.name == "hit"
            else _WHOLE.get(column.name, pa.string()),
        )
        for column in fields(Row)
    ]
)


def rows_table(rows: Sequence[Row]) -> pa.Table:
    """Return the rows as columns, in order."""
    return pa.table({column.name: [getattr(row, column.name) for row in rows] for column in fields(Row)}, schema=SCHEMA)


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table whole or not at all; the same rows give the same bytes."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    atomic_write(path, sink.getvalue())


def read_table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Read a table that `write_table` wrote. Raises UserError for a file that is damaged."""
    try:
        return pq.read_table(path, columns=list(columns) if columns else None)
    except pa.ArrowInvalid as error:
        raise UserError("this is no whole Parquet file", where=str(path),
                        hint="delete it and carry the run on: what is missing is made again") from error


def joined(tables: Iterable[pa.Table]) -> pa.Table:
    """Return the tables below one another."""
    return pa.concat_tables(list(tables)).combine_chunks()
