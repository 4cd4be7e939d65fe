"""The shape of the code: imports go one way, heavy libraries stay in their corner, and everything stays short.

    ground      errors, records, files, seeds, strict_yaml, origin, choices, workers
    study       study, rundir, tables, codeprint
    parts       worlds, readers, documents, frames, readings, stats, report: never one another
    mixing, audit, asker  ->  work, inspect, measure, export, authoring  ->  planned, skilled, plan, results,
    controls, pace, show, templates  ->  run  ->  commands  ->  cli
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "uptake"
GROUND = ("errors", "records", "files", "seeds", "strict_yaml", "origin")
PARTS = ("worlds", "readers", "documents", "frames", "readings", "stats", "report")
LAYERS = (
    GROUND,
    ("choices", "workers"),
    ("study", "rundir", "tables", "codeprint"),
    PARTS,
    ("mixing", "audit", "asker"),
    ("work", "inspect", "measure", "export", "authoring"),
    ("planned", "skilled", "plan", "results", "controls", "pace", "show", "templates"),
    ("run",),
    ("commands",),
    ("cli",),
)
LEVEL = {name: level for level, layer in enumerate(LAYERS) for name in layer}

# One part may import another only if it stands here, with the argument for it.
EXCEPTIONS: dict[tuple[str, str], str] = {}

HEAVY = {"torch", "transformers", "peft", "trl", "datasets", "tokenizers", "safetensors", "accelerate"}
MOST_LINES, MOST_FUNCTION_LINES, MOST_PARAMETERS = 400, 60, 6
MODULES = sorted(PACKAGE.rglob("*.py"))


def unit(path):
    """The part of the package that a file belongs to: its folder, or its own name."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def place(path):
    return path.relative_to(PACKAGE).as_posix()


def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(node):
    """Every module that is imported in this node, in full."""
    for each in ast.walk(node):
        if isinstance(each, ast.Import):
            yield from (alias.name for alias in each.names)
        elif isinstance(each, ast.ImportFrom):
            assert each.level == 0, "imports are written in full"
            yield each.module
            yield from (f"{each.module}.{alias.name}" for alias in each.names)


def own(names):
    """The parts of this package among imported names."""
    inside = [name.split(".")[1] for name in names if name.startswith("uptake.")]
    return set(inside) & set(LEVEL)


def functions(path):
    return [node for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def at_the_top(path):
    """What is imported as soon as the module is: its imports outside functions."""
    tree = parsed(path)
    inside = {id(node) for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
              for node in ast.walk(each)}
    outside = ast.Module([node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)
                          and id(node) not in inside], [])
    return set(imports(outside))


def test_every_module_stands_in_a_layer():
    assert {unit(path) for path in MODULES} - {"__init__"} == set(LEVEL)


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_imports_go_one_way(path):
    mine = unit(path)
    higher = {name for name in own(imports(parsed(path))) if name != mine and LEVEL[name] > LEVEL.get(mine, 99)}
    assert not higher


@pytest.mark.parametrize("path", [path for path in MODULES if unit(path) in PARTS], ids=place)
def test_parts_never_import_one_another(path):
    others = (own(imports(parsed(path))) & set(PARTS)) - {unit(path)}
    assert {(unit(path), other) for other in others} <= set(EXCEPTIONS)


def test_every_exception_is_needed_and_argued():
    found = {(unit(path), other) for path in MODULES if unit(path) in PARTS for other in own(imports(parsed(path)))}
    assert set(EXCEPTIONS) <= found
    assert all(len(argument.split()) > 5 for argument in EXCEPTIONS.values())


@pytest.mark.parametrize("path", [path for path in MODULES if unit(path) != "readers"], ids=place)
def test_heavy_libraries_are_imported_only_by_readers_or_inside_a_function_of_work(path):
    heavy = {name.split(".")[0] for name in imports(parsed(path))} & HEAVY
    if unit(path) == "work":
        heavy &= {name.split(".")[0] for name in at_the_top(path)}
    assert not heavy


@pytest.mark.parametrize("path", [path for path in MODULES if unit(path) != "readers"], ids=place)
def test_readers_are_imported_inside_functions_only(path):
    """So that a plan or a report does not wait for torch."""
    assert "readers" not in own(at_the_top(path))


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_no_file_is_longer_than_400_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_no_function_is_longer_than_60_lines(path):
    assert [each.name for each in functions(path) if each.end_lineno - each.lineno >= MOST_FUNCTION_LINES] == []


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_no_function_takes_more_than_6_parameters(path):
    def taken(function):
        names = [each.arg for each in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]
        return len([name for name in names if name not in ("self", "cls")])

    assert [each.name for each in functions(path) if taken(each) > MOST_PARAMETERS] == []


def test_no_file_is_named_after_nothing():
    assert not {path.stem for path in MODULES} & {"utils", "util", "common", "helpers", "helper", "misc", "tools"}


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_every_module_says_what_it_is_for(path):
    assert ast.get_docstring(parsed(path))


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_no_error_is_caught_and_forgotten(path):
    handlers = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.ExceptHandler)]
    assert [each.lineno for each in handlers if each.type is None] == []
    assert [each.lineno for each in handlers if all(isinstance(step, ast.Pass) for step in each.body)] == []


def import_in_a_fresh_python(paths):
    names = [".".join(("uptake", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
             for path in paths]
    program = (f"import importlib, sys\nfor name in {names}: importlib.import_module(name)\n"
               f"loaded = {sorted(HEAVY)}\nsys.exit(' '.join(name for name in loaded if name in sys.modules))")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False,
                          env={"PYTHONPATH": str(PACKAGE.parent), "OMP_NUM_THREADS": "1", "HOME": str(Path.home())})
    return done.stdout, done.stderr


def test_importing_all_but_the_readers_prints_nothing_and_loads_no_heavy_library():
    assert import_in_a_fresh_python([path for path in MODULES if unit(path) != "readers"]) == ("", "\n")


def test_importing_the_readers_prints_nothing():
    printed, complained = import_in_a_fresh_python([path for path in MODULES if unit(path) == "readers"])
    assert printed == ""
    assert set(complained.split()) <= HEAVY
