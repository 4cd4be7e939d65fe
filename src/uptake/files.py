"""Files that are either whole or absent, and content hashes that are the same everywhere."""

import contextlib
import dataclasses
import errno
import hashlib
import json
import math
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from uptake.errors import UserError

# How much of a file is hashed at a time: large enough that reading, not the loop, takes the time.
CHUNK = 1 << 20

# A longer value is a text or a hash, which tells nothing in a sentence about what changed.
LONGEST_SHOWN = 15
_ABSENT = object()

# What the operating system says, and what the user can do about it.
MENDABLE = {
    errno.ENOSPC: ("the disk is full", "free some space, then run the same command again"),
    errno.EDQUOT: ("your disk quota is used up", "free some space, then run the same command again"),
    errno.EACCES: ("you may not write here", "choose another folder, or change its permissions"),
    errno.EPERM: ("you may not write here", "choose another folder, or change its permissions"),
    errno.EROFS: ("this disk is read-only", "choose a folder on another disk"),
    errno.ENOENT: ("its folder does not exist", "make the folder first, or correct the path"),
    errno.ENOTDIR: ("a part of the path is a file, not a folder", "correct the path"),
    errno.EEXIST: ("a file of that name stands there already", "move it away, or choose another path"),
    errno.EISDIR: ("a folder of that name stands there already", "move it away, or choose another path"),
    errno.ENAMETOOLONG: ("the name is too long for this disk", "choose a shorter name"),
}
# safetensors and tokenizers pass the refusal on as errors of their own, which end in its number.
FROM_RUST = re.compile(r"\(os error (\d+)\)")


@contextlib.contextmanager
def writing(path: Path | str) -> Iterator[None]:
    """Turn the operating system's refusal to write inside this block into a UserError that names `path`."""
    try:
        yield
    except Exception as error:
        refusal = FROM_RUST.search(str(error))
        if not refusal and not isinstance(error, OSError):
            raise
        number = int(refusal[1]) if refusal else error.errno or 0
        said = (getattr(error, "strerror", None) or str(error), "check the disk and the path, then run again")
        what, hint = MENDABLE.get(number, said)
        raise UserError(f"could not be written: {what}", where=str(path), hint=hint) from error


def atomic_write(path: Path | str, content: bytes | str) -> None:
    """Write a whole file or none: a temporary file beside it, flushed to disk, then renamed over it.

    Text is written as UTF-8 with its newlines as they are. A link is followed, not replaced. Raises
    UserError when the disk or the folder does not allow it; the old file then stands unharmed and the
    temporary file is removed.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    with writing(path):
        target = Path(path).resolve()
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a folder")
        temporary = target.with_name(temporary_name(target.name))
        try:
            _write_through(temporary, data)
            temporary.replace(target)
            sync_folder(target.parent)
        finally:
            temporary.unlink(missing_ok=True)


def temporary_name(name: str) -> str:
    """Return a fresh hidden name; `is_temporary` knows it again. The stem is cut so that the name is never
    too long."""
    return f".{name[:40]}.{secrets.token_hex(6)}.tmp"


def is_temporary(path: Path) -> bool:
    """Say whether the file is an unfinished one, left by a process that was killed while it wrote."""
    return path.name.startswith(".") and path.suffix == ".tmp"


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, so that a rename outlives a power cut. Does nothing where folders
    cannot be opened."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: Path | str, value: Any) -> None:
    """Write JSON with sorted keys, an indent of one and a newline at the end.

    Dataclasses become objects and tuples lists. Raises ValueError for NaN and infinities, TypeError for
    what has no canonical form (both name the place), UserError when the disk does not allow it.
    """
    atomic_write(
        path, json.dumps(plain(value), sort_keys=True, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    )


def read_json(path: Path | str) -> Any:
    """Return what a JSON file holds. Raises UserError when it is missing, is not JSON, or holds NaN or an
    infinity."""
    where = str(path)
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except FileNotFoundError as error:
        raise UserError("there is no such file", where=where) from error
    except json.JSONDecodeError as error:
        what = f"not valid JSON: {error.msg}"
        hint = "it was cut off or edited; restore it, or remove it and make it again"
        raise UserError(what, where=f"{where}:{error.lineno}", hint=hint) from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"not valid JSON: {error}", where=where) from error
    except OSError as error:
        raise UserError(f"could not be read: {error.strerror or error}", where=where) from error


def digest(value: Any) -> str:
    """Return the sha256, in hex, of the value's canonical JSON (sorted keys, no spaces, ASCII).

    A tuple counts as a list and a dataclass as the object of its fields, so a value that was written with
    `write_json` and read back has the same digest. 1 and 1.0 differ, 0.0 and -0.0 differ. Raises ValueError
    for NaN and infinities, and TypeError for what has no canonical form: sets, bytes, paths, keys that are
    not text.
    """
    text = json.dumps(plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def file_digest(path: Path | str) -> str:
    """Return the sha256 of a file's bytes, in hex. Raises UserError when it cannot be read."""
    summed = hashlib.sha256()
    try:
        with Path(path).open("rb") as file:
            while chunk := file.read(CHUNK):
                summed.update(chunk)
    except OSError as error:
        raise UserError(f"could not be read: {error.strerror or error}", where=str(path)) from error
    return summed.hexdigest()


def plain(value: Any, at: str = "value") -> Any:
    """Return the value as JSON's own types (text, numbers, lists, objects), or raise as `digest` does,
    naming the place."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{at} is {value}: a number that is not one needs a reason instead")
        return float(value)
    if isinstance(value, list | tuple):
        return [plain(item, f"{at}[{place}]") for place, item in enumerate(value)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: plain(getattr(value, field.name), f"{at}.{field.name}")
            for field in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        return _plain_mapping(value, at)
    raise TypeError(f"{at} is a {type(value).__name__}, which has no canonical form")


def changes(old: Any, new: Any, path: str = "") -> dict[str, str]:
    """Return what differs between two values of plain data: dotted path -> 'path changed from 1 to 2'."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        found = {}
        for key in dict.fromkeys((*old, *new)):
            found |= changes(old.get(key, _ABSENT), new.get(key, _ABSENT), f"{path}.{key}" if path else key)
        return found
    if old is _ABSENT or new is _ABSENT:
        return {path: f"{path} was {'added' if old is _ABSENT else 'removed'}"}
    if digest(old) == digest(new):
        return {}
    short = all(
        isinstance(value, str | int | float) and len(str(value)) <= LONGEST_SHOWN for value in (old, new)
    )
    return {path: f"{path} changed from {old} to {new}" if short else f"{path} changed"}


def _plain_mapping(value: Mapping, at: str) -> dict[str, Any]:
    for key in value:
        if not isinstance(key, str):
            raise TypeError(f"{at} has the key {key!r}, which is not text and so has no canonical form")
    return {str(key): plain(item, f"{at}.{key}") for key, item in value.items()}


def _write_through(path: Path, data: bytes) -> None:
    """Write a new file and flush it to the disk, with the permissions that the user's umask gives."""
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o666)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _refuse_constant(word: str) -> None:
    raise ValueError(f"it holds {word}")
