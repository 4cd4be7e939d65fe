"""What a user may ask of an audit, with the words by which the command line explains it."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_type_hints

import typer

# Documents on the page: a browser opens a few hundred with their texts at once.
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """The documents, where the findings go, and what to look for. `without` and `fail_on` are lists with commas."""

    documents: Annotated[Path, typer.Argument(metavar="DOCS", help="A file or folder of documents: docs/documents.md.")]
    to: Annotated[Path, typer.Option("-o", "--out", help="The folder for audit.jsonl and audit.html.")]
    reader: Annotated[str | None, typer.Option(help="Who reads: smollm2-135m, a folder, a hub id, or a model behind "
                                               "an endpoint: openai-api/NAME/MODEL.")] = None
    base_url: Annotated[str, typer.Option(metavar="URL", help="The endpoint's address. Left out: as the environment "
                                          "has it.")] = ""
    arms: Annotated[str | None, typer.Option(help="The field that names a document's arm: metadata.arm.")] = None
    meant: Annotated[str, typer.Option(help="Words that the arms are meant to differ in, with commas.")] = ""
    against: Annotated[Path | None, typer.Option(help="Test items: a study, a claims file, or documents.")] = None
    card: Annotated[Path | None, typer.Option(help='What the reader can do: {"arithmetic": {"able": true}}.')] = None
    without: Annotated[str, typer.Option(help="Findings to leave out, with commas.")] = ""
    fail_on: Annotated[str, typer.Option(help="Exit with 1 if one of these is found.")] = ""
    shown: Annotated[int, typer.Option(min=0, help="How many documents the page shows at most.")] = SHOWN
    workers: Annotated[int | None, typer.Option(min=1, help="How many tasks at once. [default: one a core]")] = None
    on: Annotated[Literal["local", "ray"], typer.Option(help="Where the tasks are carried out.")] = "local"


def takes(asked: type) -> Callable[[Callable], Callable]:
    """Give a function of keywords the parameters of a dataclass, for the command line to read."""

    def give(function: Callable) -> Callable:
        hints = get_type_hints(asked, include_extras=True)
        parameters = inspect.signature(asked).parameters.values()
        function.__signature__ = inspect.Signature([each.replace(annotation=hints[each.name]) for each in parameters])
        function.__annotations__ = hints
        return function

    return give
