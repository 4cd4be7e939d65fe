"""The solver that asks, the scorers that take what was answered, and the metrics, one set for each estimate."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from statistics import fmean, stdev
from typing import Any

import anyio
from anyio.lowlevel import RunVar
from inspect_ai._util.error import PrerequisiteError  # named nowhere else
from inspect_ai.model import Model, ModelOutput, get_model
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, metric, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from uptake.errors import UserError
from uptake.inspect.asking import AskSettings, Way, ask, way_to_ask
from uptake.records import Item
from uptake.stats.discrimination import discrimination

FOUND = "uptake"  # where the solver leaves what it found
POLARITIES = ("affirmed", "denied")


@solver(name="ask")
def asking(estimate: str = "auto", samples: int = 10) -> Solver:
    """Ask the model the item of each sample, in the one way that it allows, and keep the numbers in the sample's store.

    The way is found out at the first sample and is the same for all.
    """
    settings = AskSettings(estimate=estimate, samples=samples)
    ways: RunVar[dict[str, Way]] = RunVar(f"ways-{id(settings)}")
    finding: RunVar[anyio.Lock] = RunVar(f"finding-{id(settings)}")

    async def way_of(model: Model) -> Way:
        lock = finding.get(None) or anyio.Lock()
        finding.set(lock)
        async with lock:
            known = ways.get({})
            if str(model) not in known:
                ways.set({**known, str(model): await way_to_ask(model, settings)})
            return ways.get()[str(model)]

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        model, item = get_model(), Item(**{key: state.metadata[key] for key in Item.__slots__})
        try:
            found = await ask(model, item, await way_of(model), settings)
        except UserError as error:
            raise PrerequisiteError(str(error)) from error
        state.store.set(FOUND, asdict(found))
        preferred = "" if found.hit is None else item.fit if found.hit else item.foil
        state.output = ModelOutput.from_content(str(model), preferred.strip())
        return state

    return solve


@metric(scores="unreduced")
def numbers() -> Metric:
    """Return for each estimate its mean value and what belongs to it. Estimates are never mixed."""

    def of(scores: list[SampleScore]) -> dict[str, float]:
        by_estimate: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for each in scores:
            by_estimate[(each.score.metadata or {})["estimate"]].append(each.score.metadata or {})
        return {f"{estimate.replace('-', '_')}_{name}": value for estimate, found in sorted(by_estimate.items())
                for name, value in summary(estimate, found).items() if value is not None and math.isfinite(value)}

    return of


@metric(scores="unreduced")
def counts() -> Metric:
    """Return how many samples have no value, by reason, and how many there are."""

    def of(scores: list[SampleScore]) -> dict[str, float]:
        reasons = Counter((each.score.metadata or {}).get("reason", "") for each in scores)
        return {"samples": len(scores), "unscored": len(scores) - reasons.pop("", 0)} | dict(reasons.most_common())

    return of


@scorer(name="reading", metrics=[numbers()])
def reading() -> Scorer:
    """Give each sample its value: log-odds of fit over foil in nats, or of a sampled estimate the share of fit. A
    sample without one is unscored, with the reason."""

    async def score(state: TaskState, target: Target) -> Score:
        found = _found(state)
        kept = {key: found[key] for key in found if key not in ("reason",)}
        kept |= {key: state.metadata[key] for key in ("claim", "reading", "wording", "polarity", "frame", "context")}
        if found["reason"]:
            return Score.unscored(reason=found["reason"], explanation=found["reason"], metadata=kept)
        value = found["probability"] if found["estimate"] == "sampled" else found["value"]
        return Score(value=float(value), answer=state.output.completion, metadata=kept,
                     explanation=f"estimate: {found['estimate']}; {'fit' if found['hit'] else 'foil'} is preferred")

    return score


@scorer(name="unscored", metrics=[counts()])
def unscored() -> Scorer:
    """Give 1 to each sample without a value and 0 to each with one, and count the reasons."""

    async def score(state: TaskState, target: Target) -> Score:
        reason = _found(state)["reason"]
        return Score(value=1.0 if reason else 0.0, explanation=reason or None, metadata={"reason": reason})

    return score


def _found(state: TaskState) -> dict[str, Any]:
    return state.store.get(FOUND) or {"estimate": "none", "reason": "the sample was not asked"}


def summary(estimate: str, found: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """Return the numbers of one estimate over the items that have a value.

    The mean is over claims of the mean over wordings of the mean over polarities, and its standard error is that of
    claims. Drift is half of affirmed less denied, over the wordings that have both.
    """
    sampled, acts = estimate == "sampled", all(each["reading"] == "act" for each in found)
    scale = "probability" if sampled else "value"
    claims = by_claim(found, scale)
    drift = [(each["affirmed"] - each["denied"]) / 2 for claim in _polarities(found, scale).values()
             for each in claim.values() if all(polarity in each for polarity in POLARITIES)]
    numbers = {
        "share" if sampled else "log_odds": fmean(claims.values()),
        "stderr": stdev(claims.values()) / math.sqrt(len(claims)) if len(claims) > 1 else None,
        "accuracy": fmean(by_claim(found, "hit").values()),
        "readiness" if acts else "assent_drift": fmean(drift) if drift else None,
        "option_mass": fmean(each["option_mass"] for each in found),
        "items": float(len(found)),
    }
    for name in ("calibrated", "per_byte"):
        if all(each[name] is not None for each in found):
            numbers[name] = fmean(by_claim(found, name).values())
    if acts:
        numbers["d_prime"] = _d_prime(found)
    return numbers


def by_claim(found: Iterable[Mapping[str, Any]], scale: str) -> dict[str, float]:
    """Return each claim's mean over wordings of the mean over polarities."""
    return {claim: fmean(fmean(each.values()) for each in wordings.values())
            for claim, wordings in _polarities(found, scale).items()}


def _polarities(found: Iterable[Mapping[str, Any]], scale: str) -> dict[str, dict[int, dict[str, float]]]:
    """Return numbers by claim, wording and polarity; those of several epochs are averaged."""
    gathered: dict[str, dict[int, dict[str, list[float]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for each in found:
        gathered[each["claim"]][each["wording"]][each["polarity"]].append(float(each[scale]))
    return {claim: {wording: {polarity: fmean(values) for polarity, values in own.items()}
                    for wording, own in wordings.items()} for claim, wordings in gathered.items()}


def _d_prime(found: Iterable[Mapping[str, Any]]) -> float | None:
    """Return d': does the reader show the trait where it fits and not where it does not?"""
    hits: Callable[[str], list[bool]] = lambda polarity: [e["hit"] for e in found if e["polarity"] == polarity]  # noqa: E731
    shown, spared = hits("affirmed"), hits("denied")
    return discrimination(sum(shown), len(shown), len(spared) - sum(spared), len(spared)).d
