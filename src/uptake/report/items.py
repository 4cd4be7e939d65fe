"""From a number down to its items and documents: a bounded, deterministic sample that travels inside the
page.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from uptake.records import Example

CELL = ("arm", "frame", "reading", "context", "checkpoint")
ITEM = ("claim", "seed", "wording", "polarity")
SHOWN = (
    "claim",
    "seed",
    "wording",
    "polarity",
    "prompt",
    "fit",
    "foil",
    "logp_fit",
    "logp_foil",
    "option_mass",
)
SCORES = ("value", "reason")
# Seeds of one arm differ by less than a hundredth in tokens, checkpoints by about a factor of two.
SAME_CHECKPOINT = 0.2


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a run travels inside the page.

    Eight items show each wording and polarity about once. 6,000 items at about 110 bytes and 1,500,000
    characters of text keep a page near 2 MB, which a browser on a phone opens within a second or two.
    """

    items_per_cell: int = 8
    items: int = 6000
    characters: int = 1_500_000
    documents_per_claim: int = 3


LIMITS = Limits()


def drill_down(
    table: pa.Table,
    documents: Iterable[Example | Mapping],
    wanted: Collection[str],
    limits: Limits = LIMITS,
) -> dict:
    """Sample items for every wanted cell that has rows, and the documents that their claims were met in.

    `table` has the columns of records.Row; `wanted` holds cell keys as below. Returns `texts` (each distinct
    text once), `columns`, `cells` (keyed `arm|frame|reading|context|checkpoint`: `items`, `unscored` and a
    list of item rows that name texts by number) and `documents` (keyed `frame|claim`: `total` and a list).
    The same items are taken at every checkpoint, by a hash.
    """
    table, cell_of, keys = _at_wanted(table, wanted) if table.num_rows else (table, np.array([]), [])
    if not keys:
        return {"texts": [], "columns": list(SHOWN + SCORES), "cells": {}, "documents": {}}
    chosen = _choose(cell_of, _order(table), len(keys), limits)
    sample = table.take(pa.array(np.concatenate(chosen)))
    counts = np.bincount(cell_of, minlength=len(keys))
    unscored = np.bincount(cell_of[_is_null(table["value"])], minlength=len(keys))
    texts = Texts()
    rows = iter(sample.select(list(SHOWN + SCORES)).to_pylist())
    cells = {
        key: {"items": int(total), "unscored": int(lost), "sample": [_item(next(rows), texts) for _ in taken]}
        for key, total, lost, taken in zip(keys, counts, unscored, chosen, strict=True)
    }
    met = {f"{row['frame']}|{row['claim']}" for row in sample.select(["frame", "claim"]).to_pylist()}
    found = _documents(documents, met, texts, limits.documents_per_claim)
    return {
        "texts": texts.clipped(limits.characters),
        "columns": list(SHOWN + SCORES),
        "cells": cells,
        "documents": found,
    }


class Texts:
    """Every distinct text once, known by its number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        return self.numbers.setdefault(text, len(self.numbers))

    def clipped(self, characters: int) -> list[str]:
        """Return the texts, the long ones cut so that all together stay within about `characters`."""
        if sum(map(len, self.numbers)) <= characters:
            return list(self.numbers)
        longest = max(200, characters // len(self.numbers))
        return [
            text if len(text) <= longest else f"{text[:longest]} [{len(text) - longest} more characters]"
            for text in self.numbers
        ]


def _at_wanted(table: pa.Table, wanted: Collection[str]) -> tuple[pa.Table, np.ndarray, list[str]]:
    """Keep the rows of wanted cells; return them, the number of each row's cell, and the cells that have
    rows.

    Seeds reach a checkpoint after slightly different numbers of tokens, while a profile names one number for
    all: a row belongs to the wanted checkpoint nearest to its own.
    """
    codes, names = _codes(table, CELL)
    courses: dict[str, list[int]] = {}
    for key in wanted:
        course, _, tokens = key.rpartition("|")
        courses.setdefault(course, []).append(int(tokens))
    nearest = [_nearest(name, courses) for name in names]
    keys = sorted(set(nearest) - {""})
    place = {key: number for number, key in enumerate(keys)} | {"": -1}
    cell_of = np.array([place[key] for key in nearest])[codes]
    return table.filter(pa.array(cell_of >= 0)), cell_of[cell_of >= 0], keys


def _nearest(name: str, courses: Mapping[str, list[int]]) -> str:
    course, _, tokens = name.rpartition("|")
    near = [at for at in courses.get(course, ()) if abs(at - int(tokens)) <= SAME_CHECKPOINT * int(tokens)]
    return f"{course}|{min(near, key=lambda at: (abs(at - int(tokens)), at))}" if near else ""


def _codes(table: pa.Table, columns: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """Number each row's combination of columns; return the numbers and the combinations, joined by bars
    and sorted.
    """
    joined = pc.binary_join_element_wise(*(_text(table[column]) for column in columns), "|")
    encoded = pc.dictionary_encode(joined)
    encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    names = encoded.dictionary.to_pylist()
    rank = {name: place for place, name in enumerate(sorted(names))}
    places = np.array([rank[name] for name in names])
    return places[encoded.indices.to_numpy(zero_copy_only=False)], sorted(names)


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return pc.fill_null(column.cast(pa.string()), "")


def _order(table: pa.Table) -> np.ndarray:
    """Give each row a place by the hash of which item of which seed it is, the same for every checkpoint
    and arm.
    """
    codes, names = _codes(table, ITEM)
    hashes = [hashlib.sha256(name.encode()).digest() for name in names]
    rank = np.empty(len(names), dtype=np.int64)
    rank[sorted(range(len(names)), key=hashes.__getitem__)] = np.arange(len(names))
    return rank[codes]


def _choose(cell_of: np.ndarray, order: np.ndarray, cells: int, limits: Limits) -> list[np.ndarray]:
    """Return for each cell the numbers of the rows that are shown, fewer where cells are many."""
    each = max(1, min(limits.items_per_cell, limits.items // cells))
    by_cell = np.lexsort((np.arange(len(order)), order, cell_of))
    starts = np.searchsorted(cell_of[by_cell], np.arange(cells + 1))
    return [by_cell[start : min(start + each, end)] for start, end in pairwise(starts)]


def _is_null(column: pa.ChunkedArray) -> np.ndarray:
    return pc.is_null(column).to_numpy(zero_copy_only=False)


def _item(row: dict, texts: Texts) -> list:
    shown = [row[name] for name in SHOWN + SCORES]
    return [_cell(value, texts) for value in shown]


def _cell(value, texts: Texts):
    if isinstance(value, str):
        return texts.number(value)
    return round(value, 4) if isinstance(value, float) else value


def _documents(
    documents: Iterable[Example | Mapping], wanted: set[str], texts: Texts, most: int
) -> dict[str, dict]:
    """Return the distinct framed texts of the wanted claims, each as its segments `[role, in the loss,
    text number]`.
    """
    found: dict[str, dict] = {}
    for document in documents:
        document = asdict(document) if isinstance(document, Example) else document
        key = f"{document.get('frame', '')}|{document.get('claim', '')}"
        if key not in wanted:
            continue
        segments = [[s["role"], s.get("loss", True), texts.number(s["text"])] for s in document["segments"]]
        entry = found.setdefault(key, {"total": 0, "seen": set(), "sample": []})
        if repr(segments) in entry["seen"]:
            continue
        entry["seen"].add(repr(segments))
        entry["total"] += 1
        if len(entry["sample"]) < most:
            entry["sample"].append(segments)
    return {key: {"total": found[key]["total"], "sample": found[key]["sample"]} for key in sorted(found)}


def unscored(table: pa.Table) -> list[dict]:
    """Count the items without a value by arm, reading, context and reason, in that order."""
    keys = ["arm", "reading", "context", "reason"]
    lost = table.filter(pc.is_null(table["value"])).select(keys) if table.num_rows else table
    if lost.num_rows == 0:
        return []
    plain = pa.table({key: _text(lost[key]) for key in keys})
    counted = plain.group_by(keys).aggregate([([], "count_all")]).rename_columns([*keys, "items"])
    return counted.sort_by([(key, "ascending") for key in keys]).to_pylist()
