"""The wheel holds all that a study needs: installed far from any checkout, the commands work."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from commands import uptake
from uptake.study import read_study
from uptake.templates import write_template

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("uptake-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The command in a fresh environment that has the wheel and, for everything else, this one's packages."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", wheel],
                   check=True, capture_output=True)
    packages = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    (packages / "others.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return folder / "bin" / "uptake"


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A working folder that no study lies near."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    return tmp_path


def test_the_wheel_holds_worlds_claims_studies_and_templates_and_no_tests(wheel):
    names = set(ZipFile(wheel).namelist())
    for folder in ("worlds", "claims", "studies"):
        assert {f"uptake/data/{folder}/{path.name}" for path in (ROOT / folder).glob("*.yaml")} <= names
    data = [path for path in (ROOT / "src").rglob("*") if path.suffix in (".yaml", ".jinja", ".j2", ".css", ".js")]
    assert {path.relative_to(ROOT / "src").as_posix() for path in data} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if "tests" in name.split("/") or Path(name).name.startswith("test_")]


def test_the_installed_package_is_not_the_checkout(installed, elsewhere):
    code = "import uptake.cli, uptake.strict_yaml as y; print(uptake.cli.__file__, y.SHIPPED)"
    said = subprocess.run([installed.with_name("python"), "-c", code], cwd=elsewhere, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    assert str(ROOT) not in said.stdout


def test_a_template_is_written_and_planned_far_from_any_checkout(installed, elsewhere):
    listed = uptake("new", folder=elsewhere, command=installed)
    assert {path.stem for path in (ROOT / "studies").glob("*.yaml")} == {
        line.split()[0] for line in listed.stdout.splitlines()}
    assert uptake("new", "frames", folder=elsewhere, command=installed).returncode == 0
    planned = uptake("plan", "frames.yaml", folder=elsewhere, command=installed)
    assert planned.returncode == 0, planned.stderr
    assert "locked when the run begins" in planned.stdout


def test_a_checkout_too_finds_its_worlds_from_any_folder(elsewhere, monkeypatch):
    monkeypatch.chdir(elsewhere)
    assert read_study(write_template("frames", None)).reader.path == ROOT / "worlds" / "assistants.yaml"
