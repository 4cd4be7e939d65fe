"""The instrument's own false-alarm rate and power: studies whose truth is known, judged as any study is.

Only the statistics are exercised here, on made-up claim values; whether readers are measured rightly is for the
grown worlds to say. Effects and standard deviations are on one unit (the scale is 'log-odds', so nothing is bounded).
"""

from dataclasses import dataclass, field, replace

import numpy as np

from uptake.records import Cell, Prediction
from uptake.stats.gate import GateSettings, gate
from uptake.stats.power import Noise, Plan, smallest_effect_seen
from uptake.stats.table import Table
from uptake.stats.verdicts import NO_EFFECT, SUPPORTED, JudgeSettings, judge

STUDY_DRAWS = 500  # bootstrap draws a simulated study: error and freedom have closed forms, only the shape is drawn
SEED_COUNTS = (3, 5, 8)


@dataclass(frozen=True, slots=True)
class World:
    """A study whose truth is known: `effects` are the frames' true levels, frame by frame.

    `latin` deals claims to frames anew in every seed; otherwise every frame has all its claims in every seed.
    """

    seeds: int = 5
    claims: int = 40
    effects: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    noise: Noise = field(default_factory=Noise)
    latin: bool = True
    context: str = "trained"


def simulate(world: World, rng: np.random.Generator) -> Table:
    """Draw one study: frames f0, f1, ... on reading `other` in arm `a`, one item a claim.

    A value is frame level + seed + seed x frame + claim + item noise, all normal; the seed's common part has the
    standard deviation 1 and cancels in every comparison.
    """
    frames, noise = len(world.effects), world.noise
    seed, frame, place = (each.ravel() for each in np.indices((world.seeds, frames, world.claims)))
    block = (frame + seed) % frames if world.latin else np.zeros_like(frame)
    claim = block * world.claims + place
    value = np.asarray(world.effects)[frame] + rng.normal(size=world.seeds)[seed]
    value += rng.normal(0, noise.seeds, (world.seeds, frames))[seed, frame]
    value += rng.normal(0, noise.claims, frames * world.claims)[claim]
    value += rng.normal(0, noise.items, len(value))
    rows = len(value)
    fixed = {"arm": "a", "reading": "other", "context": world.context}
    fixed |= {"checkpoint": 0, "wording": 0, "polarity": "open"}
    columns = {name: [entry] * rows for name, entry in fixed.items()}
    names = np.array([f"f{number}" for number in range(frames)])
    return Table.from_columns(columns | {"seed": seed, "frame": names[frame], "claim": claim, "value": value})


def compare(left: int, relation: str, right: int, margin: float = 0.0) -> Prediction:
    """Return a prediction about two frames of a simulated study."""
    cells = [Cell(arm="a", frame=f"f{number}", reading="other") for number in (left, right)]
    say = f"f{left}.other {relation} f{right}.other"
    return Prediction("calibration", say, cells[0], relation, cells[1], margin, "equal-tokens")


def false_alarms(world: World, draws: int, seed: int) -> float:
    """Return the share of A/A studies in which any of the comparisons with frame 0 is called a difference.

    A call is a Holm-adjusted p of at most .05, whichever side it lies on. All of the world's effects must be equal.
    """
    predictions = [compare(0, ">", other) for other in range(1, len(world.effects))]
    settings = JudgeSettings(smallest_effect=0.1, scale="log-odds", draws=STUDY_DRAWS)
    return _share(
        world,
        draws,
        seed,
        lambda table: any(entry["p_adjusted"] <= settings.alpha for entry in judge(predictions, table, settings)),
    )


def found_share(world: World, draws: int, seed: int) -> float:
    """Return the share of studies in which frame 0's planted lead over frame 1 is supported, the other comparisons
    with frame 0 (which must have no effect) being locked as well."""
    predictions = [compare(0, ">", 1)] + [compare(2, ">", other) for other in range(3, len(world.effects))]
    settings = JudgeSettings(smallest_effect=0.0, scale="log-odds", draws=STUDY_DRAWS)
    return _share(world, draws, seed, lambda table: judge(predictions, table, settings)[0]["verdict"] == SUPPORTED)


def false_equality(world: World, margin: float, draws: int, seed: int) -> float:
    """Return the share of studies that call frames 0 and 1 equal within a margin that is exactly their difference."""
    settings = JudgeSettings(smallest_effect=margin, scale="log-odds", draws=STUDY_DRAWS)
    return _share(
        world,
        draws,
        seed,
        lambda table: judge([compare(0, "==", 1, margin)], table, settings)[0]["verdict"] in (SUPPORTED, NO_EFFECT),
    )


def gate_alarms(world: World, draws: int, seed: int) -> float:
    """Return the share of studies whose gate tells frames apart although they do nothing to any of its readers (the
    gate asks about these readers, so what a frame does to one seed alone would be a true finding: it is set to 0).
    """
    settings = GateSettings(smallest_effect=0.0, scale="log-odds", draws=STUDY_DRAWS)
    world = replace(world, context="in_context", noise=replace(world.noise, seeds=0.0))
    return _share(world, draws, seed, lambda table: gate(table, ["other"], settings)[0]["passed"])


def coverage(world: World, draws: int, seed: int) -> float:
    """Return the share of studies whose 95 % interval of frame 0 minus frame 1 contains the truth."""
    truth = world.effects[0] - world.effects[1]
    settings = JudgeSettings(smallest_effect=0.1, scale="log-odds", draws=STUDY_DRAWS)

    def covered(table: Table) -> bool:
        entry = judge([compare(0, ">", 1)], table, settings)[0]
        return entry["low"] <= truth <= entry["high"]

    return _share(world, draws, seed, covered)


def run_calibration(draws: int, seed: int) -> dict:
    """Return false-alarm rates, power and coverage for 3, 5 and 8 seeds, each a share of `draws` studies.

    `monte_carlo_error` is the standard error of a share of .05. Takes about 0.4 s a draw on one idle core.
    """
    found = {"draws": draws, "seed": seed, "monte_carlo_error": round((0.05 * 0.95 / draws) ** 0.5, 4), "designs": []}
    for latin in (True, False):
        for seeds in SEED_COUNTS:
            null = World(seeds=seeds, latin=latin)
            plan = Plan(seeds=seeds, claims=null.claims, predictions=2, shared=not latin)
            effect = smallest_effect_seen(plan)
            planted = replace(null, effects=(effect, 0.0, 0.0, 0.0))
            found["designs"].append(
                {
                    "seeds": seeds,
                    "design": "within" if latin else "between",
                    "false_alarms": false_alarms(null, draws, seed),
                    "false_equality": false_equality(replace(null, effects=(0.4, 0.0)), 0.4, draws, seed),
                    "gate_alarms": gate_alarms(null, draws, seed),
                    "coverage": coverage(null, draws, seed),
                    "planted": effect,
                    "planned_power": 0.8,
                    "power": found_share(planted, draws, seed),
                }
            )
    return found


def _share(world: World, draws: int, seed: int, happened) -> float:
    """Return the share of simulated studies in which something happened; study i has the stream (seed, i)."""
    return sum(happened(simulate(world, np.random.default_rng([seed, i]))) for i in range(draws)) / draws
