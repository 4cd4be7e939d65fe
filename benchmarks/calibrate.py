"""Measure the instrument's own false-alarm rate, power and coverage by simulated studies, into results/calibration/.

    python benchmarks/calibrate.py [--studies 600] [--seed 0] [--out results/calibration]

An A/A study has the same frame under two names; a planted one a difference that the plan says it can see.
"""

import argparse
from pathlib import Path

from uptake.files import atomic_write, write_json
from uptake.stats.calibrate import run_calibration

HEAD = """# What the instrument does on studies whose answer is known

Simulated studies, judged as any other (`make calibrate`; {draws} studies a row, seed {seed}, so a share of .05 has
a Monte-Carlo error of {monte_carlo_error}). A false alarm is any difference called in a study without one, after
Holm; false equality is equality called at exactly the margin; the gate's is any pair
of frames told apart that are the same. Planted is the effect that the plan promises to find in .80 of studies.

| design | seeds | false alarms | false equality | gate's false alarms | coverage of 95 % | planted | found |
|---|---|---|---|---|---|---|---|
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=600, help="simulated studies a row (about .4 s each)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("results/calibration"))
    asked = parser.parse_args()
    found = run_calibration(asked.studies, asked.seed)
    asked.out.mkdir(parents=True, exist_ok=True)
    write_json(asked.out / "calibration.json", found)
    atomic_write(asked.out / "README.md", HEAD.format(**found) + "".join(line(row) for row in found["designs"]))
    print(asked.out / "README.md")


def line(row: dict) -> str:
    """Return one design's line of the table."""
    shares = [row[name] for name in ("false_alarms", "false_equality", "gate_alarms", "coverage")]
    numbers = " | ".join("-" if share is None else f"{share:.3f}" for share in shares)
    return f"| {row['design']} | {row['seeds']} | {numbers} | {row['planted']:.3f} | {row['power']:.2f} |\n"


if __name__ == "__main__":
    main()
