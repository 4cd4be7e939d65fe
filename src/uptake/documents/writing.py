"""Write records as JSONL or Parquet, a record at a time; the file is whole or absent."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from errno import EISDIR
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic_core import to_json

from uptake.documents.formats import COLUMNS, OTHER_KEYS
from uptake.documents.record import DocumentRecord
from uptake.files import sync_folder, temporary_name, writing

PACKING = {".gz": "gzip", ".zst": "zstd"}
# A row group of Parquet is held until it is full: 10,000 documents of 200 words, or fewer of longer ones, are 16 MB.
GROUP_ROWS, GROUP_CHARACTERS = 10_000, 1 << 24


def write_jsonl(path: Path | str, records: Iterable[DocumentRecord]) -> int:
    """Write one record a line, packed as the name ends (.gz, .zst), and return how many.

    Raises UserError when the disk or the folder does not allow it; what stood at `path` then stands unharmed.
    """
    packing, count = PACKING.get(Path(path).suffix.lower()), 0
    with (_replacing(path) as temporary, temporary.open("wb") as raw,
          pa.CompressedOutputStream(raw, packing) if packing else nullcontext(raw) as stream):
        for record in records:
            stream.write(record.to_json().encode() + b"\n")
            count += 1
    return count


def write_parquet(path: Path | str, records: Iterable[DocumentRecord]) -> int:
    """Write records as Parquet and return how many: a column for each field of the top, and `metadata` as JSON in a
    text, since its keys may differ from record to record. Raises as `write_jsonl` does."""
    count = 0
    with _replacing(path) as temporary, pq.ParquetWriter(temporary, COLUMNS, compression="zstd") as table:
        for rows in _groups(records):
            table.write_batch(pa.RecordBatch.from_pylist(rows, schema=COLUMNS))
            count += len(rows)
    return count


def _groups(records: Iterable[DocumentRecord]) -> Iterator[list[dict[str, Any]]]:
    rows, characters = [], 0
    for record in records:
        rows.append(_row(record))
        characters += len(record.text)
        if len(rows) == GROUP_ROWS or characters > GROUP_CHARACTERS:
            yield rows
            rows, characters = [], 0
    if rows:
        yield rows


def _row(record: DocumentRecord) -> dict[str, Any]:
    row = {name: getattr(record, name) for name in ("id", "text", "source", "created", "added", "version")}
    if record.metadata is not None:
        row["metadata"] = record.metadata.model_dump_json(exclude_unset=True)
    if record.model_extra:
        row[OTHER_KEYS] = to_json(record.model_extra).decode()
    return row


@contextmanager
def _replacing(path: Path | str) -> Iterator[Path]:
    """A temporary file beside `path`, which is renamed over it when all is written, or else removed."""
    with writing(path):
        target = Path(path).resolve()
        if target.is_dir():
            raise IsADirectoryError(EISDIR, "is a folder")
        temporary = target.with_name(temporary_name(target.name))
        try:
            yield temporary
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            temporary.replace(target)
            sync_folder(target.parent)
        finally:
            temporary.unlink(missing_ok=True)
