"""Carry a measure out and leave its files: measure.json, readings.parquet, measure.md, measure.html, or the card."""

from pathlib import Path

from uptake.errors import UserError
from uptake.files import atomic_write, write_json, writing
from uptake.measure.answers import KEPT, Tell
from uptake.measure.asked import Asked
from uptake.measure.capabilities import read_tests
from uptake.measure.carry_out import card_of, profile_of
from uptake.measure.page import card_in_words, card_to_markdown, in_words, to_html, to_markdown
from uptake.measure.questions import read_questions
from uptake.readings.controls import read_controls
from uptake.strict_yaml import DATA
from uptake.tables import rows_table, write_table

# One of these makes a folder one of ours, whose files may be replaced.
OURS = (KEPT, "measure.json", "capabilities.json")


def measure(asked: Asked, tell: Tell) -> str:
    """Carry a measure out and return what to print. Raises UserError for a model, file, reading or folder that cannot
    be used."""
    if asked.capabilities:
        return capabilities(asked, tell)
    if asked.against and asked.template != "plain":
        tell(f"both models are asked in their own template called '{asked.template}'")
    readings = tuple(name.strip() for name in asked.readings.split(",") if name.strip())
    questions = read_questions(asked.claims, readings, asked.subject, asked.model)
    folder = prepared(asked.folder)
    models = [asked.model, *([asked.against] if asked.against else [])]
    done = profile_of(questions, read_controls(DATA / "controls.yaml"), models, (asked.template, asked.precision),
                      (folder, tell))
    write_table(folder / "readings.parquet", rows_table(done.rows))
    write_json(folder / "measure.json", done.found)
    atomic_write(folder / "measure.md", to_markdown(done.found))
    atomic_write(folder / "measure.html", to_html(done.found, done.rows))
    return f"{in_words(done.found)}\n\n{folder / 'measure.html'}"


def capabilities(asked: Asked, tell: Tell) -> str:
    """Let the model take the tests of the capability card; return what to print."""
    if asked.against:
        raise UserError("a capability card is one model's", where="--against",
                        hint="run it again for the other model, with another --out")
    tests, folder = read_tests(), prepared(asked.folder)
    done = card_of(tests, asked.model, (asked.template, asked.precision), (folder, tell))
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
