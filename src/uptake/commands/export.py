"""Carry an export out: find the arm's stages, write its data, its model and its card, and say what is there."""

from uptake.export.asked import Asked
from uptake.export.stages import chain, plan_of
from uptake.export.writing import Tell, results_of, write_export
from uptake.rundir import RunFolder


def export(asked: Asked, tell: Tell) -> str:
    """Carry an export out; return what to print.

    Raises UserError for a run, arm, seed or folder that cannot be used.
    """
    stages = chain(asked.run, asked.arm, asked.seed, asked.frame)
    results = results_of(RunFolder(asked.run).results_file)
    said = write_export(stages, plan_of(asked.run), results, asked.to, tell)
    lines = [f"{asked.arm}, seed {said['seed']}, of {said['study']}"]
    lines += [f"  {each['split']:8} {each['rows']:>8,} rows  {each['label']}" for each in said["stages"]]
    lines += [f"  not everything is here: {each['lacks']}" for each in said["stages"] if each["lacks"]]
    return "\n".join([*lines, str(asked.to / "README.md")])
