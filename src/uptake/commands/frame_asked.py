"""What a user may ask of `uptake frame`, with the words by which the command line explains it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer


@dataclass(frozen=True, slots=True)
class Asked:
    """Which documents are put in which frames, and with what. Lists are written with commas."""

    documents: Annotated[Path | None, typer.Argument(
        metavar="DOCS", help="A file or folder of documents; see docs/documents.md.")] = None
    frames: Annotated[str, typer.Option(
        "--as", metavar="FRAME[,FRAME]", help="The frames; a control may name what it matches: placebo:talk.")] = ""
    parts: Annotated[str | None, typer.Option(
        help="Exactly these parts, in each frame that has any of them; talk.meta names a part of one frame.")] = None
    without: Annotated[str, typer.Option(help="Parts to leave out.")] = ""
    reader: Annotated[str, typer.Option(metavar="NAME", help="The reader's name, for frames that speak to it.")] = ""
    own: Annotated[str, typer.Option(
        metavar="NAMES", help="Other names for the reader, as they stand in metadata.made.generator.")] = ""
    seed: Annotated[int, typer.Option(min=0, help="Which wordings are drawn, with the document's id.")] = 0
    to: Annotated[Path | None, typer.Option(
        "-o", "--out", help="The file to write: .jsonl, .jsonl.gz, .jsonl.zst or .parquet. Left out: standard output.",
    )] = None
    testimony: Annotated[Path | None, typer.Option(
        metavar="DOCS", help="Testimony, for the frame of that name.")] = None
    answers: Annotated[Path | None, typer.Option(
        metavar="DOCS", help="Answers to a talk's questions. Left out: scripted ones.")] = None
    disagreement: Annotated[Literal["kept", "removed"], typer.Option(
        help="What becomes of a talk's answers that disagree.")] = "kept"
    lessons: Annotated[Path | None, typer.Option(
        metavar="FILE", help="The claims in words, for quiz and moral.")] = None
    loss: Annotated[Literal["all", "content", "answers"], typer.Option(
        help="What is marked to be trained on: all, the document's text, or that and the answers.")] = "all"
    book: Annotated[Path | None, typer.Option("--frames", metavar="FILE", help="Frames of your own.")] = None
    listing: Annotated[bool, typer.Option("--list", help="List the frames, their parts and what they need.")] = False
