"""YAML with line numbers and without its traps.

`read_yaml(path)` returns the file's top mapping as a `Value`: a place in the file that is asked for what is
wanted there (`.text()`, `.number()`, `.mapping(...)`), and that answers with it or raises a UserError
naming file, line and key. Refused: keys given twice (plain YAML silently keeps the last), unquoted
yes/no/on/off where text is wanted (YAML 1.1 makes them true and false), numbers that YAML takes for text
(`1e-4`), for octal (`010`) or for base sixty (`1:30`).
"""

import math
import re
import string
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from uptake.errors import UserError, did_you_mean

DATA = Path(__file__).parent / "data"
# Where the worlds, claims and studies are that come with the package: inside it when it was installed from a
# wheel, beside the source in a checkout. Looked in last.
SHIPPED = DATA if (DATA / "worlds").is_dir() else Path(__file__).parents[2]

# An alias may repeat a part of the file many times over; no file that a person wrote comes near this many
# values.
MOST_VALUES = 200_000

STR, INT, FLOAT, BOOL, NULL = (
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null")
)
TIME, MERGE = "tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:merge"
KINDS = {INT: "a number", FLOAT: "a number", NULL: "nothing", TIME: "a date", STR: "text"}
EXPONENT = re.compile(r"([-+]?)(?=\.?\d)(\d[\d_]*)?(?:\.(\d*))?[eE]([-+]?)(\d+)")


@dataclass(frozen=True, slots=True)
class Value:
    """One place in a YAML file. `at` is its path (`arms.schooled`), `line` its line: that of its key, if it
    has one."""

    node: yaml.Node
    file: str
    path: tuple[str | int, ...]
    line: int

    @property
    def at(self) -> str:
        """The path as a person reads it: `predict #2.say` is `say` of the second prediction."""
        text = ""
        for part in self.path:
            text += f" #{part + 1}" if isinstance(part, int) else f".{part}" if text else part
        return text

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def is_text(self) -> bool:
        return self.node.tag == STR

    @property
    def is_empty(self) -> bool:
        return self.node.tag == NULL

    def error(self, what: str, hint: str = "", line: int = 0) -> UserError:
        """Return (not raise) an error about this place, or about a `line` inside it."""
        where = f"{self.file}:{line or self.line}"
        return UserError(f"{self.at}: {what}" if self.at else what, where=where, hint=hint)

    def mapping(
        self, known: Collection[str] | None = None, required: Collection[str] = ()
    ) -> dict[str, "Value"]:
        """Return the values by key, in the file's order. Keys outside `known` and missing `required` ones
        are errors."""
        if not self.is_mapping:
            raise self.error(f"must be a mapping (key: value), not {self.described()}")
        values = {}
        for key, value in self.node.value:
            name, line = key.value, key.start_mark.line + 1
            values[name] = Value(value, self.file, (*self.path, name), line)
            if known is not None and name not in known:
                raise self.error(f"unknown key '{name}'", did_you_mean(name, known), values[name].line)
        for name in required:
            if name not in values:
                raise self.error(f"the key '{name}' is missing")
        return values

    def items(self) -> list["Value"]:
        """Return the values of a list."""
        if not self.is_list:
            raise self.error(f"must be a list, not {self.described()}")
        nodes = enumerate(self.node.value)
        return [
            Value(node, self.file, (*self.path, place), node.start_mark.line + 1) for place, node in nodes
        ]

    def text(self, among: Collection[str] = ()) -> str:
        """Return text that is not blank; with `among`, one of those words."""
        if not self.is_text:
            raise self.error(f"must be text, not {self.described()}", self.quoting_hint())
        text = self.node.value.strip()
        if not text:
            raise self.error("must not be blank")
        if among and text not in among:
            raise self.error(f"unknown value '{text}'", did_you_mean(text, among))
        return text

    def flag(self) -> bool:
        if self.node.tag != BOOL:
            raise self.error(f"must be true or false, not {self.described()}")
        return self.node.value.lower() in ("true", "yes", "on")

    def whole(self, least: int | None = None) -> int:
        """Return a whole number, at least `least`."""
        number = self.number(least)
        if self.node.tag != INT:
            raise self.error(f"must be a whole number, not {self.node.value}")
        return int(number)

    def number(self, least: float | None = None, most: float | None = None) -> float:
        """Return a finite number from `least` to `most`, as it was written: an int stays an int."""
        if self.node.tag not in (INT, FLOAT):
            raise self.error(f"must be a number, not {self.described()}", self._number_hint())
        if re.match(r"[-+]?0[\d_]", self.node.value) and self.node.tag == INT:
            raise self.error(
                f"{self.node.value} begins with 0, which YAML reads as base eight", "write it without the 0"
            )
        if ":" in self.node.value:
            raise self.error(
                f"{self.node.value} holds a colon, which YAML reads as base sixty", "write one plain number"
            )
        number = _scalar(self)
        if not math.isfinite(number):
            raise self.error(f"must be a finite number, not {self.node.value}")
        if (least is not None and number < least) or (most is not None and number > most):
            raise self.error(f"must be {_bounds(least, most)}, not {self.node.value}")
        return number

    def data(self) -> Any:
        """Return the value and everything below it as plain Python data.

        Nothing says here whether text or truth is wanted, so an unquoted yes, no, on or off is an error.
        """
        if self.is_mapping:
            return {name: value.data() for name, value in self.mapping().items()}
        if self.is_list:
            return [value.data() for value in self.items()]
        if self.node.tag in (INT, FLOAT):
            return self.number()
        if self.node.tag == BOOL and self.node.value.lower() not in ("true", "false"):
            raise self.error(
                f"{self.node.value} is read as true or false", f'write true or false, or "{self.node.value}"'
            )
        if self.node.tag == BOOL:
            return self.flag()
        return None if self.is_empty else self.node.value

    def walk(self) -> Iterator["Value"]:
        """Yield this value and every one below it."""
        yield self
        for value in self.mapping().values() if self.is_mapping else self.items() if self.is_list else ():
            yield from value.walk()

    def described(self) -> str:
        """Say what stands here, as the end of 'must be text, not ...'."""
        if self.is_mapping:
            return "a mapping"
        if self.is_list:
            return "a list"
        if self.is_empty:
            return "nothing"
        if self.node.tag == STR:
            return f"the text '{self.node.value}'"
        return f"{KINDS.get(self.node.tag, 'true or false')} ({self.node.value})"

    def quoting_hint(self) -> str:
        """Return how to write as text what YAML took for something else, or nothing."""
        quoted = f'quote it: "{self.node.value}"'
        if self.node.tag == BOOL:
            return f"{quoted} (YAML reads an unquoted {self.node.value} as {str(self.flag()).lower()})"
        return quoted if self.node.tag in (INT, FLOAT, TIME) else ""

    def _number_hint(self) -> str:
        match = EXPONENT.fullmatch(self.node.value.strip()) if self.is_text else None
        if match is None:
            return "write it without quotes" if self.is_text and _looks_numeric(self.node.value) else ""
        sign, whole, part, power_sign, power = match.groups()
        better = f"{sign}{whole or 0}.{part or 0}e{power_sign or '+'}{power}"
        return (
            f"write {better} (YAML wants a point and a signed exponent, and reads {self.node.value} as text)"
        )


def read_yaml(path: Path | str) -> Value:
    """Return the top mapping of a YAML file.

    Raises UserError when the file is missing, a folder, empty, not UTF-8, not YAML, not a mapping, or gives
    a key twice.
    """
    return parse_yaml(read_text(path), str(path))


def read_text(path: Path | str) -> str:
    """Return a text file's content. Raises UserError when it is missing, a folder, unreadable or not
    UTF-8."""
    where = str(path)
    try:
        return Path(path).read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise UserError("there is no such file", where=where, hint="check the path") from error
    except IsADirectoryError as error:
        raise UserError(
            "this is a folder, not a file", where=where, hint="name the YAML file inside it"
        ) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UserError("not UTF-8 text", where=f"{where}:{line}", hint="save the file as UTF-8") from error
    except OSError as error:
        raise UserError(f"could not be read: {error.strerror or error}", where=where) from error


def parse_yaml(text: str, file: str) -> Value:
    """Return the top mapping of YAML text; `file` is the name that errors give. Raises as `read_yaml`
    does."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            raise UserError("the file is empty", where=file)
        value = Value(node, file, (), node.start_mark.line + 1)
        if not value.is_mapping:
            raise value.error(f"must be a mapping (key: value), not {value.described()}")
        _Checker().check(value)
    except yaml.YAMLError as error:
        raise _syntax_error(error, text, file) from error
    except RecursionError as error:
        raise UserError("nested too deeply", where=file) from error
    return value


@cache
def placeholders(text: str) -> frozenset[str]:
    """Return the names that stand in braces in a text. Raises ValueError, in words for a user, for a brace that is not
    closed and for one that holds more than a name."""
    try:
        parts = [(name, spec, how) for _, name, spec, how in string.Formatter().parse(text) if name is not None]
    except ValueError as error:
        raise ValueError("a brace is not closed") from error
    if odd := [name for name, spec, how in parts if spec or how]:
        raise ValueError(f"the braces around '{odd[0]}' hold more than a name")
    return frozenset(name for name, _, _ in parts)


def find_beside(name: str, study_file: Path | str) -> tuple[Path | None, list[Path]]:
    """Look a relative path up beside the study file, in its parent folder, in the working folder, and
    where the package's own are. Returns the first that exists, or None, and the places that were looked at."""
    beside = Path(study_file).absolute().parent
    wanted = Path(name).expanduser()
    folders = [beside, beside.parent, Path.cwd(), SHIPPED]
    places = [wanted] if wanted.is_absolute() else list(dict.fromkeys(folder / wanted for folder in folders))
    return next((place for place in places if place.exists()), None), places


def existing_file(value: Value) -> Path:
    """Return the file that a value names, looked up as `find_beside` does. Raises UserError if there is
    none."""
    name = value.text()
    found, places = find_beside(name, value.file)
    if found is None:
        raise value.error(
            f"there is no file '{name}'", "looked at " + ", ".join(str(place) for place in places)
        )
    if not found.is_file():
        raise value.error(f"'{name}' is a folder, not a file", f"it is {found}; name the YAML file inside it")
    return found


class _Checker:
    """One pass over a file's nodes: keys given twice, keys that are not text, tags, cycles; and `<<` is put
    in place."""

    def __init__(self) -> None:
        self.loader = yaml.SafeLoader("")
        self.sizes: dict[int, int] = {}

    def check(self, value: Value) -> int:
        """Check a value and all below it. Returns how many values it comes to once every alias is
        followed."""
        if (size := self.sizes.get(id(value.node), -1)) == 0:
            raise value.error("contains itself", "an alias (*) may not stand inside its own anchor (&)")
        if size > 0:
            return size
        self.sizes[id(value.node)] = 0
        size = 1
        if value.is_mapping:
            self._check_keys(value)
            size += sum(self.check(_beside(value, key, child)) for key, child in value.node.value)
            self.loader.flatten_mapping(value.node)
        elif value.is_list:
            size += sum(self.check(item) for item in value.items())
        self._check_tag(value)
        if size > MOST_VALUES:
            raise value.error(f"holds more than {MOST_VALUES:,} values once its aliases are followed")
        self.sizes[id(value.node)] = size
        return size

    def _check_keys(self, value: Value) -> None:
        lines: dict[str, int] = {}
        for key, _ in value.node.value:
            line = key.start_mark.line + 1
            if key.tag == MERGE:
                continue
            if key.tag != STR:
                shown = Value(key, value.file, value.path, line)
                raise shown.error(f"a key must be text, not {shown.described()}", shown.quoting_hint())
            if key.value in lines:
                what = f"the key '{key.value}' is given twice, in lines {lines[key.value]} and {line}"
                raise value.error(what, "remove or rename one of them", line)
            lines[key.value] = line

    def _check_tag(self, value: Value) -> None:
        """Refuse tags that were written out (`!!int`, `!anything`) and the few plain words that YAML keeps
        for itself."""
        node = value.node
        plain = isinstance(node, yaml.ScalarNode) and node.style is None
        implied = self.loader.resolve(type(node), getattr(node, "value", None), (plain, not plain))
        if node.tag != implied:
            raise value.error(
                f"the tag {node.tag.replace('tag:yaml.org,2002:', '!!')} is not used here", "remove it"
            )
        if plain and node.tag not in KINDS and node.tag != BOOL:
            raise value.error(f"{node.value} has a meaning of its own in YAML", f'quote it: "{node.value}"')


def _beside(value: Value, key: yaml.Node, child: yaml.Node) -> Value:
    return Value(child, value.file, (*value.path, key.value), key.start_mark.line + 1)


def _scalar(value: Value) -> float:
    """Return the int or float that a plain scalar stands for."""
    make = yaml.SafeLoader("")
    return (
        make.construct_yaml_int(value.node)
        if value.node.tag == INT
        else make.construct_yaml_float(value.node)
    )


def _bounds(least: float | None, most: float | None) -> str:
    if most is None:
        return f"at least {least:g}"
    return f"at most {most:g}" if least is None else f"from {least:g} to {most:g}"


def _looks_numeric(text: str) -> bool:
    return re.fullmatch(r"[-+]?\d+(\.\d*)?", text.strip()) is not None


def _syntax_error(error: yaml.YAMLError, text: str, file: str) -> UserError:
    """Say where the YAML breaks off, and name the tab if it is one."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    if mark is None:
        position = getattr(error, "position", None)
        line = text[:position].count("\n") + 1 if isinstance(position, int) else 0
        return UserError(f"not valid YAML: {problem}", where=f"{file}:{line}" if line else file)
    hint = "check the indentation, and quote text that holds ': ' or ' #' or begins with a sign"
    if any("\t" in line for line in text.split("\n")[mark.line : mark.line + 1]):
        hint = "indent with spaces: YAML does not take tabs"
    return UserError(f"not valid YAML: {problem}", where=f"{file}:{mark.line + 1}", hint=hint)
