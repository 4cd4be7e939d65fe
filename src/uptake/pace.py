"""What a study will take and what it can see, before anything runs: measured on this machine by a few steps."""

import textwrap
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from uptake.plan import Plan, lay_out
from uptake.rundir import RunFolder
from uptake.stats.power import Plan as Design
from uptake.stats.power import smallest_effect_seen
from uptake.study import Study
from uptake.work import REHEARSALS
from uptake.workers import sensible_workers

START_UP = 8.0  # seconds for a worker to import torch and transformers, once, as measured on one core
JUDGING = 0.7  # seconds a stage, by one process, for verdicts and report: 73 were measured after 105 stages


def foresee(study: Study, out: Path, tell: Callable[[str], None]) -> dict[str, Any]:
    """Return what a study will do: its runs, tokens, minutes here, and the smallest effect that it can see.

    Minutes are measured: each arm's first stage of a kind is rehearsed for a few steps and a few hundred items.
    Verdicts and the report come on top.
    Raises UserError as `lay_out` does.
    """
    plan = lay_out(study)
    folder, paces = RunFolder(out), {}
    stages = plan.distinct.values()
    for stage in stages:
        if (stage.arm, stage.name) not in paces:
            tell(f"timing a few steps: {stage.arm}, {stage.name}")
            paces[stage.arm, stage.name] = REHEARSALS[stage.inputs["stage"]](stage.inputs, time.perf_counter)
    left = [stage for stage in stages if not folder.finished(stage.key)]
    workers = sensible_workers(len(left))
    seconds = sum(paces[stage.arm, stage.name]["seconds"] for stage in left) / workers + (START_UP if left else 0)
    seconds += JUDGING * len(stages)
    return {
        "study": study.study,
        "question": study.question,
        "arms": [arm.name for arm in study.arms],
        "frames": list(plan.frames),
        "readings": list(plan.readings),
        "seeds": list(study.seeds),
        "claims_a_frame": study.claims,
        "stages": len(stages),
        "stages_left": len(left),
        "workers": workers,
        "tokens": sum(paces[stage.arm, stage.name]["tokens"] for stage in stages),
        "items": sum(paces[stage.arm, stage.name]["items"] for stage in stages),
        "minutes": round(seconds / 60, 1),
        "predictions": len(plan.predictions),
        "scale": study.scale,
        "smallest_effect_of_interest": study.smallest_effect,
        **seen(plan),
    }


def seen(plan: Plan) -> dict[str, Any]:
    """Return the smallest difference that a prediction would show at 80 % power, or why there is none to give."""
    study, name = plan.study, "smallest_effect_seen"
    if study.scale == "log-odds":
        return {name: None, "why": "on the log-odds scale it depends on the reader; it is printed with each verdict"}
    if len(study.seeds) < 2:
        return {name: None, "why": "one seed does not show how seeds differ"}
    design = Design(seeds=len(study.seeds), claims=study.claims, predictions=max(1, len(plan.predictions)), items=3)
    return {name: round(smallest_effect_seen(design), 3)}


def in_words(foreseen: Mapping[str, Any]) -> str:
    """Return what `foresee` found for a terminal of 80 columns."""
    f = foreseen
    effect = f["smallest_effect_seen"]
    lines = [
        f["question"],
        f"  arms         {', '.join(f['arms'])}",
        f"  frames       {', '.join(f['frames'])}",
        f"  readings     {', '.join(f['readings'])}",
        f"  runs         {f['stages']} stages ({f['stages_left']} still to do), {len(f['seeds'])} seeds, "
        f"{f['claims_a_frame']} claims a frame",
        f"  reads        {f['tokens']:,} tokens, answers {f['items']:,} items",
        f"  takes        about {f['minutes']} minutes here, with {f['workers']} workers of one thread each",
        f"  predictions  {f['predictions']}, locked when the run begins",
        f"  can see      a difference of {effect} ({f['scale']}) with a power of 80 %"
        if effect is not None
        else f"  can see      not known beforehand: {f['why']}",
    ]
    return "\n".join(textwrap.fill(line, 80, subsequent_indent=" " * 15) for line in lines)
