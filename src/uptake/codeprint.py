"""A fingerprint of the code that numbers depend on, so that a stage made by other code is made again.

Comments, docstrings and layout do not change a number, so they do not change the fingerprint.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

# Reporting, the command line and the run folder change no number in a stage.
CHANGES_NUMBERS = ("documents", "frames", "mixing", "readers", "readings", "records.py", "seeds.py", "work", "worlds")


@cache
def fingerprint() -> str:
    """Return the sha256, in hex, of the syntax trees of the modules that a stage's numbers depend on."""
    root, summed = Path(__file__).parent, hashlib.sha256()
    for name in CHANGES_NUMBERS:
        place = root / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            summed.update(f"{path.relative_to(root)}\n{_tree(path)}\n".encode())
    return summed.hexdigest()


def _tree(path: Path) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_docstring(body[0]):
            body.pop(0)
    return ast.dump(tree)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
