"""The fingerprint of the code moves with whatever can change a number, and with nothing else."""

import shutil
from pathlib import Path

import pytest

from uptake import codeprint

PACKAGE = Path(codeprint.__file__).parent


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package that may be changed."""
    shutil.copytree(PACKAGE, tmp_path / "uptake", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(codeprint, "__file__", str(tmp_path / "uptake" / "codeprint.py"))
    return tmp_path / "uptake"


def fingerprint():
    return codeprint.fingerprint.__wrapped__()


def edit(path, change):
    path.write_text(change(path.read_text()))


def test_every_part_that_is_named_exists():
    assert [name for name in codeprint.CHANGES_NUMBERS if not (PACKAGE / name).exists()] == []


def test_the_same_code_has_the_same_fingerprint(package):
    assert fingerprint() == fingerprint() == codeprint.fingerprint()


def test_a_comment_changes_nothing(package):
    before = fingerprint()
    edit(package / "seeds.py", lambda text: text + "\n# An afterthought.\n")
    assert fingerprint() == before


@pytest.mark.parametrize("docstring", ['"""Another opening."""', '"""Another opening,\n\nand more."""'])
def test_a_modules_docstring_changes_nothing(package, docstring):
    (package / "seeds.py").write_text('"""One opening."""\nBITS = 63\n')
    before = fingerprint()
    (package / "seeds.py").write_text(f"{docstring}\nBITS = 63\n")
    assert fingerprint() == before


def test_a_functions_docstring_changes_nothing(package):
    (package / "seeds.py").write_text('def f():\n    """One."""\n    return 1\n')
    before = fingerprint()
    (package / "seeds.py").write_text('def f():\n    """Other."""\n    return 1\n')
    assert fingerprint() == before


def test_layout_changes_nothing(package):
    (package / "seeds.py").write_text("def f(a, b):\n    return (a + b)\n")
    before = fingerprint()
    (package / "seeds.py").write_text("def f(a,\n      b):\n\n    return a + b\n")
    assert fingerprint() == before


def test_a_number_changes_it(package):
    before = fingerprint()
    edit(package / "seeds.py", lambda text: text.replace("BITS = 63", "BITS = 62"))
    assert fingerprint() != before


def test_a_string_that_is_no_docstring_changes_it(package):
    (package / "seeds.py").write_text('def f():\n    return "one"\n')
    before = fingerprint()
    (package / "seeds.py").write_text('def f():\n    return "other"\n')
    assert fingerprint() != before


@pytest.mark.parametrize("folder", ["worlds", "mixing", "readers", "frames", "work", "readings", "documents"])
def test_a_new_module_in_a_stage_changes_it(package, folder):
    before = fingerprint()
    (package / folder / "extra.py").write_text("EXTRA = 1\n")
    assert fingerprint() != before


@pytest.mark.parametrize("name", ["cli.py", "show.py", "report/page.py", "stats/verdicts.py", "rundir.py"])
def test_what_only_judges_or_tells_does_not_change_it(package, name):
    before = fingerprint()
    edit(package / name, lambda text: text + "\nEXTRA = 1\n")
    assert fingerprint() == before
