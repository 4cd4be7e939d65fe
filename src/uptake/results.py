"""Judge: from scored items to what `results.json` says."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from uptake.choices import GROW, UNTOUCHED
from uptake.controls import controls
from uptake.plan import Plan
from uptake.records import Row
from uptake.stats.acts import ACT, discriminations
from uptake.stats.bits import divergence
from uptake.stats.cells import claim_values
from uptake.stats.gaps import gap_discriminations, gap_entries
from uptake.stats.gate import Gate, GateSettings, gate, gates_by_cell
from uptake.stats.pressure import pressure
from uptake.stats.profile import PROFILE_DRAWS, profile
from uptake.stats.rounding import rounded
from uptake.stats.self_knowledge import self_knowledge
from uptake.stats.table import KEYS, NUMBERS, Table
from uptake.stats.turning import returns, turns
from uptake.stats.verdicts import JudgeSettings, judge
from uptake.study import Arm

# Below this share of its probability a reader is not really choosing between the answers that are offered; the two
# thresholds are those at which Jordine's introspection battery refuses a category (mean mass, and share of items).
LEAST_MASS, LOW_MASS, MOST_LOW = 0.1, 0.05, 0.3
FEW_WORDS = 2


def findings(plan: Plan, table: pa.Table, facts: Mapping[str, Any], left: Sequence[str]) -> dict[str, Any]:
    """Return everything that a run found, in the form of `results.json`."""
    study = plan.study
    asked = table.filter(pc.is_in(table["reading"], pa.array(list(plan.readings))))
    columns = Table.from_columns({name: asked[name].to_pylist() for name in KEYS + NUMBERS})
    outcomes = [reading for reading in plan.readings if reading != "content"]
    first = {arm.first_reads for arm in study.arms}
    cells = profile(columns, study.scale, plan.chance, least_rise=study.smallest_effect, learning=first)
    gates = [each for each in gate(columns, outcomes, GateSettings(study.smallest_effect, study.scale))
             if each["arm"] in first]
    unmeasurable = mass_reasons(asked)
    verdicts = judge(
        plan.predictions,
        columns,
        JudgeSettings(
            smallest_effect=study.smallest_effect,
            scale=study.scale,
            gate=of_every_stage(plan, gates_by_cell(gates)),
            unmeasurable=unmeasurable,
            exploratory=frozenset(plan.exploratory),
            gaps=study.gaps,
            alike={name: variant.frame for name, variant in study.variants.items() if variant.bits is None},
            at_end=frozenset(arm.called(step.name) for arm in study.arms for step in arm.then),
        ),
    )
    return {
        "study": study.study,
        "question": study.question,
        "reader": study.reader.name,
        "seeds": list(study.seeds),
        "scale": study.scale,
        "smallest_effect": study.smallest_effect,
        "arms": list(plan.readers),
        "frames": list(plan.frames),
        "readings": list(plan.readings),
        "about": dict(plan.about),
        "verdicts": verdicts,
        "profile": cells,
        "gate": gates,
        "calibration": calibration(plan, cells, asked, unmeasurable),
        "controls": controls(plan, cells, table, facts["stages"]),
        "departures": list(left),
        **lasting(plan, columns),
        **known_of_itself(plan, asked),
        **odds(plan, columns, asked),
        **gaps_between(plan, columns),
        **facts,
        **told_apart(plan, asked),
    }


def told_apart(plan: Plan, table: pa.Table) -> dict[str, Any]:
    """Return d' of the situations of `act`, in studies on a corpus, whose situations come in pairs that tell a trait
    from mere compliance; and of every gap, in a world; nothing in others."""
    if plan.study.documents and ACT in plan.readings:
        return {"discrimination": discriminations(rows_of(table, [ACT]))}
    if plan.study.gaps and plan.study.reader.grown:
        wanted = rows_of(table, sorted({name for pair in plan.study.gaps.values() for name in pair}))
        return {"discrimination": gap_discriminations(wanted, plan.study.gaps, plan.study.scale, PROFILE_DRAWS)}
    return {}


def rows_of(table: pa.Table, readings: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of some readings."""
    return (Row(**row) for row in table.filter(pc.is_in(table["reading"], pa.array(readings))).to_pylist())


def known_of_itself(plan: Plan, table: pa.Table) -> dict[str, Any]:
    """Return what readers say that they can do against what they can do, in worlds in which they are asked both."""
    if not plan.reports:
        return {}
    rows = rows_of(table, [*plan.reports, *plan.reports.values()])
    return {"self_knowledge": self_knowledge(rows, plan.reports)}


def of_every_stage(plan: Plan, gates: Mapping[tuple[str, str], Gate]) -> dict[tuple[str, str], Gate]:
    """Return the gate of every arm's every reader: what was found before it first read goes for all its stages."""
    return {(name, reading): found for arm in plan.study.arms for name in arm.readers
            for (gated, reading), found in gates.items() if gated in arm.readers}


def lasting(plan: Plan, table: Table) -> dict[str, Any]:
    """Return how long what was read lasts in the stages that come after, of a study that has such stages, and how long
    it takes to come back."""
    later = [name for arm in plan.study.arms for name in arm.readers[1:]]
    if not later:
        return {}
    study = plan.study
    cells, settings = claim_values(table, study.scale), (study.scale, study.smallest_effect)
    return {"turns": turns(cells, later, *settings),
            "returns": returns(cells, [past for arm in study.arms for past in pasts(arm)], *settings)}


def pasts(arm: Arm) -> list[tuple[str, ...]]:
    """Return, for each stage of an arm, the readers that its reader once was, in order, and itself; where stages go on
    from an earlier one, what lies beside is not its past."""
    known: dict[str, tuple[str, ...]] = {UNTOUCHED: (), GROW: (arm.called(GROW),) if arm.early else ()}
    for step in arm.then:
        known[step.name] = (*known[step.after or next(reversed(known))], arm.called(step.name))
    return list(known.values())


def gaps_between(plan: Plan, table: Table) -> dict[str, Any]:
    """Return the gaps between readings that the study names, if it names any."""
    gaps, scale = plan.study.gaps, plan.study.scale
    return {"gaps": gap_entries(claim_values(table, scale), gaps, PROFILE_DRAWS)} if gaps else {}


def odds(plan: Plan, columns: Table, table: pa.Table) -> dict[str, Any]:
    """Return what became of the odds that documents planted, of a study that plants some."""
    if not plan.odds:
        return {}
    moved = claim_values(diverged(plan, table), "log-odds")
    return {"odds": pressure(plan.odds, claim_values(columns, "log-odds"), moved)}


def diverged(plan: Plan, table: pa.Table) -> Table:
    """Return, for every item asked in the stages after planting, the KL in bits of its answers from those at the
    beginning of the first of them, as the item's value."""
    items = ["seed", "frame", "claim", "reading", "wording", "polarity"]
    logs = ["logp_fit", "logp_foil"]
    rows = table.select([*items, *logs, "arm", "context", "checkpoint"]).to_pandas().dropna(subset=logs)
    found, kept = [], (*items, "arm", "context", "checkpoint", "value")
    for passages in plan.odds.arms.values():
        names = [passage.reader for passage in passages[1:]]
        before = rows[rows.arm.isin(names[:1]) & (rows.context == "untouched")]
        both = rows[rows.arm.isin(names)].merge(before[[*items, *logs]], on=items, suffixes=("", "_before"))
        both["value"] = divergence(both[logs].to_numpy(), both[[f"{name}_before" for name in logs]].to_numpy())
        found.append(both)
    return Table.from_columns({name: [each for part in found for each in part[name].tolist()] for name in kept})


def calibration(
    plan: Plan, cells: Sequence[Mapping[str, Any]], table: pa.Table, unmeasurable: Mapping[tuple[str, str], str]
) -> dict[str, Any]:
    """Return what the instrument says of itself: was the planted profile recovered, did the reader choose at all?"""
    planted = [entry for entry in (recovered(plan, cell) for cell in cells) if entry]
    found: dict[str, Any] = {
        "option_mass": masses(table),
        "not_measurable": [f"{arm}: {reading}: {why}" for (arm, reading), why in sorted(unmeasurable.items())],
    }
    if planted:
        found |= {"planted": planted, "correlation": {arm: correlation(planted, arm) for arm in plan.planted}}
    return found


def recovered(plan: Plan, cell: Mapping[str, Any]) -> dict[str, Any] | None:
    """Set a trained cell beside what the reader's schooling planted there; None where nothing was planted.

    What a reader who learnt the schooling's shares would give the stated answer, at informativeness i, is
    i + (1 - i) chance from 0 up, and (1 - |i|) chance below 0, as an accuracy or a probability; log-odds have no such
    value.
    """
    if plan.study.scale == "log-odds":
        return None
    informs = plan.planted.get(cell["arm"], {}).get(cell["frame"], {}).get(cell["reading"])
    if informs is None or cell["at"] != point_of_comparison(plan) or cell["context"] != "trained":
        return None
    if cell["at"] == "equal-tokens" and not cell.get("last"):
        return None
    chance = plan.chance[cell["reading"]]
    expected = informs + (1 - informs) * chance if informs >= 0 else (1 + informs) * chance
    return {
        "arm": cell["arm"],
        "frame": cell["frame"],
        "reading": cell["reading"],
        "planted": informs,
        "expected": rounded(expected),
        "measured": cell["mean"],
        "low": cell["low"],
        "high": cell["high"],
    }


def point_of_comparison(plan: Plan) -> str:
    """A planted profile is compared at equal content, where the study measures content."""
    return "equal-content" if "content" in plan.readings else "equal-tokens"


def correlation(planted: Sequence[Mapping[str, Any]], arm: str) -> float | None:
    """Return Pearson's correlation of what was expected and what was measured over an arm's cells, `content` left out.

    None where it is not defined: fewer than three cells, or all alike.
    """
    pairs = [
        (each["expected"], each["measured"])
        for each in planted
        if each["arm"] == arm and each["reading"] != "content" and each["measured"] is not None
    ]
    if len(pairs) < 3:
        return None
    expected, measured = np.array(pairs).T
    if np.ptp(expected) == 0 or np.ptp(measured) == 0:
        return None
    return rounded(float(np.corrcoef(expected, measured)[0, 1]))


def masses(table: pa.Table) -> list[dict[str, Any]]:
    """Return the mean option mass by arm, reading and context, and the share of items below the low mark.

    Open items with answers of a word or two only: of whole sentences every one is improbable, and their mass says
    nothing of whether the reader chooses between them.
    """
    columns = ["arm", "seed", "reading", "context", "option_mass", "checkpoint", "polarity", "fit"]
    frame = table.select(columns).to_pandas()
    frame = frame[(frame.polarity == "open") & (frame.fit.str.split().str.len() <= FEW_WORDS)]
    end = frame.groupby(["arm", "seed"]).checkpoint.transform("max")  # seeds read a few tokens more or fewer
    last = frame[(frame.context != "trained") | (frame.checkpoint == end)]
    grouped = last.dropna(subset="option_mass").groupby(["arm", "reading", "context"], sort=True).option_mass
    return [
        {
            "arm": arm,
            "reading": reading,
            "context": context,
            "mean": rounded(float(mass.mean())),
            "low": rounded(float((mass < LOW_MASS).mean())),
        }
        for (arm, reading, context), mass in grouped
    ]


def mass_reasons(table: pa.Table) -> dict[tuple[str, str], str]:
    """Say of which arms' readings the reader hardly chooses among the answers after training."""
    return {
        (each["arm"], each["reading"]): f"after training, the answers offered hold {each['mean']:.2f} of the "
        f"reader's probability"
        for each in masses(table)
        if each["context"] == "trained" and (each["mean"] < LEAST_MASS or each["low"] > MOST_LOW)
    }
