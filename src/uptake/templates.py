"""The study files that come with the package, as templates for new ones."""

from dataclasses import dataclass
from pathlib import Path

from uptake.errors import UserError, did_you_mean
from uptake.files import atomic_write
from uptake.strict_yaml import SHIPPED
from uptake.study import read_study


@dataclass(frozen=True, slots=True)
class Template:
    """A study file that can be copied: its name, what it asks, and where it is."""

    name: str
    question: str
    path: Path


def templates() -> list[Template]:
    """Return every template, by name."""
    paths = sorted((SHIPPED / "studies").glob("*.yaml"))
    return [Template(path.stem, read_study(path).question, path) for path in paths]


def write_template(name: str, to: Path | None) -> Path:
    """Copy a template to a file that does not exist yet. Raises UserError."""
    known = {template.name: template for template in templates()}
    if name not in known:
        raise UserError(f"there is no template '{name}'", hint=did_you_mean(name, known))
    target = to or Path(f"{name}.yaml")
    if target.exists():
        raise UserError("this file exists already", where=str(target), hint="name another with --to")
    atomic_write(target, known[name].path.read_text(encoding="utf-8"))
    return target
