"""Carry a measure out and leave its files: measure.json, readings.parquet, measure.md, measure.html, or the card."""

from pathlib import Path

import pyarrow as pa

from uptake.errors import UserError
from uptake.files import atomic_write, write_json, writing
from uptake.measure.answers import KEPT, Tell
from uptake.measure.asked import Asked
from uptake.measure.capabilities import read_tests
from uptake.measure.carry_out import Measured, card_of, profile_of
from uptake.measure.documents import Shown, only, shown
from uptake.measure.page import card_in_words, card_to_markdown, in_words, to_html, to_markdown
from uptake.measure.questions import Questions, read_questions
from uptake.readings.controls import read_controls
from uptake.strict_yaml import DATA
from uptake.tables import rows_table, write_table

# One of these makes a folder one of ours, whose files may be replaced.
OURS = (KEPT, "measure.json", "capabilities.json")


def measure(asked: Asked, tell: Tell) -> str:
    """Carry a measure out and return what to print. Raises UserError for a model, file, reading or folder that cannot
    be used, and when an endpoint gave out; what it answered until then is kept."""
    if asked.capabilities:
        return capabilities(asked, tell)
    if asked.against and asked.template != "plain":
        tell(f"both models are asked in their own template called '{asked.template}'")
    questions = read_questions(asked.claims, listed(asked.readings), asked.subject, asked.model)
    before = behind(asked, questions, tell)
    questions = only(questions, before.claims) if before else questions
    folder = prepared(asked.folder)
    models = [asked.model, *([asked.against] if asked.against else [])]
    done = profile_of(questions, read_controls(DATA / "controls.yaml"), models, asked.how, (folder, tell),
                      before.behind if before else ())
    write_table(folder / "readings.parquet", table_of(done))
    write_json(folder / "measure.json", done.found)
    atomic_write(folder / "measure.md", to_markdown(done.found))
    atomic_write(folder / "measure.html", to_html(done.found, done.rows))
    return f"{in_words(done.found)}\n\n{folder / 'measure.html'}"


def behind(asked: Asked, questions: Questions, tell: Tell) -> Shown | None:
    """Return the user's documents with the questions behind them, if there are any. Raises UserError."""
    if asked.documents is None:
        return None
    if asked.against:
        raise UserError("documents are put before one model at a time", where="--in",
                        hint="measure the other one by itself, with another --out")
    before = shown(questions, asked.documents, listed(asked.frames), asked.neutral)
    tell(before.says)
    return before


def table_of(done: Measured) -> pa.Table:
    """Return the lines as a table that says which estimate they are; where documents were read, with the id of the one
    that each question stood behind."""
    table = rows_table(done.rows)
    if done.documents:
        table = table.append_column("document", pa.array(done.documents, pa.string()))
    return table.replace_schema_metadata({"estimate": done.found["estimate"]})


def listed(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(",") if name.strip())


def capabilities(asked: Asked, tell: Tell) -> str:
    """Let the model take the tests of the capability card; return what to print."""
    for flag, given in (("--against", asked.against), ("--in", asked.documents)):
        if given:
            raise UserError("a capability card is one model's, asked by itself", where=flag,
                            hint="run it again without --capabilities, with another --out")
    tests, folder = read_tests(), prepared(asked.folder)
    done = card_of(tests, asked.model, asked.how, (folder, tell))
    write_table(folder / "capabilities.parquet", rows_table(done.rows))
    write_json(folder / "capabilities.json", done.found)
    atomic_write(folder / "capabilities.md", card_to_markdown(done.found))
    return f"{asked.model}\n\n{card_in_words(done.found)}\n\n{folder / 'capabilities.json'}"


def prepared(folder: Path) -> Path:
    """Make the folder, or go on in one that a measure made. Raises UserError if something else stands there."""
    with writing(folder):
        if folder.is_dir() and any(folder.iterdir()) and not any((folder / name).exists() for name in OURS):
            raise UserError("this folder holds something else", where=str(folder),
                            hint="name an empty or a new one with --out")
        (folder / KEPT).mkdir(parents=True, exist_ok=True)
    return folder
