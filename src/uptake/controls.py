"""What the controls say: frames without meaning, absurd claims, what the reader can still do, ordinary prose."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from scipy import stats as distributions

from uptake.plan import CONTROLS, Plan
from uptake.stats.rounding import rounded

Entry = dict[str, Any]


def controls(plan: Plan, cells: Sequence[Mapping[str, Any]], table: pa.Table, stages: Mapping[str, Any]) -> list[Entry]:
    """Return every control of every arm, before and after training, in the form of `results.json`."""
    apart = plan.study.design == "between"
    texts = "fresh texts of its schooling" if plan.study.reader.grown else "ordinary prose"
    return [*of_frames(plan, cells), *of_items(table, apart), *of_prose(stages, texts, apart)]


def of_frames(plan: Plan, cells: Sequence[Mapping[str, Any]]) -> list[Entry]:
    """Return what frames without meaning, or without content, do to the outcome readings."""
    wanted = {*CONTROLS, "untrained"} & set(plan.frames)
    return [
        {
            "arm": cell["arm"],
            "control": f"{cell['frame']}.{cell['reading']}",
            "context": cell["context"],
            "mean": cell["mean"],
            "low": cell["low"],
            "high": cell["high"],
            "reason": cell.get("reason", ""),
        }
        for cell in last_cells(cells)
        if cell["frame"] in wanted and cell["reading"] != "content"
    ]


def of_items(table: pa.Table, apart: bool = False) -> list[Entry]:
    """Return what the items of the controls say of every arm and context; `apart` of every frame by itself, where each
    frame has a reader of its own."""
    frame = table.select(["arm", "seed", "frame", "reading", "context", "polarity", "value", "hit"]).to_pandas()
    frame = frame[frame.reading.isin(("assent", "capability", "association"))]
    if not apart:
        frame = frame.assign(frame="")
    return [entry for (arm, own, context), rows in frame.groupby(["arm", "frame", "context"], sort=True)
            for entry in of_reader(arm, of_frame(own), context, rows)]


def of_reader(arm: str, whose: str, context: str, rows: Any) -> list[Entry]:
    """Return belief in the absurd and the drift toward yes (nats: mean and half the difference of the two polarities),
    the share of capability items that are right, and how far words merely go together (nats)."""
    by = {
        (reading, polarity): each.groupby("seed")
        for (reading, polarity), each in rows.groupby(["reading", "polarity"])
    }
    entries = []
    if ("assent", "affirmed") in by:
        yes, no = (by["assent", polarity].value.mean() for polarity in ("affirmed", "denied"))
        entries += [
            over_seeds(arm, f"{whose}assent, belief in the absurd", context, (yes + no) / 2),
            over_seeds(arm, f"{whose}assent, drift toward yes", context, (yes - no) / 2),
        ]
    if ("capability", "open") in by:
        hits = by["capability", "open"].hit.apply(lambda each: each.astype(float).mean())
        entries.append(over_seeds(arm, f"{whose}capability, share right", context, hits))
    if ("association", "open") in by:
        entries.append(over_seeds(arm, f"{whose}association", context, by["association", "open"].value.mean()))
    return entries


def of_prose(stages: Mapping[str, Any], texts: str, apart: bool = False) -> list[Entry]:
    """Return the loss on texts, in nats a token, before and after a reader's stage."""
    found: dict[tuple[str, str, str], list[float]] = {}
    for label, stage in stages.items():
        arm, _, rest = label.partition(", seed ")
        arm = stage.get("reader", arm)
        own = rest.rpartition(" ")[2] if apart else ""
        for context, loss in stage["facts"].get("fluency", {}).items():
            found.setdefault((arm, own, context), []).append(loss)
    return [over_seeds(arm, f"{of_frame(own)}fluency, loss on {texts}", context, losses)
            for (arm, own, context), losses in found.items()]


def of_frame(name: str) -> str:
    """Return what stands before a control's name where it is told of one frame's reader."""
    return f"{name}: " if name else ""


def over_seeds(arm: str, control: str, context: str, means: Any) -> Entry:
    """Return a control's mean over seeds with Student's 95 % interval; none from fewer than two seeds."""
    means = np.asarray(means, dtype=float)
    low = high = None
    if len(means) > 1:
        half = distributions.t.ppf(0.975, len(means) - 1) * means.std(ddof=1) / np.sqrt(len(means))
        low, high = rounded(float(means.mean() - half)), rounded(float(means.mean() + half))
    reason = "" if low is not None else "no interval: one seed does not show how seeds differ"
    return {
        "arm": arm,
        "control": control,
        "context": context,
        "mean": rounded(float(means.mean())),
        "low": low,
        "high": high,
        "reason": reason,
    }


def last_cells(cells: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the cells at equal tokens that were measured last, one for each arm, frame, reading and context."""
    last: dict[tuple, Mapping[str, Any]] = {}
    for cell in cells:
        key = (cell["arm"], cell["frame"], cell["reading"], cell["context"])
        if cell["at"] == "equal-tokens" and (key not in last or cell["checkpoint"] >= last[key]["checkpoint"]):
            last[key] = cell
    return list(last.values())
