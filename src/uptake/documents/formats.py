"""What a file of documents holds, told from its first bytes before its name, and its lines or rows one by one.

A reader yields `(number, line)`: the bytes of a line of JSON, the dictionary of a row or text, or a `Broken` that says
why that line is lost. It holds one line or one batch of rows at a time.
"""

import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic_core import from_json

from uptake.errors import UserError

# Enough of a file's beginning to tell what it holds: the first keys of its first line.
HEAD = 1 << 16
# A longer line is no document but a file without line ends; it is read past, never held whole.
LONGEST = 1 << 28
# Rows of a table that are Python objects at one time: datatrove and datasets take as many.
ROWS = 1000
# What is held while a column chunk of Parquet is read; without it a whole chunk is, however large its row group.
BUFFER = 1 << 18
# A zstd stream that ends in the middle gives up what it last unpacked with the error, so it is asked for little.
ZSTD_BUFFER = 1 << 13

GZIP, ZSTD, PARQUET, BOM = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1", b"\xef\xbb\xbf"
UTF16 = (b"\xff\xfe", b"\xfe\xff")
JSONL_NAMES, TEXT_NAMES = (".jsonl", ".ndjson"), (".txt", ".md")

# The column of our Parquet that holds, as JSON, what stood at the top of a line and is no field of a record.
OTHER_KEYS = "uptake_other_keys"
COLUMNS = pa.schema([pa.field("id", pa.string(), nullable=False), pa.field("text", pa.string(), nullable=False),
                     pa.field("source", pa.string(), nullable=False), ("created", pa.string()), ("added", pa.string()),
                     ("version", pa.string()), ("metadata", pa.string()), (OTHER_KEYS, pa.string())])
KNOWN = frozenset(COLUMNS.names)
PLAIN = frozenset((str, int, bool, type(None)))


@dataclass(frozen=True, slots=True)
class Broken:
    """Why a line is lost: in a few words to count by, and in full."""

    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class File:
    """A file to be read: its name within the corpus, what it holds, and the name of the corpus's folder."""

    path: Path
    name: str
    holds: str
    folder: str


Lines = Iterator[tuple[int, bytes | dict | Broken]]


def what_it_holds(path: Path) -> tuple[str, str]:
    """Say what a file holds (jsonl, parquet or text), or "" and why it cannot be read."""
    head, packed = _head(path)
    suffix = path.with_suffix("").suffix.lower() if packed else path.suffix.lower()
    first = head.removeprefix(BOM).lstrip().partition(b"\n")[0].rstrip()
    if head.startswith(PARQUET):
        return "parquet", ""
    if head.startswith(UTF16):
        return "", "it is UTF-16, and UTF-8 is needed"
    if first.startswith(b"{") and b'"text"' in first:
        return "jsonl", ""
    if suffix in TEXT_NAMES and not packed and b"\0" not in head:
        return "text", ""
    if first == b"[" or first.startswith(b"[{"):
        return "", "it is one JSON array, not a document a line"
    if first == b"{":
        return "", "it is one JSON object over many lines, not a document a line"
    if suffix in JSONL_NAMES:
        return "jsonl", ""
    return "", "it holds neither JSONL nor Parquet nor a text"


def lines(file: File) -> Lines:
    """Yield the file's lines or rows with their numbers, counted from 1.

    Raises UserError for a table that cannot be opened or has no column `text`, and OSError as the system does.
    """
    return {"jsonl": _json_lines, "text": _text, "parquet": _parquet, "arrow": _arrow}[file.holds](file)


def parsed(line: bytes) -> Any:
    """Return what a line of JSON holds, or `Broken`. NaN and halves of a character are no JSON."""
    try:
        return from_json(line.rstrip(), allow_inf_nan=False)
    except ValueError as error:
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as fault:
            return Broken("not UTF-8", f"not UTF-8 from byte {fault.start + 1} on")
        return Broken("not JSON", "not JSON: " + re.sub(r"at line \d+ column (\d+)$", r"at byte \1", str(error)))


def _head(path: Path) -> tuple[bytes, bool]:
    """The beginning of a file, unpacked, and whether it was packed. Nothing is left of it if the packing is broken."""
    with path.open("rb") as raw:
        packed = raw.read(4).startswith((GZIP, ZSTD))
    try:
        with _unpacked(path) as stream:
            return stream.read1(HEAD), packed
    except (EOFError, zlib.error, OSError) as error:
        _cut_off(error)
        return b"", packed


@contextmanager
def _unpacked(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as raw:
        magic = raw.read(4)
        raw.seek(0)
        if magic.startswith(GZIP):
            yield gzip.GzipFile(fileobj=raw)
        elif magic == ZSTD:
            yield io.BufferedReader(pa.CompressedInputStream(pa.PythonFile(raw), "zstd"), ZSTD_BUFFER)
        else:
            yield raw


def _cut_off(error: Exception) -> Broken:
    """What stands for the rest of a file whose data are damaged; the system's own refusals are passed on."""
    if getattr(error, "errno", None):
        raise error
    return Broken("cut off", f"the file is cut off or damaged here, and the rest of it is lost ({error})")


def _json_lines(file: File) -> Lines:
    """The lines of a file, unpacked; lines of white space alone hold nothing and are only numbered."""
    number = 0
    with _unpacked(file.path) as stream:
        try:
            while line := stream.readline(LONGEST + 1):
                number += 1
                if number == 1:
                    line = line.removeprefix(BOM)
                if len(line) > LONGEST:
                    while line and not line.endswith(b"\n"):
                        line = stream.readline(LONGEST)
                    yield number, _too_long()
                elif line and not line.isspace():
                    yield number, line
        except (EOFError, zlib.error, OSError) as error:
            yield number + 1, _cut_off(error)


def _too_long() -> Broken:
    return Broken("too long", f"longer than {LONGEST >> 20} MiB, which is no document")


def _text(file: File) -> Lines:
    """A text file is one document, of which nothing is known but its name and its folder."""
    if file.path.stat().st_size > LONGEST:
        yield 1, _too_long()
        return
    data = file.path.read_bytes().removeprefix(BOM)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        yield data.count(b"\n", 0, error.start) + 1, Broken("not UTF-8", f"not UTF-8 from byte {error.start + 1} on")
        return
    yield 1, {"id": file.name, "text": text, "source": file.folder,
              "metadata": {"made": {"how": "unknown"}, "status": {"kind": "unknown"}}}


def _parquet(file: File) -> Lines:
    try:
        table = pq.ParquetFile(file.path, buffer_size=BUFFER)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(file, "Parquet", error) from error
    with table:
        _check_columns(file, table.schema_arrow)
        yield from _rows(table.iter_batches(batch_size=ROWS, use_threads=False))


def _arrow(file: File) -> Lines:
    with pa.OSFile(str(file.path)) as raw:
        try:
            batches = pa.ipc.open_stream(raw)
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(file, "an Arrow stream", error) from error
        _check_columns(file, batches.schema)
        yield from _rows(batches)


def _unreadable(file: File, what: str, error: Exception) -> UserError:
    _cut_off(error)
    return UserError(f"could not be read as {what}: {str(error)[:120]}", where=str(file.path),
                     hint="it may have been cut off while it was copied; copy or make it again")


def _check_columns(file: File, schema: pa.Schema) -> None:
    if "text" not in schema.names:
        raise UserError("the table has no column 'text'", where=str(file.path),
                        hint=f"rename the column that holds the texts; it has: {', '.join(schema.names)[:200]}")


def _rows(batches: Iterable[pa.RecordBatch]) -> Lines:
    number = 0
    try:
        for batch in batches:
            for start in range(0, batch.num_rows, ROWS):
                for row in _as_python(batch.slice(start, ROWS)):
                    number += 1
                    yield number, row if isinstance(row, Broken) else _as_json(row)
    except (pa.ArrowException, OSError) as error:
        yield number + 1, _cut_off(error)


def _as_python(batch: pa.RecordBatch) -> Iterator[dict | Broken]:
    """The rows of a batch. It is checked first, for pyarrow follows a damaged offset wherever it points; where
    something is wrong, each row is tried by itself."""
    try:
        batch.validate(full=True)
        yield from batch.to_pylist()
    except ValueError as error:
        if batch.num_rows == 1:
            kind = "not UTF-8" if "UTF8" in str(error) else "wrong field"
            yield Broken(kind, f"the row cannot be read: {error}"[:200])
            return
        for start in range(batch.num_rows):
            yield from _as_python(batch.slice(start, 1))


def _as_json(row: dict[str, Any]) -> dict[str, Any] | Broken:
    """A row as a line of JSON would have it. A table has no absent fields, so a null in one of ours is an absence."""
    try:
        raw = {name: _plain(value, name) for name, value in row.items() if value is not None or name not in KNOWN}
    except TypeError as error:
        return Broken("wrong field", str(error))
    other = raw.get(OTHER_KEYS)
    kept = parsed(other.encode()) if isinstance(other, str) else None
    if isinstance(kept, dict):
        del raw[OTHER_KEYS]
        raw = kept | raw
    return raw


def _plain(value: Any, at: str) -> Any:
    """A table's value as JSON has it: times as ISO 8601, exact decimals as text, a number that is none as null."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(item, f"{at}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, at) for item in value]
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{at} holds {type(value).__name__}, which has no form in JSON")
