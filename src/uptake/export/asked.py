"""What a user may ask of an export, with the words by which the command line explains it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer


@dataclass(frozen=True, slots=True)
class Asked:
    """Which arm of which run goes where. `frame` is needed only where an arm trained one reader a frame."""

    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder, such as runs/frames.")]
    arm: Annotated[str, typer.Argument(metavar="ARM", help="The arm's name in the study.")]
    to: Annotated[Path, typer.Option("-o", "--out", help="The folder to write; it must be new, or an export.")]
    seed: Annotated[int | None, typer.Option(help="Which seed's reader. Left out: the first.")] = None
    frame: Annotated[str, typer.Option(help="Which frame's reader, in a study with one reader a frame.")] = ""
