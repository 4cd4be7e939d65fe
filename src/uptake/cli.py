"""The commands, and the one place where a user's error is printed.

Data goes to standard output, messages to standard error. A user's mistake is one sentence (where, what, what to do) and
exit code 2; everything else is a bug and keeps its traceback.
"""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from uptake.audit.asked import Asked, takes
from uptake.commands.frame_asked import Asked as ToFrame
from uptake.commands.table_asked import Asked as Tabled
from uptake.errors import UserError
from uptake.export.asked import Asked as Exported
from uptake.measure.asked import Asked as Measured

INTERRUPTED = 130  # what typer makes of Ctrl-C, as shells do: 128 and the number of the signal

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="rich",
                  help="What does a language model take your text as evidence for: when it reads it, and after it has "
                       "been trained on it?\n\nA study is one YAML file. Try: [bold]uptake new frames[/bold], then "
                       "[bold]uptake plan frames.yaml[/bold], then [bold]uptake run frames.yaml[/bold].")

StudyFile = Annotated[Path, typer.Argument(help="The study file, such as studies/frames.yaml.")]
RunPath = Annotated[Path, typer.Argument(help="A run's folder, such as runs/frames.")]
Seeds = Annotated[int | None, typer.Option("--seeds", min=1, help="Use this many seeds instead of the study's.")]
Out = Annotated[Path | None, typer.Option("--out", help="The run's folder. [default: runs/<study>]")]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="How many stages at once. [default: one a core]")]
On = Annotated[Literal["local", "ray"], typer.Option("--on", help="Where stages are carried out.")]
To = Annotated[Path | None, typer.Option("--to", help="The file to write. [default: NAME.yaml]")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def new(name: Annotated[str, typer.Argument(help="A template's name; without one, they are listed.")] = "",
        to: To = None) -> None:
    """Write a study file from a template."""
    from uptake.templates import templates, write_template

    if not name:
        for template in templates():
            print(f"{template.name:20} {template.question}")
        return
    say(f"wrote {write_template(name, to)}")


@app.command()
def plan(study: StudyFile, seeds: Seeds = None, out: Out = None, json: AsJson = False) -> None:
    """Say what a study will do: runs, tokens, minutes on this machine, and the smallest effect that it can see."""
    from uptake.pace import foresee, in_words

    read = study_from(study, seeds)
    foreseen = foresee(read, folder_of(read.study, out), say)
    print(as_json(foreseen) if json else in_words(foreseen))


@app.command()
def run(study: StudyFile, seeds: Seeds = None, out: Out = None, workers: Workers = None, on: On = "local") -> None:
    """Carry a study out, resumable at any point; ends with the verdicts and the report's path."""
    from uptake.run import Options
    from uptake.run import run as carry_out
    from uptake.show import verdicts_in_words

    read = study_from(study, seeds)
    folder = folder_of(read.study, out)
    results = carry_out(read, folder, Options(workers, on), say)
    print(verdicts_in_words(results))
    print(folder / "report.html")


@app.command()
def report(run: RunPath) -> None:
    """Write a run's report again, from what was measured."""
    from uptake.run import report_again

    print(report_again(run))


@app.command()
def show(run: RunPath,
         what: Annotated[str, typer.Argument(help="A verdict's number, a cell (arm: frame.reading), or a claim's id; "
                                                  "without one, what there is.")] = "",
         items: Annotated[int, typer.Option("--items", min=1, help="How many items to show.")] = 8) -> None:
    """Go from a verdict down to items, log-probabilities, and the very documents trained on."""
    from uptake.show import show as look

    print(look(run, what, items))


@app.command()
@takes(Tabled)
def table(**given: Any) -> None:
    """Print chosen numbers of a run, or differences between them, as a Markdown table."""
    from uptake.commands.table import table as carry_out

    print(carry_out(Tabled(**given)))


@app.command()
@takes(Asked)
def audit(**given: Any) -> None:
    """Say what a corpus tells its reader besides what it says: provenance, denials, copies, leaks. Needs no model."""
    from uptake.commands.audit import audit as carry_out

    said, failed = carry_out(Asked(**given), say)
    print(said)
    if failed:
        say(f"found: {', '.join(failed)}")
        raise typer.Exit(1)


@app.command()
@takes(Measured)
def measure(**given: Any) -> None:
    """Take the readings of a model or an adapter that was trained elsewhere, or test what it can do."""
    from uptake.commands.measure import measure as carry_out

    print(carry_out(Measured(**given), say))


@app.command()
@takes(ToFrame)
def frame(**given: Any) -> None:
    """Put documents in frames that are built from their provenance, as JSONL for any trainer."""
    from uptake.commands.frame import frame as carry_out

    carry_out(ToFrame(**given), say)


@app.command()
def author(brief: Annotated[Path, typer.Argument(help="What documents are wanted: a YAML file; see docs/author.md.")],
           to: Annotated[Path, typer.Option("-o", "--out", help="The folder for documents.jsonl and rejects.jsonl.")],
           model: Annotated[str, typer.Option(help="The author, as PROVIDER/NAME.")] = "uptake/smollm2-135m",
           limit: Annotated[int | None, typer.Option(min=1, help="Draft at most so many documents.")] = None,
           match: Annotated[Path | None, typer.Option(metavar="DOCS", help="Choose from what was drafted, for each of "
                                                      "these testimonies, one that --reader finds as likely.")] = None,
           reader: Annotated[str, typer.Option(help="Whose likelihood --match goes by, as PROVIDER/NAME.")]
           = "uptake/smollm2-135m") -> None:
    """Draft documents from a brief with a model, each with its provenance; resumable, refusals counted by arm."""
    from uptake.commands.author import Order
    from uptake.commands.author import author as carry_out

    print(carry_out(Order(brief, to, model, limit, match=match, reader=reader), say))


@app.command()
@takes(Exported)
def export(**given: Any) -> None:
    """Give an arm's training data and its model to other tools, with a card that says what they are."""
    from uptake.commands.export import export as carry_out

    print(carry_out(Exported(**given), say))


def main() -> None:
    """Run the command line."""
    try:
        app()
    except UserError as error:
        say(f"error: {error}")
        sys.exit(2)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            say("stopped; what was finished is kept, and the same command goes on from there")
        raise


def say(message: str) -> None:
    """Print a message for the person at the terminal."""
    print(message, file=sys.stderr, flush=True)


def study_from(path: Path, seeds: int | None):
    """Read a study, with another number of seeds if one was given."""
    from uptake.study import read_study, with_seeds

    study = read_study(path)
    return with_seeds(study, seeds) if seeds else study


def folder_of(study: str, out: Path | None) -> Path:
    return out or Path("runs") / study


def as_json(value: object) -> str:
    import json

    from uptake.files import plain

    return json.dumps(plain(value), indent=1, sort_keys=True)
