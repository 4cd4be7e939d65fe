"""`uptake table`, as a person uses it: chosen numbers of a run as Markdown, and why some are missing."""

import copy
import json
import math
import sys

import pytest
from make_results import make_study

from uptake.cli import main
from uptake.tables import write_table


@pytest.fixture
def results():
    return copy.deepcopy(make_study().results)


@pytest.fixture
def table(tmp_path, monkeypatch, capsys, results):
    """Run the command on `results`, as the test has changed them; returns exit code, standard output and error."""
    monkeypatch.chdir(tmp_path)

    def run(*words, place="run"):
        (tmp_path / "run").mkdir(exist_ok=True)
        (tmp_path / "run/results.json").write_text(json.dumps(results))
        monkeypatch.setattr(sys, "argv", ["uptake", "table", *([place] if place else []), *words])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def rows(out):
    """The cells of a Markdown table, without its rule."""
    lines = [line for line in out.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in (lines[0], *lines[2:])]


def entry(results, arm, frame, reading, context="trained", at="equal-tokens"):
    named = {"arm": arm, "frame": frame, "reading": reading, "context": context, "at": at}
    return [each for each in results["profile"] if named.items() <= each.items()][-1]


def test_cells_stand_in_the_order_asked_for_and_readers_in_the_studys(table, results):
    code, out, err = table("record.other", "fiction.content", "record.other in context")
    assert (code, err) == (0, "")
    head, *body = rows(out)
    assert head == ["reader", "record.other", "fiction.content", "record.other in context"]
    assert [row[0] for row in body] == results["arms"]
    assert float(body[1][1]) == pytest.approx(entry(results, "schooled", "record", "other")["mean"], abs=0.005)
    in_context = entry(results, "schooled", "record", "other", "in_context")["mean"]
    assert float(body[1][3]) == pytest.approx(in_context, abs=0.005)


def test_readers_intervals_and_decimals_are_chosen(table, results):
    _, out, _ = table("record.other", "--readers", "schooled", "--intervals", "--decimals", "3")
    ((_, cell),) = rows(out)[1:]
    known = entry(results, "schooled", "record", "other")
    assert cell == "{mean:.3f} [{low:.3f}, {high:.3f}]".format(**known).replace("0.", ".")


def test_a_results_file_will_do_as_well_as_its_folder(table):
    assert table("record.other", place="run/results.json") == table("record.other")


def test_at_equal_content_a_cell_without_that_point_has_a_mark_and_its_reason_beneath(table, results):
    _, out, _ = table("record.other", "untrained.other", "--at", "equal-content", "--readers", "schooled")
    (_, number, mark), = rows(out)[1:]
    assert float(number) == pytest.approx(entry(results, "schooled", "record", "other", at="equal-content")["mean"],
                                          abs=0.005)
    assert mark == "– (1)" and "\n(1) content never reached the common level\n" in out


def test_what_was_not_measured_on_a_reader_is_a_mark_and_never_a_nought(table, results):
    results["profile"] = [each for each in results["profile"] if (each["arm"], each["frame"]) != ("schooled", "nonce")]
    _, out, _ = table("nonce.other", "nonce.content")
    assert rows(out)[2] == ["schooled", "– (1)", "– (2)"]
    assert "(1) 'nonce.other' was not measured on this reader" in out and out.count("(1)") == 2


def test_a_mean_without_an_interval_says_why_where_intervals_are_asked_for(table, results):
    known = entry(results, "schooled", "record", "other")
    known |= {"low": None, "high": None, "reason": "no interval: one seed does not show how seeds differ"}
    _, out, _ = table("record.other", "--intervals", "--readers", "schooled")
    assert rows(out)[1][1].endswith(" (1)") and "(1) no interval: one seed" in out
    assert "(1)" not in table("record.other", "--readers", "schooled")[1]


def test_gaps_are_cells(table, results):
    results["gaps"] = [{"arm": "schooled", "frame": "record", "gap": "hidden", "mean": 0.25, "low": 0.1, "high": 0.4,
                        "seed_means": {"0": 0.25}, "reason": ""}]
    _, out, _ = table("record.hidden", "--intervals")
    assert rows(out)[1:] == [["unschooled", "– (1)"], ["schooled", ".25 [.10, .40]"]]
    _, out, _ = table("record.hidden", "--at", "equal-content", "--readers", "schooled")
    assert rows(out)[1:] == [["schooled", "– (1)"]] and "at the end of training only" in out


def test_what_readers_say_that_they_can_do_is_a_cell_too(table, results):
    score = {"mean": -0.5, "low": -0.625, "high": -0.375, "reason": ""}
    results["self_knowledge"] = [{"arm": "schooled", "frame": "record", "report": "other", "of": "content",
                                  **dict.fromkeys(("says", "can", "gap", "brier", "coherent"), score)}]
    _, out, _ = table("record.other.gap", "--readers", "schooled", "--intervals")
    assert rows(out)[1] == ["schooled", "-.50 [-.62, -.38]"]
    assert "unknown report 'content'" in table("record.content.gap")[2]


def test_log_odds_are_put_in_bits_and_nothing_else_is(table, results):
    assert table("record.other", "--bits")[0] == 2
    results["scale"] = "log-odds"
    known = entry(results, "schooled", "record", "other")
    known["mean"] = math.log(8)
    _, out, _ = table("record.other", "--readers", "schooled", "--bits", "--decimals", "1")
    assert rows(out)[1] == ["schooled", "3.0"] and out.startswith("Bits")


BETWEEN = "schooled: record.other - schooled: disclaimer.other"


def test_a_difference_is_paired_by_seed_and_said_to_be_neither_locked_nor_corrected(table, results):
    code, out, err = table("--between", BETWEEN)
    assert (code, err) == (0, "")
    (_, mean, _, first, second, by_seed), = rows(out)[1:]
    sides = [entry(results, "schooled", frame, "other")["seed_means"] for frame in ("record", "disclaimer")]
    expected = [sides[0][seed] - sides[1][seed] for seed in sides[0]]
    assert [float(each) for each in by_seed.split(", ")] == pytest.approx(expected, abs=0.005)
    assert mean.startswith("+") and float(mean) == pytest.approx(float(first) - float(second), abs=0.011)
    assert "Not locked, and not corrected" in out and "Student's" in out


def test_differences_may_be_asked_for_several_times_and_beside_cells(table):
    _, out, _ = table("record.other", "--between", BETWEEN, "--between", "unschooled: record.other - nonce.other")
    assert out.count("\n| --- |") == 2 and out.count(" - ") == 2


def test_with_the_readings_beside_the_results_the_estimator_is_that_of_the_verdicts(table, tmp_path):
    alone = rows(table("--between", BETWEEN)[1])[1]
    write_table(tmp_path / "run/readings.parquet", make_study().table)
    _, out, _ = table("--between", BETWEEN)
    found = rows(out)[1]
    assert "estimator of the verdicts" in out and "Student's" not in out
    assert found[1] == alone[1] and found[2] != alone[2]


def test_one_seed_has_a_difference_and_no_interval(table, results):
    for each in results["profile"]:
        each["seed_means"] = {"0": each["mean"]} if each["mean"] is not None else {}
    _, out, _ = table("--between", BETWEEN)
    assert rows(out)[1][2] == "– (1)" and "(1) no interval: one seed does not show how seeds differ" in out


MISTAKES = {
    "nothing asked": ([], "no numbers were asked for"),
    "an unknown frame": (["recrod.other"], "did you mean 'record'?"),
    "an unknown reading": (["record.othre"], "did you mean 'other'?"),
    "an unknown reader": (["record.other", "--readers", "scholed"], "did you mean 'schooled'?"),
    "a cell that is none": (["record"], "cannot read the cell 'record'"),
    "a cell of one reader": (["schooled: record.other"], "choose them with --readers"),
    "a difference without a minus": (["--between", "schooled: record.other < fiction.other"], "cannot read the diff"),
    "a difference in an unknown reader": (["--between", "scholed: record.other - fiction.other"], "'schooled'?"),
    "a difference of nothing": (["--between", "schooled: record.other - record.other"], "with itself"),
    "a difference without a reader": (["--between", "record.other - fiction.other"], "names no arm"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_users_mistake_is_one_sentence_with_exit_code_2(table, mistake):
    words, said = MISTAKES[mistake]
    code, out, err = table(*words)
    assert (code, out) == (2, "")
    assert err.startswith("error: ") and said in err
    assert len([line for line in err.splitlines() if not line.startswith("hint: ")]) == 1


def test_a_place_without_results_is_told(table, tmp_path):
    (tmp_path / "other.json").write_text('{"study": "x"}')
    (tmp_path / "list.json").write_text("[]")
    assert "there are no results here" in table("record.other", place="nowhere")[2]
    assert "there are no results here" in table("record.other", place=".")[2]
    for name in ("other.json", "list.json"):
        code, _, err = table("record.other", place=name)
        assert code == 2 and f"{name}: these are no results of a study" in err
