"""Read a corpus a document at a time, whatever lies there.

Read are JSONL (also packed with gzip or zstd), Parquet, texts (.txt, .md), a Hugging Face dataset as `save_to_disk`
leaves it, and folders of these. A broken line costs that line, and is kept in `Rejects` with its place and reason.

What grows with the corpus is the set of the ids seen, as digests of 8 bytes: some 80 bytes of memory a document, and
a chance of 3 in a hundred million that among a million ids two share a digest, in which case the second is refused
like an id used twice.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from uptake.documents.formats import TEXT_NAMES, Broken, File, lines, parsed, what_it_holds
from uptake.documents.record import CALLED, DocumentRecord, explain
from uptake.documents.writing import write_jsonl, write_parquet
from uptake.errors import UserError
from uptake.files import read_json

__all__ = ["Reject", "Rejects", "read_corpus", "write_jsonl", "write_parquet"]

FORMATS = "JSONL (also .gz, .zst), Parquet, .txt and .md, a dataset of save_to_disk, or a folder of these can be read"

# datatrove's reader moves these under `metadata` with all else it does not know; they are looked for there too.
MOVED_BY_DATATROVE = ("source", "created", "added", "version")

# Of a rejected line so much is kept: enough to find it again.
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Reject:
    """A line that could not be read: where, why, and how it begins. Line 0 is a whole file that was left out; in a
    table the line is the row. Both are counted from 1."""

    file: str
    line: int
    reason: str
    text: str = ""


@dataclass
class Rejects:
    """What a reading found and what it left behind. Every line is counted; the first `keep` are kept themselves."""

    keep: int = 100
    documents: int = 0
    without_provenance: int = 0
    files_left_out: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    kept: list[Reject] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many lines could not be read."""
        return self.kinds.total()

    def add(self, kind: str, reject: Reject) -> None:
        """Count a line (or, at line 0, a file), and keep it if there is room."""
        if reject.line:
            self.kinds[kind] += 1
        else:
            self.files_left_out += 1
        if len(self.kept) < self.keep:
            self.kept.append(reject)

    def describe(self, examples: int = 3) -> str:
        """Say what was read and what was not, and show the first of what was not."""
        kinds = ", ".join(f"{kind}: {count:,}" for kind, count in self.kinds.most_common())
        said = (f"documents read: {self.documents:,} (without provenance: {self.without_provenance:,}); "
                f"lines that could not be read: {self.count:,}{f' ({kinds})' if kinds else ''}; "
                f"files left out: {self.files_left_out:,}")
        shown = [f"  {each.file}{f':{each.line}' if each.line else ''}: {each.reason}" for each in self.kept[:examples]]
        return "\n".join([said, *shown])


def read_corpus(path: Path | str, rejects: Rejects) -> Iterator[DocumentRecord]:
    """Yield the documents at `path`, in the order of the files' names and of their lines; `rejects` fills as they go.

    A line without an id is given its place as one (`stories.jsonl:17`), a text file its path; nothing else is made
    up. Raises UserError at once if nothing there can be read, and later if a file cannot be opened or a table has no
    column `text`.
    """
    root = Path(path)
    try:
        files = _files(root, rejects)
    except OSError as error:
        raise _refused(root, error) from error
    return _documents(files, rejects, root)


def _refused(path: Path, error: OSError) -> UserError:
    return UserError(f"could not be read: {error.strerror or error}", where=str(path),
                     hint="check the path, its permissions and the disk")


def _documents(files: Iterable[File], rejects: Rejects, at: Path) -> Iterator[DocumentRecord]:
    seen: set[bytes] = set()
    try:
        for file in files:
            at = file.path
            for number, line in lines(file):
                found = line if isinstance(line, Broken) else _record(line, f"{file.name}:{number}", seen)
                if isinstance(found, Broken):
                    rejects.add(found.kind, Reject(str(at), number, found.reason, _beginning(line)))
                    continue
                rejects.documents += 1
                rejects.without_provenance += found.without_provenance
                yield found
    except OSError as error:
        raise _refused(at, error) from error


def _record(line: bytes | dict, place: str, seen: set[bytes]) -> DocumentRecord | Broken:
    """Make the record of one line or row, or say why there is none."""
    raw = parsed(line) if isinstance(line, bytes) else line
    if isinstance(raw, Broken):
        return raw
    if not isinstance(raw, dict):
        return Broken("not an object", f"not an object but {CALLED[type(raw)]}")
    if raw.get("text") is None:
        return Broken("no text", f"it has no text (its keys: {', '.join(islice(raw, 8)) or 'none'})"[:SHOWN])
    try:
        record = DocumentRecord.model_validate(_settled(raw, place))
    except ValidationError as error:
        empty = isinstance(raw["text"], str) and not raw["text"].strip()
        return Broken("empty text" if empty else "wrong field", explain(error))
    digest = hashlib.blake2b(record.id.encode(), digest_size=8).digest()
    if digest in seen:
        return Broken("id used before", f"the id '{record.id[:SHOWN]}' was used before")
    seen.add(digest)
    return record


def _settled(raw: dict[str, Any], place: str) -> dict[str, Any]:
    """Bring to the record's form what other tools write otherwise: an id that is a number or none, a null source,
    metadata as JSON in a text (tables), and the fields that datatrove moves under `metadata`."""
    if raw.get("id") is None:
        raw["id"] = place
    elif type(raw["id"]) is int:
        raw["id"] = str(raw["id"])
    if isinstance(raw.get("metadata"), str):
        inside = parsed(raw["metadata"].encode("utf-8", "replace"))
        raw["metadata"] = inside if isinstance(inside, dict) else raw["metadata"]
    if isinstance(raw.get("metadata"), dict):
        for name in MOVED_BY_DATATROVE:
            if raw.get(name) is None and isinstance(raw["metadata"].get(name), str):
                raw[name] = raw["metadata"][name]
    if raw.get("source", "") is None:
        del raw["source"]
    return raw


def _beginning(line: bytes | dict | Broken) -> str:
    if isinstance(line, bytes):
        return line[:SHOWN].decode("utf-8", "replace").rstrip("\n")
    return "" if isinstance(line, Broken) else str(line)[:SHOWN]


def _files(root: Path, rejects: Rejects) -> Iterable[File]:
    """The files to read, in order. Raises UserError if there are none, OSError as the system does."""
    if not root.exists():
        raise UserError("there is no such file or folder", where=str(root), hint="correct the path")
    if root.is_dir():
        return _dataset(root) or _folder(root, rejects)
    holds, why = what_it_holds(root)
    if not holds:
        raise UserError(f"{why}, and cannot be read", where=str(root), hint=FORMATS)
    return [File(root, root.name, holds, root.resolve().parent.name)]


def _dataset(root: Path) -> list[File]:
    """The files of a dataset that was saved to disk; none if the folder is not one."""
    if (root / "dataset_dict.json").is_file():
        splits = read_json(root / "dataset_dict.json").get("splits", [])
        if len(splits) != 1:
            raise UserError(f"the dataset has several splits ({', '.join(splits)})", where=str(root),
                            hint="name the folder of one, so that what is for testing is not mixed with the rest")
        root = root / splits[0]
    state = read_json(root / "state.json") if (root / "state.json").is_file() else None
    if not isinstance(state, dict) or "_data_files" not in state:
        return []
    if state.get("_indices_data_files"):
        raise UserError("an old version of datasets saved this as a choice of rows of a larger table", where=str(root),
                        hint="load it and save it again with a newer version")
    names = [each["filename"] for each in state["_data_files"]]
    return [File(root / name, name, "arrow", root.resolve().name) for name in names]


def _folder(root: Path, rejects: Rejects) -> Iterator[File]:
    """The files of a folder that hold documents of one kind. What does not is counted, with the reason."""
    if (root / "documents").is_dir() and (root / "attributes").is_dir():
        rejects.add("", Reject(str(root / "attributes"), 0, "left out: Dolma's attributes are no documents"))
        root = root / "documents"
    # Texts are told by name here, and looked into one by one as they are read: there may be a million of them.
    kinds = {"text" if path.suffix.lower() in TEXT_NAMES else what_it_holds(path)[0] for path in _walk(root)}
    if {"jsonl", "parquet"} <= kinds:
        raise UserError("the folder holds both JSONL and Parquet", where=str(root),
                        hint="name a file or a folder of one kind; the same documents may stand in both")
    if not kinds - {""}:
        raise UserError("the folder holds nothing that can be read", where=str(root), hint=FORMATS)
    return _chosen(root, "".join(kinds & {"jsonl", "parquet"}), rejects)


def _chosen(root: Path, main: str, rejects: Rejects) -> Iterator[File]:
    for path in _walk(root):
        holds, why = what_it_holds(path)
        if holds and main and holds != main:
            holds, why = "", f"it holds {holds} beside files of {main}"
        if holds:
            name = os.fsencode(path.relative_to(root).as_posix()).decode("utf-8", "backslashreplace")
            yield File(path, name, holds, root.resolve().name)
        else:
            rejects.add("", Reject(str(path), 0, f"left out: {why}"))


def _walk(folder: Path, above: tuple[Path, ...] = ()) -> Iterator[Path]:
    """The files of a folder and of those within it, by name. Hidden ones (.git, .cache) are no part of a corpus, and
    a link back to a folder above is not followed."""
    real = folder.resolve()
    if real in above:
        return
    with os.scandir(folder) as entries:
        found = sorted((entry.name, entry.is_dir()) for entry in entries if not entry.name.startswith("."))
    for name, is_folder in found:
        if is_folder:
            yield from _walk(folder / name, (*above, real))
        else:
            yield folder / name
