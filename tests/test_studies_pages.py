"""The numbers of the studies' pages: a command beneath a table prints them, from committed results."""

import re
import shlex
import subprocess
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
import typer

from uptake.cli import app

ROOT = Path(__file__).parents[1]
TABLE = typer.main.get_command(app).commands["table"]
COMMAND = re.compile(r"`uptake (table [^`]+)`")
NUMBER = re.compile(r"-?\d*\.\d+")


def blocks(page):
    return page.read_text(encoding="utf-8").split("\n\n")


def beneath_tables():
    """Every table that has commands beneath it, with the commands."""
    for page in sorted((ROOT / "docs/studies").glob("*.md")):
        known = blocks(page)
        for place, (block, after) in enumerate(pairwise(known)):
            if block.startswith("|") and after.startswith("Printed by "):
                yield pytest.param(block, COMMAND.findall(after), id=f"{page.stem}-{place}")


def elsewhere():
    for page in sorted((ROOT / "docs/studies").glob("*.md")):
        for block in blocks(page):
            if not block.startswith("Printed by "):
                for command in COMMAND.findall(block):
                    yield pytest.param(block.replace(command, ""), command, id=f"{page.stem}-{command[-30:]}")


def numbers(table):
    """The numbers of a Markdown table's cells, without its head and the first column."""
    rows = [line for line in table.splitlines() if line.startswith("|")][2:]
    return Counter(number for row in rows for number in NUMBER.findall(row.split("|", 2)[2]))


def printed(command, capsys, monkeypatch):
    """What a command prints, its braces spread as a shell does."""
    monkeypatch.chdir(ROOT)
    spread = subprocess.run(["bash", "-c", f"printf '%q ' {command}"], capture_output=True, text=True, check=True)
    TABLE(shlex.split(spread.stdout)[1:], standalone_mode=False)
    return capsys.readouterr().out


@pytest.mark.parametrize(("table", "commands"), [*beneath_tables()])
def test_every_number_that_the_commands_beneath_a_table_print_stands_in_it(table, commands, capsys, monkeypatch):
    found = sum((numbers(printed(command, capsys, monkeypatch)) for command in commands), Counter())
    assert found.total() >= 9
    assert found - numbers(table) == Counter()


@pytest.mark.parametrize(("text", "command"), [*elsewhere()])
def test_the_means_and_intervals_that_a_command_in_the_text_prints_stand_beside_it(text, command, capsys, monkeypatch):
    rows = [line for line in printed(command, capsys, monkeypatch).splitlines() if line.startswith("|")][2:]
    assert rows
    for row in rows:
        mean, interval = (cell.strip() for cell in row.split("|")[2:4])
        assert f"{mean.removeprefix('+')} {interval}" in re.sub(r" nats| bits", "", text)
