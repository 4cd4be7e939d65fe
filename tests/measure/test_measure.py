"""A measure as a person asks for it: what it leaves, what it says, that it can be stopped, and what it refuses."""

import json
import re
import shutil

import pyarrow.parquet as pq
import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from commands import is_one_sentence, uptake
from readers.small_readers import small_llama, word_tokenizer
from tiny_models import save_tiny
from uptake.commands.measure import measure
from uptake.errors import UserError
from uptake.measure import answers
from uptake.measure.asked import Asked, How
from uptake.measure.page import to_html
from uptake.readers import score as scoring
from uptake.tables import SCHEMA

READINGS = "other,self,act"


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return save_tiny(tmp_path_factory.mktemp("tiny") / "tiny")


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    return save_tiny(tmp_path_factory.mktemp("other") / "other", seed=1)


@pytest.fixture(scope="module")
def folder(tiny, other, tmp_path_factory):
    """A finished measure of one tiny model against another."""
    to = tmp_path_factory.mktemp("measured") / "out"
    measure(Asked(str(tiny), readings=READINGS, against=str(other), subject="Sol", to=to, precision="fp32"), print)
    return to


@pytest.fixture(scope="module")
def found(folder):
    return json.loads((folder / "measure.json").read_text())


def quiet(line):
    """Say nothing of progress."""


def test_it_leaves_four_files(folder):
    files = {path.name for path in folder.iterdir()}
    assert {"measure.json", "readings.parquet", "measure.md", "measure.html"} <= files


def test_the_lines_have_the_columns_of_runs_and_both_models(folder):
    table = pq.read_table(folder / "readings.parquet")
    assert table.schema.equals(SCHEMA)
    assert set(table["arm"].to_pylist()) == {"measured", "against"}
    assert set(table["context"].to_pylist()) == {"untouched"}


def test_every_reading_and_claim_has_a_value_and_an_interval_around_it(found):
    entries = [*found["profile"], *found["claims"], *found["gaps"], *found["against"]["differences"]["profile"]]
    assert len(found["claims"]) == 12 * 3
    for entry in entries:
        assert entry["low"] <= entry["mean"] <= entry["high"]


def test_a_reading_is_the_mean_over_its_claims(found):
    for entry in found["profile"]:
        claims = [each["mean"] for each in found["claims"] if each["reading"] == entry["reading"]]
        assert entry["mean"] == pytest.approx(sum(claims) / len(claims), abs=1e-4)


def test_gaps_are_differences_of_readings(found):
    mean = {each["reading"]: each["mean"] for each in found["profile"]}
    gap = {each["gap"]: each["mean"] for each in found["gaps"]}
    assert gap["attachment"] == pytest.approx(mean["other"] - mean["self"], abs=1e-4)
    assert gap["say-do"] == pytest.approx(mean["self"] - mean["act"], abs=1e-4)


def test_differences_are_this_model_less_the_other(found):
    mine, theirs = ({each["reading"]: each["mean"] for each in side["profile"]} for side in (found, found["against"]))
    for each in found["against"]["differences"]["profile"]:
        assert each["mean"] == pytest.approx(mine[each["reading"]] - theirs[each["reading"]], abs=1e-4)


def test_the_values_are_those_of_the_lines(folder, found):
    table = pq.read_table(folder / "readings.parquet").to_pylist()
    for line in table:
        assert line["value"] == pytest.approx(line["logp_fit"] - line["logp_foil"], abs=1e-3)
    mine = [line for line in table if line["arm"] == "measured" and line["reading"] == "act"]
    acts = [line for line in mine if line["polarity"] == "affirmed"]
    assert found["act"]["hits"] == sum(line["hit"] for line in acts)
    assert found["act"]["signals"] == len(acts) == 60


def test_all_controls_are_there(found):
    names = [each["control"] for each in found["controls"]]
    assert names == ["assent", "drift", "capability", "association", "fluency"]
    assert all(each["mean"] is not None for each in found["controls"])


def test_it_is_said_that_one_model_has_no_seeds(folder, found):
    assert found["interval"]["seeds"] == 0
    assert found["interval"]["draws"] == 10_000
    for name in ("measure.md", "measure.html"):
        assert "no seeds" in " ".join((folder / name).read_text().split())


def test_the_page_asks_nothing_of_the_network_and_runs_no_script(folder):
    page = (folder / "measure.html").read_text()
    assert not re.findall(r"(?:src|href)\s*=\s*[\"']?(?:https?:)?//", page)
    assert "<script" not in page
    assert page.count("<svg") == 1
    assert page.count("<details>") == 12


def test_no_text_of_an_item_can_break_the_page(found):
    nasty = {**found, "stated": dict.fromkeys(found["stated"], "<script>alert(1)</script>")}
    assert "<script" not in to_html(nasty, [])


def test_the_summary_fits_a_terminal_of_80_columns(tiny, other, folder):
    said = measure(Asked(str(tiny), readings=READINGS, against=str(other), subject="Sol", to=folder, precision="fp32"),
                   quiet)
    assert max(len(line) for line in said.splitlines() if "/" not in line) <= 80
    assert "d' of act" in said


def test_what_was_asked_before_is_not_asked_again_and_gives_the_same_bytes(tiny, other, folder, monkeypatch):
    before = (folder / "measure.json").read_bytes()

    def refuse(*given):
        raise AssertionError("asked again")

    monkeypatch.setattr(scoring, "score", refuse)
    monkeypatch.setattr(scoring, "token_log_probabilities", refuse)
    measure(Asked(str(tiny), readings=READINGS, against=str(other), subject="Sol", to=folder, precision="fp32"), quiet)
    assert (folder / "measure.json").read_bytes() == before


def test_a_stopped_measure_goes_on_where_it_was(tiny, tmp_path, monkeypatch):
    asked = Asked(str(tiny), readings="self", to=tmp_path / "out", precision="fp32")
    really, batches = scoring.score, []

    def interrupted(reader, items, settings):
        batches.append(items)
        if len(batches) == 5:
            raise KeyboardInterrupt
        return really(reader, items, settings)

    monkeypatch.setattr(scoring, "score", interrupted)
    with pytest.raises(KeyboardInterrupt):
        measure(asked, quiet)
    assert not (tmp_path / "out" / "measure.json").exists()
    measure(asked, quiet)
    assert len(batches) == 5 + (12 - 4) + 3  # four claims were kept; the others and three sets of controls were not
    assert (tmp_path / "out" / "measure.json").exists()


def test_other_weights_are_asked_anew(tiny, other):
    models = [answers.open_model(str(each), "measured", How(precision="fp32"), quiet) for each in (tiny, other, tiny)]
    assert models[0].identity == models[2].identity != models[1].identity


def test_a_model_against_itself_does_not_differ(tiny, tmp_path):
    measure(Asked(str(tiny), readings="self,act", against=str(tiny), to=tmp_path / "out", precision="fp32"), quiet)
    apart = json.loads((tmp_path / "out" / "measure.json").read_text())["against"]["differences"]
    assert {each["mean"] for kind in ("profile", "gaps", "controls") for each in apart[kind]} == {0.0}
    assert apart["act"]["mean"] == 0.0


def test_an_adapter_is_measured_on_its_base(tiny, tmp_path):
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(tiny), LoraConfig(
        r=4, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False))
    model.peft_config["default"].base_model_name_or_path = str(tiny)
    model.save_pretrained(tmp_path / "adapter")
    measure(Asked(str(tmp_path / "adapter"), readings="self", against=str(tiny), to=tmp_path / "out"), quiet)
    found = json.loads((tmp_path / "out" / "measure.json").read_text())
    assert found["reader"]["identity"] != found["against"]["reader"]["identity"]
    assert found["against"]["differences"]["profile"][0]["mean"] != 0


def test_claims_about_invented_subjects_are_measured_too(tiny, tmp_path):
    (tmp_path / "out").mkdir()
    measure(Asked(str(tiny), claims=tmp_path.__class__("invented.yaml"), readings="worth", to=tmp_path / "out"), quiet)
    found = json.loads((tmp_path / "out" / "measure.json").read_text())
    assert found["subject"] == ""
    assert len(found["stated"]) == 144
    assert "act" not in found
    assert {each["reason"] for each in found["gaps"]} == {"other and self was not asked", "self and act was not asked"}
    assert found["profile"][0]["option_mass"] is not None


def test_a_reader_that_lacks_the_words_has_reasons_and_no_numbers(tmp_path):
    small_llama().save_pretrained(tmp_path / "small")
    word_tokenizer().save_pretrained(tmp_path / "small")
    said = measure(Asked(str(tmp_path / "small"), readings="self,act", to=tmp_path / "out"), quiet)
    found = json.loads((tmp_path / "out" / "measure.json").read_text())
    assert {each["mean"] for each in found["profile"]} == {None}
    assert found["act"]["d"] is None
    assert sum(each["items"] for each in found["unscored"] if each["reading"] == "self") == 144
    assert "outside the reader's vocabulary" in " ".join(said.split())
    assert "NaN" not in (tmp_path / "out" / "measure.json").read_text()


def test_the_card_is_written_with_a_verdict_or_a_reason_for_each_ability(tiny, tmp_path):
    said = measure(Asked(str(tiny), capabilities=True, to=tmp_path / "out"), quiet)
    card = json.loads((tmp_path / "out" / "capabilities.json").read_text())
    assert len(card) >= 12
    for entry in card.values():
        assert entry["able"] in (True, False, None)
        assert entry["reason"]
        assert entry["low"] <= entry["accuracy"] <= entry["high"]
    assert max(map(len, said.splitlines()[1:-1])) <= 80


def test_a_subject_is_taken_from_the_adapters_base_or_said_to_be_nobody(tmp_path, tiny):
    from uptake.measure.questions import read_questions

    (tmp_path / "adapter_config.json").write_text('{"base_model_name_or_path": "smollm2-135m"}')
    path = Asked("x").claims
    assert read_questions(path, ("other",), "", str(tmp_path)).subject == "SmolLM"
    nobody = read_questions(path, ("other",), "", str(tiny))
    assert (nobody.subject, nobody.unnamed) == ("the assistant", True)
    assert not read_questions(path, ("other",), "Sol", str(tiny)).unnamed


@pytest.mark.parametrize(("change", "says"), [
    ({"readings": "selv"}, "no questions for the reading 'selv'"),
    ({"model": "no/such/folder"}, "no such folder"),
    ({"model": "smollm2"}, "there is no reader called 'smollm2'"),
    ({"claims": "nowhere.yaml"}, "nowhere.yaml"),
    ({"claims": "invented.yaml", "subject": "Sol"}, "a subject of its own"),
    ({"template": "original", "model": "words"}, "has no chat template"),
    ({"capabilities": True, "against": "x"}, "a capability card is one model's"),
    ({"capabilities": True, "documents": "x"}, "a capability card is one model's"),
])
def test_what_cannot_be_asked_is_refused_in_a_sentence(tiny, tmp_path, change, says):
    if change.get("model") == "words":
        small_llama().save_pretrained(tmp_path / "words")
        word_tokenizer().save_pretrained(tmp_path / "words")
        change = {**change, "model": str(tmp_path / "words")}
    path = tmp_path.__class__
    given = {"model": str(tiny), "to": tmp_path / "out", **change}
    if "claims" in given:
        given["claims"] = path(given["claims"])
    with pytest.raises(UserError) as caught:
        measure(Asked(**given), quiet)
    assert says in str(caught.value)


def test_a_wrong_claims_file_is_refused_with_its_line(tiny, tmp_path):
    (tmp_path / "c.yaml").write_text("about: x\nclaimz: []\n")
    with pytest.raises(UserError, match="claimz") as caught:
        measure(Asked(str(tiny), claims=tmp_path / "c.yaml", to=tmp_path / "out"), quiet)
    assert caught.value.where.endswith("c.yaml:2")


def test_a_folder_that_holds_something_else_is_left_alone(tiny, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("dear")
    with pytest.raises(UserError, match="holds something else"):
        measure(Asked(str(tiny), to=tmp_path / "letters"), quiet)
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["a.txt"]


def test_on_the_command_line_a_mistake_is_one_sentence_with_exit_code_2(tiny, tmp_path):
    shutil.copytree(tiny, tmp_path / "bare")
    for file in (tmp_path / "bare").glob("*token*"):
        file.unlink()
    done = uptake("measure", "bare", "--out", "out", folder=tmp_path)
    assert done.returncode == 2
    assert is_one_sentence(done.stderr)
    assert "tokenizer is missing" in done.stderr
    assert done.stdout == ""


@pytest.mark.slow
def test_the_built_in_reader_can_do_some_things_and_says_what_it_is(tmp_path):
    measure(Asked("smollm2-135m", capabilities=True, to=tmp_path / "card"), quiet)
    card = json.loads((tmp_path / "card" / "capabilities.json").read_text())
    assert card["opposites"]["able"] is card["capital-cities"]["able"] is card["copying"]["able"] is True
    assert card["spelling-backwards"]["able"] is False
    measure(Asked("smollm2-135m", readings="other,self", to=tmp_path / "out"), quiet)
    found = json.loads((tmp_path / "out" / "measure.json").read_text())
    assert found["subject"] == "SmolLM"
    control = {each["control"]: each["mean"] for each in found["controls"]}
    assert control["assent"] < -1  # it does not believe the absurd
    assert control["capability"] > 0.9
    assert 3 < control["fluency"] < 6
