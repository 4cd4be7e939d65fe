"""What a user may ask of `uptake table`, with the words by which the command line explains it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

MOST_DECIMALS = 5  # results.json has six digits


@dataclass(frozen=True, slots=True)
class Asked:
    """Which numbers of which results, and how they are written. `readers` is a list with commas."""

    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="A run's folder, or a results.json.")]
    cells: Annotated[list[str] | None, typer.Argument(
        metavar="CELL...", help="FRAME.READING or FRAME.GAP, also 'FRAME.READING in context' or '... untouched'; "
                                "FRAME.REPORT.gap sets a report beside what it is of.")] = None
    readers: Annotated[str, typer.Option(
        metavar="NAMES", help="Which readers, with commas: differ,differ@quiet. Left out: all, in the study's order.")
    ] = ""
    between: Annotated[list[str] | None, typer.Option(
        metavar="DIFFERENCE", help="'READER: CELL - READER: CELL': the difference over seeds, as often as wanted.")
    ] = None
    at: Annotated[Literal["equal-tokens", "equal-content"], typer.Option(
        metavar="POINT", help="equal-tokens (the end of each reader's stage) or equal-content.")] = "equal-tokens"
    intervals: Annotated[bool, typer.Option("--intervals", help="Add the interval of each number.")] = False
    decimals: Annotated[int, typer.Option(min=0, max=MOST_DECIMALS, help="How many decimals.")] = 2
    bits: Annotated[bool, typer.Option("--bits", help="Log-odds in bits, not in nats.")] = False
