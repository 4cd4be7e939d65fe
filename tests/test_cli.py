"""The command line: help that a newcomer understands, a user's mistake in one sentence, and data on standard output."""

import json
import sys

import pytest
import typer

from uptake.cli import app, main

COMMANDS = typer.main.get_command(app).commands


@pytest.fixture
def uptake(tmp_path, monkeypatch, capsys):
    """Run the command line in an empty folder; returns exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["uptake", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return run


@pytest.fixture
def study(study_from):
    """A study that is in order, in the folder where the command line runs."""
    return study_from()


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_without_a_command_the_help_says_what_to_try_first(uptake):
    _, out, err = uptake()
    assert "uptake new frames" in out + err
    assert all(name in out + err for name in COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_with_every_option_explained(uptake, name):
    code, out, err = uptake(name, "--help")
    assert code == 0 and err == ""
    for parameter in COMMANDS[name].params:
        assert parameter.name == "help" or parameter.help.strip().endswith((".", "]"))
        assert max(parameter.opts, key=len) in out or parameter.param_type_name == "argument"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_says_what_it_does_in_one_sentence(name):
    said = COMMANDS[name].help
    assert said.endswith(".") and "\n" not in said
    assert len(said.split()) >= 5


MISTAKES = {
    "a study that is not there": (["run", "nowhere.yaml"], "nowhere.yaml"),
    "a study that is not there, planned": (["plan", "nowhere.yaml"], "nowhere.yaml"),
    "a study that is a folder": (["run", "."], "."),
    "an unknown template": (["new", "frame"], "there is no template 'frame'"),
    "a report of nothing": (["report", "runs/none"], "nothing was measured here yet"),
    "a look at nothing": (["show", "runs/none"], "there are no results here yet"),
    "a look at a verdict of nothing": (["show", "runs/none", "1"], "there are no results here yet"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_users_mistake_is_one_sentence_with_exit_code_2_and_nothing_is_written(uptake, tmp_path, mistake):
    words, said = MISTAKES[mistake]
    code, out, err = uptake(*words)
    assert (code, out) == (2, "")
    assert err.startswith("error: ") and said in err
    assert len([line for line in err.splitlines() if not line.startswith("hint: ")]) == 1
    assert files(tmp_path) == set()


WRONG = {
    "unknown key 'seed'": ("seeds: 2", "seed: 2"),
    "there is no frame 'recrod'": ("frames: [record,", "frames: [recrod,"),
    "ask for fewer claims": ("claims: 6", "claims: 600"),
    "unknown frame 'fiction'": ('disclaimer.other", at', 'fiction.other", at'),
    "there is no file 'wrold.yaml'": ("world.yaml", "wrold.yaml"),
}


@pytest.fixture(params=WRONG)
def wrong(request, study, small_study_text, tmp_path):
    """What the user is to be told about the study, which has a mistake in it."""
    old, new = WRONG[request.param]
    assert old in small_study_text
    (tmp_path / "small.yaml").write_text(small_study_text.replace(old, new))
    return request.param


@pytest.mark.parametrize("command", ["plan", "run"])
def test_a_mistake_in_a_study_is_told_before_anything_is_written(uptake, wrong, tmp_path, command):
    before = files(tmp_path)
    code, out, err = uptake(command, "small.yaml")
    assert (code, out) == (2, "")
    assert wrong in err and "Traceback" not in err
    assert files(tmp_path) == before


@pytest.mark.parametrize("words", [["run", "small.yaml", "--workers", "0"], ["run", "small.yaml", "--on", "moon"],
                                   ["plan", "small.yaml", "--seeds", "none"], ["show", "run", "--items", "0"],
                                   ["rnu", "small.yaml"], ["run", "small.yaml", "--sedes", "2"], ["run"]])
def test_a_mistyped_command_or_option_is_told_with_exit_code_2(uptake, study, tmp_path, words):
    before = files(tmp_path)
    code, out, err = uptake(*words)
    assert (code, out) == (2, "")
    assert "Error" in err and "Traceback" not in err
    assert files(tmp_path) == before


def test_a_run_folder_that_is_a_file_is_told(uptake, study, tmp_path):
    (tmp_path / "taken").write_text("mine")
    code, _, err = uptake("run", "small.yaml", "--out", "taken")
    assert code == 2 and "taken" in err
    assert (tmp_path / "taken").read_text() == "mine"


def test_new_without_a_name_lists_the_templates_with_their_questions(uptake, tmp_path):
    code, out, _ = uptake("new")
    assert code == 0
    assert any(line.split()[0] == "frames" and line.endswith("?") for line in out.splitlines())
    assert files(tmp_path) == set()


def test_new_writes_a_study_that_can_be_read(uptake, tmp_path):
    from uptake.study import read_study

    code, _, err = uptake("new", "frames")
    assert code == 0 and "wrote frames.yaml" in err
    assert read_study(tmp_path / "frames.yaml").study == "frames"


def test_new_refuses_to_overwrite(uptake, tmp_path):
    (tmp_path / "frames.yaml").write_text("mine")
    code, _, err = uptake("new", "frames")
    assert code == 2 and "this file exists already" in err and "--to" in err
    assert (tmp_path / "frames.yaml").read_text() == "mine"


def test_a_plan_as_json_is_json_alone_on_standard_output_and_writes_nothing(uptake, study, tmp_path):
    before = files(tmp_path)
    code, out, err = uptake("plan", "small.yaml", "--json")
    planned = json.loads(out)
    assert code == 0 and "timing a few steps" in err
    assert (planned["study"], planned["stages"], planned["seeds"]) == ("small", 4, [0, 1])
    assert files(tmp_path) == before


def test_a_plan_in_words_fits_a_terminal_of_a_hundred_columns(uptake, study):
    code, out, _ = uptake("plan", "small.yaml", "--seeds", "3")
    assert code == 0 and "6 stages (6 still to do), 3 seeds" in out
    assert max(map(len, out.splitlines())) <= 100


def test_a_bug_keeps_its_traceback(uptake, study, monkeypatch):
    def broken(path):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("uptake.study.read_study", broken)
    with pytest.raises(ZeroDivisionError):
        uptake("plan", "small.yaml")


def test_an_interrupted_command_says_that_it_can_be_resumed(uptake, study, monkeypatch):
    def interrupted(path):
        raise KeyboardInterrupt

    monkeypatch.setattr("uptake.study.read_study", interrupted)
    code, _, err = uptake("plan", "small.yaml")
    assert code == 130
    assert "same command goes on from there" in err or "Aborted" in err
