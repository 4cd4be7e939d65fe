"""Cells of the profile: from a table of scored items to one seed x claim matrix a cell."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from uptake.records import Scale
from uptake.stats.table import Table

COLUMN = {"accuracy": "hit", "probability": "probability", "log-odds": "value"}
STEP = {"accuracy": 1.0, "probability": 0.0, "log-odds": 0.0}  # how far a claim can be from perfect, at least


class CellKey(NamedTuple):
    """One measured cell: what an arm answers on a reading about claims of a frame, in a context, at a checkpoint."""

    arm: str
    frame: str
    reading: str
    context: str
    checkpoint: int


@dataclass(frozen=True, slots=True, eq=False)
class ClaimMatrix:
    """Claim values of one cell, shape seeds x claims, on the study's scale.

    NaN says that the claim was not in this frame under this seed, or that none of its items has a value; it never
    leaves this package. `items` and `unscored` count items. `step` is 1 on the accuracy scale, where
    every claim may come out perfect by luck, and 0 on the others: see `estimates.least_error`.
    """

    values: np.ndarray
    seeds: tuple[int, ...]
    claims: tuple[str, ...]
    items: int
    unscored: int
    step: float = 0.0

    @property
    def seed_means(self) -> dict[int, float]:
        """Mean over claims for each seed that has a value."""
        means, counts = row_means(self.values)
        return {seed: float(m) for seed, m, n in zip(self.seeds, means, counts, strict=True) if n}

    @property
    def mean(self) -> float | None:
        """Mean over seeds of the seed means: every seed counts the same, however many items it lost."""
        means = list(self.seed_means.values())
        return float(np.mean(means)) if means else None


def claim_values(table: Table, scale: Scale) -> dict[CellKey, ClaimMatrix]:
    """Return the seed x claim matrix of every cell of the table, sorted by cell.

    A claim's value is the mean over wordings of the mean over polarities of the items that have a value. An item
    whose `value` (or whose number on the scale) is missing or infinite is counted as unscored and enters no mean.
    Where seeds of one arm were measured at slightly different token counts, checkpoints are matched by rank.
    """
    codes, checkpoints = _aligned_checkpoints(table)
    cell, cells = _cells(table, codes, checkpoints)
    number = table.numbers[COLUMN[scale]]
    scored = np.isfinite(number) & np.isfinite(table.numbers["value"])
    items = np.bincount(cell, minlength=len(cells))
    unscored = np.bincount(cell[~scored], minlength=len(cells))
    key, values = _claim_means(table, cell[scored], number[scored], scored)
    claims, seeds = len(table.labels["claim"]), len(table.labels["seed"])
    starts = np.searchsorted(key // (claims * seeds), np.arange(len(cells) + 1))
    matrices = {}
    for index, name in enumerate(cells):
        part = slice(starts[index], starts[index + 1])
        seed, claim = np.divmod(key[part] % (claims * seeds), claims)
        laid, met = _laid_out(seed, claim, values[part])
        matrices[name] = ClaimMatrix(
            values=laid,
            seeds=tuple(table.labels["seed"][i] for i in np.unique(seed)),
            claims=tuple(table.labels["claim"][i] for i in met),
            items=int(items[index]),
            unscored=int(unscored[index]),
            step=STEP[scale],
        )
    return dict(sorted(matrices.items()))


def _cells(table: Table, codes: np.ndarray, checkpoints: tuple) -> tuple[np.ndarray, list[CellKey]]:
    """Return each row's cell number and the cells' names."""
    names = ("arm", "frame", "reading", "context")
    sizes = [len(table.labels[name]) for name in names] + [len(checkpoints)]
    mixed = np.zeros(len(table), dtype=np.int64)
    for column, size in zip([table.codes[name] for name in names] + [codes], sizes, strict=True):
        mixed = mixed * max(size, 1) + column
    present, cell = np.unique(mixed, return_inverse=True)
    places = np.stack(np.unravel_index(present, [max(size, 1) for size in sizes]), axis=1)
    labels = [table.labels[name] for name in names] + [checkpoints]
    return cell, [CellKey(*(column[i] for column, i in zip(labels, place, strict=True))) for place in places]


def _claim_means(
    table: Table, cell: np.ndarray, number: np.ndarray, scored: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Average items within polarity, polarities within wording, wordings within claim.

    Keys are mixed-radix numbers with the cell in front and the polarity last, so that dividing by the last radix
    gives the coarser key, still sorted. Rows are sorted by value within a key: sums do not depend on row order.
    """
    key = cell.astype(np.int64)
    for name in ("seed", "claim", "wording", "polarity"):
        key = key * len(table.labels[name]) + table.codes[name][scored]
    order = np.lexsort((number, key))
    key, number = _means_by_key(key[order], number[order])
    for name in ("polarity", "wording"):
        key, number = _means_by_key(key // len(table.labels[name]), number)
    return key, number


def _means_by_key(key: np.ndarray, number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct entries of a sorted key and the mean number of each."""
    if not len(key):
        return key, number
    starts = np.flatnonzero(np.diff(key, prepend=key[0] - 1))
    return key[starts], np.add.reduceat(number, starts) / np.diff(np.append(starts, len(key)))


def _laid_out(seed: np.ndarray, claim: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lay claim values out as seeds x claims; return them and the codes of the claims met."""
    seeds, row = np.unique(seed, return_inverse=True)
    claims, column = np.unique(claim, return_inverse=True)
    laid = np.full((len(seeds), len(claims)), np.nan)
    laid[row, column] = values
    return laid, claims


def _aligned_checkpoints(table: Table) -> tuple[np.ndarray, tuple[int, ...]]:
    """Return checkpoint codes and labels in which the seeds of an arm and frame share their checkpoints.

    A Latin square gives seeds texts of slightly different length, so the same step may lie at different token
    counts. Where all seeds of an arm, frame and context have as many checkpoints, the i-th of each becomes their
    rounded mean; otherwise token counts stay as they are.
    """
    aligned = np.array(table.labels["checkpoint"], dtype=np.int64)[table.codes["checkpoint"]]
    group = np.zeros(len(table), dtype=np.int64)
    for name in ("arm", "frame", "context"):
        group = group * max(len(table.labels[name]), 1) + table.codes[name]
    for member in np.unique(group):
        rows = np.flatnonzero(group == member)
        seed = table.codes["seed"][rows]
        steps = [np.unique(aligned[rows[seed == s]]) for s in np.unique(seed)]
        if len({len(step) for step in steps}) != 1 or all((step == steps[0]).all() for step in steps):
            continue
        shared = np.rint(np.mean(steps, axis=0)).astype(np.int64)
        for s, step in zip(np.unique(seed), steps, strict=True):
            mine = rows[seed == s]
            aligned[mine] = shared[np.searchsorted(step, aligned[mine])]
    labels, codes = np.unique(aligned, return_inverse=True)
    return codes, tuple(int(label) for label in labels)


def row_means(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's mean over its finite entries (0 where there are none) and their number."""
    present = np.isfinite(values)
    counts = present.sum(axis=1)
    return np.where(present, values, 0.0).sum(axis=1) / np.maximum(counts, 1), counts
