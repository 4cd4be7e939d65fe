"""Predictions as people write them: one comparison of two cells, attributed to a theory.

    schooled: record.other > disclaimer.other
    schooled: record.other > disclaimer.other by 0.3
    unschooled: fiction.other == record.other within 0.3
    schooled: fiction.other < unschooled: fiction.other
    record.other in context > fiction.other in context

A cell is `[ARM:] FRAME.READING`, then nothing (after training), `in context` or `untouched`. `==` needs `within`, the
margin inside which the two count as equal; `<` and `>` may have `by`, a size that the difference must exceed (without
it the difference must exceed 0). Both are numbers above 0 on the study's scale. The arm may be left out in a study
of one arm; a right cell without an arm is in the left cell's arm. An arm of several stages is meant as it is after the
last one; `ARM@STAGE` is its reader after an earlier one.
"""

import math
import re
from collections.abc import Collection
from dataclasses import replace

from uptake.errors import UserError, did_you_mean
from uptake.records import Cell, Prediction

POINTS = ("equal-tokens", "equal-content")
FRAMES_WITHOUT_CONTENT = frozenset({"untrained", "frame-only", "neutral"})
FORM = "write e.g. 'schooled: record.other > fiction.other by 0.1' or 'record.other == fiction.other within 0.1'"
DIFFERENCE_FORM = "write e.g. 'schooled: record.other - fiction.other', with a space on either side of the minus sign"
CELL_FORM = "write FRAME.READING, e.g. record.other, 'record.other in context' or 'record.other untouched'"

_NAME = r"[A-Za-z0-9_][\w+-]*"
_CELL = rf"(?:({_NAME}(?:@{_NAME})?)\s*:\s*)?({_NAME})\s*\.\s*({_NAME})(?:\s+(in\s+context|untouched))?"
_SAY = re.compile(rf"\s*{_CELL}\s*(==|<|>)\s*{_CELL}(?:\s+(within|by)\s+(\S+))?\s*")
_DIFFERENCE = re.compile(rf"\s*{_CELL}\s+-\s+{_CELL}\s*")
_ONE_CELL = re.compile(rf"\s*{_CELL}\s*")


def parse_prediction(say: str, by: str, at: str, line: int = 0, where: str = "") -> Prediction:
    """Read one prediction. An arm that was left out stays empty until `check_prediction` knows the study's arms.

    `where` is the file, `line` the line in it. Raises UserError for a form that cannot be read, an unknown `at`, a
    missing or useless margin.
    """
    place = _place(where, line)
    if at not in POINTS:
        raise UserError(f"unknown point of comparison '{at}'", where=place, hint=did_you_mean(at, POINTS))
    match = _SAY.fullmatch(say)
    if not match:
        raise UserError(f"cannot read the prediction '{say}'", where=place, hint=FORM)
    groups = match.groups()
    left, relation, right, word, number = groups[:4], groups[4], groups[5:9], groups[9], groups[10]
    return Prediction(
        by=by,
        say=say,
        left=_cell(*left),
        relation=relation,
        right=_cell(right[0] or left[0], *right[1:]),
        margin=_margin(relation, word, number, place),
        at=at,
        line=line,
    )


def parse_difference(say: str, at: str) -> Prediction:
    """Read `[ARM:] FRAME.READING - [ARM:] FRAME.READING` as a comparison of which nothing was predicted: `by` is empty,
    `relation` and `margin` say nothing. Raises UserError for a form that cannot be read."""
    match = _DIFFERENCE.fullmatch(say)
    if not match:
        raise UserError(f"cannot read the difference '{say}'", hint=DIFFERENCE_FORM)
    left, right = match.groups()[:4], match.groups()[4:]
    return Prediction("", say, _cell(*left), ">", _cell(right[0] or left[0], *right[1:]), 0.0, at)


def parse_cell(what: str) -> Cell:
    """Read one cell; its arm stays empty where none is named. Raises UserError for a form that cannot be read."""
    match = _ONE_CELL.fullmatch(what)
    if not match:
        raise UserError(f"cannot read the cell '{what}'", hint=CELL_FORM)
    return _cell(*match.groups())


def check_prediction(
    prediction: Prediction,
    arms: Collection[str],
    frames: Collection[str],
    readings: Collection[str],
    where: str = "",
) -> Prediction:
    """Return the prediction with its arms filled in, or raise UserError if this study cannot answer it."""
    place = _place(where, prediction.line)
    sides = []
    for cell in (prediction.left, prediction.right):
        cell = replace(cell, arm=cell.arm or _only_arm(arms, place))
        _known("arm", cell.arm, arms, place)
        _known("frame", cell.frame, frames, place)
        _known("reading", cell.reading, readings, place)
        if cell.context == "in_context" and cell.frame == "untrained":
            raise UserError(
                "'untrained' has no document that could stand in the context", where=place, hint="drop 'in context'"
            )
        sides.append(cell)
    if sides[0] == sides[1]:
        raise UserError(
            f"'{prediction.say}' compares a cell with itself",
            where=place,
            hint="change the arm, frame, reading or context of one side",
        )
    if prediction.at == "equal-content":
        _check_equal_content(sides, readings, place)
    return replace(prediction, left=sides[0], right=sides[1])


def _check_equal_content(sides: list[Cell], readings: Collection[str], place: str) -> None:
    """Raise UserError unless both cells are after training, have content, and the study measures `content`."""
    hint = "compare them 'at: equal-tokens'"
    for cell in sides:
        if cell.frame in FRAMES_WITHOUT_CONTENT:
            raise UserError(f"'{cell.frame}' has no content to be equal in", where=place, hint=hint)
        if cell.context != "trained":
            raise UserError("equal content is a point of training, so both cells must be", where=place, hint=hint)
        if cell.reading == "content":
            raise UserError("at equal content the reading 'content' is equal by construction", where=place, hint=hint)
    if "content" not in readings:
        raise UserError(
            "equal content needs the reading 'content'", where=place, hint="add it to 'readings', or " + hint
        )


def _cell(arm: str | None, frame: str, reading: str, context: str | None) -> Cell:
    name = {None: "trained", "untouched": "untouched"}.get(context, "in_context")
    return Cell(arm=arm or "", frame=frame, reading=reading, context=name)


def _margin(relation: str, word: str | None, number: str | None, place: str) -> float:
    """Return the margin of `==` or the size that `<` and `>` declare (0 where none is declared)."""
    if relation == "==" and word != "within":
        raise UserError("'==' needs a margin", where=place, hint="end it with 'within 0.1', say")
    if relation != "==" and word == "within":
        raise UserError(f"'{relation}' takes no 'within'", where=place, hint=f"write 'by {number}' for a size")
    if word is None:
        return 0.0
    try:
        margin = float(number)
    except ValueError:
        margin = math.nan
    if not (math.isfinite(margin) and margin > 0):
        raise UserError(f"'{number}' is no margin", where=place, hint="a margin is a number above 0, such as 0.1")
    return margin


def _only_arm(arms: Collection[str], place: str) -> str:
    if len(arms) == 1:
        return next(iter(arms))
    raise UserError("the left cell names no arm", where=place, hint=f"write 'ARM: ' first; arms: {', '.join(arms)}")


def _known(noun: str, name: str, known: Collection[str], place: str) -> None:
    if name not in known:
        raise UserError(f"unknown {noun} '{name}'", where=place, hint=did_you_mean(name, known))


def _place(where: str, line: int) -> str:
    return f"{where}:{line}" if where and line else where or (f"line {line}" if line else "")
