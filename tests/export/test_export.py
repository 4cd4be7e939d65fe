"""What an arm was trained on, as other tools get it: nothing lost, nothing added, and loadable where it should be."""

import json
import shutil
from collections import Counter

import pyarrow.parquet as pq
import pytest
import torch
import yaml
from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer

from commands import is_one_sentence, uptake
from uptake.commands.export import export
from uptake.errors import UserError
from uptake.export.asked import Asked
from uptake.export.stages import chain
from uptake.export.trained_on import spans_of, trained_on
from uptake.files import file_digest, read_json
from uptake.readers.load import load
from uptake.readers.score import score
from uptake.records import Item, Segment

FORMS = ("text", "messages", "tokens")


def quiet(line):
    """Say nothing of progress."""


@pytest.fixture(scope="session")
def real(real_run, tmp_path_factory):
    to = tmp_path_factory.mktemp("export") / "schooled"
    export(Asked(real_run, "schooled", to), quiet)
    return to


@pytest.fixture(scope="session")
def grown(grown_run, tmp_path_factory):
    to = tmp_path_factory.mktemp("export") / "grown"
    export(Asked(grown_run, "schooled", to, seed=1), quiet)
    return to


@pytest.fixture(params=["real", "grown"])
def either(request):
    return request.getfixturevalue(request.param)


def lines(folder, form, split="train"):
    return [json.loads(line) for line in (folder / "data" / form / f"{split}.jsonl").read_text().splitlines()]


def test_segments_tile_the_text_without_gap_or_overlap(either):
    for row in lines(either, "text"):
        ends = [0, *(segment["end"] for segment in row["segments"])]
        assert [segment["start"] for segment in row["segments"]] == ends[:-1]
        assert ends[-1] == len(row["text"])
        assert all(segment["role"] in ("frame", "content") for segment in row["segments"])


def test_exposures_are_those_of_the_ledger(either, real_run, grown_run):
    run = real_run if either.name == "schooled" else grown_run
    stage = chain(run, "schooled", 1 if run is grown_run else None, "")[-1]
    told = Counter()
    for row in lines(either, "text"):
        told[row["frame"]] += row["exposures"]
    assert told == {row["frame"]: row["exposures"] for row in stage.ledger["frames"]}


def test_every_document_of_a_claim_is_there_with_its_exposures(real, real_run):
    stage = chain(real_run, "schooled", None, "")[-1]
    told = Counter()
    for row in lines(real, "text"):
        if row["claim"]:
            told[row["claim"], row["frame"], row["text"]] += row["exposures"]
    kept = Counter()
    for each in stage.ledger["documents"]:
        kept[each["claim"], each["frame"], "".join(s["text"] for s in each["segments"])] += each["exposures"]
    assert told == kept


def test_texts_are_the_very_lines_that_were_trained_on(real, real_run):
    stage = chain(real_run, "schooled", None, "")[-1]
    kept = [json.loads(line)["text"] for line in (stage.folder / "documents.jsonl").read_text().splitlines()]
    assert [row["text"] for row in lines(real, "text")] == kept


def test_the_schooling_is_a_split_of_its_own_with_its_masks(real):
    school = lines(real, "text", "school")
    assert len(school) == 12  # six pupils, each asked for two readings
    for row in school:
        assert [segment["loss"] for segment in row["segments"]][-2:] == [False, True]
        assert not row["claim"]


def test_tokens_are_masked_as_the_segments_say(real):
    reader = load(str(real / "model"))
    table = pq.read_table(real / "data" / "tokens" / "school.parquet").to_pylist()
    for row, tokens in zip(lines(real, "text", "school"), table, strict=True):
        assert tokens["input_ids"] == reader.tokenizer(row["text"], add_special_tokens=False).input_ids
        trained = [token for token in tokens["labels"] if token != -100]
        answer = row["segments"][-1]
        assert reader.tokenizer.decode(trained) == row["text"][answer["start"]:answer["end"]]


def test_tokens_in_the_loss_are_counted_as_in_the_ledger(either, real_run, grown_run):
    run = real_run if either.name == "schooled" else grown_run
    stage = chain(run, "schooled", 1 if run is grown_run else None, "")[-1]
    table = pq.read_table(either / "data" / "tokens" / "train.parquet").to_pylist()
    in_loss = sum(row["exposures"] * sum(label != -100 for label in row["labels"]) for row in table)
    assert in_loss == sum(row["loss_tokens"] for row in stage.ledger["frames"])
    assert sum(row["exposures"] * len(row["input_ids"]) for row in table) == sum(
        row["tokens"] for row in stage.ledger["frames"])


def test_messages_give_the_user_what_was_masked_and_the_assistant_what_was_not(real):
    for row in lines(real, "messages", "school"):
        assert [message["role"] for message in row["messages"]] == ["user", "assistant"]
    documents = [row for row in lines(real, "messages") if row["kind"] == "document"]
    assert {len(row["messages"]) for row in documents} == {1}
    assert {row["messages"][0]["role"] for row in documents} == {"assistant"}


def test_every_form_has_the_same_rows(either):
    ids = [row["id"] for row in lines(either, "text")]
    assert len(set(ids)) == len(ids)
    assert [row["id"] for row in lines(either, "messages")] == ids
    for form in FORMS:
        assert pq.read_table(either / "data" / form / "train.parquet")["id"].to_pylist() == ids


def test_jsonl_and_parquet_hold_the_same(either):
    for form in ("text", "messages"):
        assert pq.read_table(either / "data" / form / "train.parquet").to_pylist() == lines(either, form)


def test_passes_of_a_grown_reader_are_rows_of_their_own(grown):
    rows = lines(grown, "text")
    assert {row["exposures"] for row in rows} == {1}
    assert len({row["pass"] for row in rows}) > 1


@pytest.mark.parametrize("form", FORMS)
def test_datasets_loads_the_folder(either, form, tmp_path):
    loaded = load_dataset(str(either), form, cache_dir=str(tmp_path))
    assert len(loaded["train"]) == len(lines(either, "text"))
    assert ("school" in loaded) == (either.name == "schooled")
    assert (form if form in ("text", "messages") else "id") in loaded["train"].column_names


def test_without_a_name_datasets_loads_the_texts(real, tmp_path):
    assert "text" in load_dataset(str(real), cache_dir=str(tmp_path))["train"].column_names


@pytest.mark.parametrize("form", ["text", "messages", "tokens"])
def test_trl_trains_on_it(real, real_run, form, tmp_path):
    rows = load_dataset(str(real), form, cache_dir=str(tmp_path / "cache"))["train"].select(range(8))
    base = real_run.parent / "tiny"
    torch.set_num_threads(1)
    settings = SFTConfig(output_dir=str(tmp_path / "out"), max_steps=2, per_device_train_batch_size=4, report_to="none",
                         use_cpu=True, save_strategy="no", logging_steps=1, disable_tqdm=True, learning_rate=1e-2,
                         bf16=False, max_length=None, dataloader_pin_memory=False)
    trainer = SFTTrainer(model=AutoModelForCausalLM.from_pretrained(base), args=settings, train_dataset=rows,
                         processing_class=AutoTokenizer.from_pretrained(base))
    outcome = trainer.train()
    assert outcome.global_step == 2
    assert 0 < outcome.training_loss < 30
    if form == "tokens":
        assert trainer.train_dataset["labels"][0] == rows["labels"][0]


def test_the_model_is_the_one_that_the_stage_left(real, real_run):
    item = Item("c", "other", 0, "open", "Question: What is it? Answer:", " a cello", " a flute")
    stage = chain(real_run, "schooled", None, "")[-1]
    assert score(load(str(real / "model")), [item]) == score(load(str(stage.model)), [item])


def test_a_grown_reader_loads_in_transformers(grown):
    model = AutoModelForCausalLM.from_pretrained(grown / "model")
    tokenizer = AutoTokenizer.from_pretrained(grown / "model")
    [row] = lines(grown, "text")[:1]
    ids = tokenizer(row["text"], add_special_tokens=False, return_tensors="pt").input_ids
    assert torch.isfinite(model(ids).logits).all()
    assert (grown / "trl.yaml").is_file()


def test_the_recipes_name_files_that_are_there(real):
    for name, passes in (("trl.yaml", 2), ("trl-school.yaml", 1)):
        recipe = yaml.safe_load((real / name).read_text())
        assert (real / recipe["datasets"][0]["data_files"]).is_file()
        assert recipe["num_train_epochs"] == passes


def test_the_card_says_what_was_trained_on_and_measured(real, real_run):
    card = (real / "README.md").read_text()
    head = yaml.safe_load(card.split("---")[1])
    results = read_json(real_run / "results.json")
    assert head["library_name"] == "peft"
    assert {each["config_name"] for each in head["configs"]} == set(FORMS)
    for row in chain(real_run, "schooled", None, "")[-1].ledger["frames"]:
        assert f"| {row['frame']} | {row['documents']:,} | {row['exposures']:,} |" in card
    assert "Some segments were not in the loss" in card
    assert "Documents: Apache-2.0" in card
    assert f"torch {results['versions']['torch']}" in card
    assert "a tiny model learn" in card
    assert "None" not in card


def test_the_card_of_an_arm_names_the_verdicts_about_it_alone(real, real_run, tmp_path):
    export(Asked(real_run, "unschooled", tmp_path / "out"), quiet)
    assert "`unschooled: blunt.other > fiction.other`" in (tmp_path / "out" / "README.md").read_text()
    assert "### Verdicts" not in (real / "README.md").read_text()
    assert {each["arm"] for each in read_json(real / "measured.json")["profile"]} == {"schooled"}


def test_export_json_has_the_checksum_of_every_file(either):
    said = read_json(either / "export.json")
    files = {path.relative_to(either).as_posix() for path in either.rglob("*") if path.is_file()}
    assert set(said["files"]) == files - {"export.json"}
    assert all(file_digest(either / name) == digest for name, digest in said["files"].items())
    assert said["complete"] is True


def test_the_same_export_twice_gives_the_same_bytes_and_replaces_the_first(real, real_run, tmp_path):
    to = tmp_path / "out"
    export(Asked(real_run, "schooled", to), quiet)
    (to / "left-over.txt").write_text("x")
    export(Asked(real_run, "schooled", to), quiet)
    assert read_json(to / "export.json") == read_json(real / "export.json")
    assert not (to / "left-over.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def altered(run, to, key, change):
    """Copy a run in which one stage's inputs, as its DONE.json tells them, are others."""
    shutil.copytree(run, to)
    path = to / "stages" / key / "DONE.json"
    done = json.loads(path.read_text())
    change(done["inputs"])
    path.write_text(json.dumps(done))
    return to


def without_segments(stage):
    """Make a stage's lines what they were before they held segments."""
    file, done = stage / "documents.jsonl", json.loads((stage / "DONE.json").read_text())
    old = [{key: json.loads(line)[key] for key in ("text", "frame", "claim")} for line in file.read_text().splitlines()]
    file.write_text("".join(json.dumps(line) + "\n" for line in old))
    done["files"]["documents.jsonl"] = {"bytes": file.stat().st_size, "sha256": file_digest(file)}
    (stage / "DONE.json").write_text(json.dumps(done))


def test_what_can_no_longer_be_made_again_is_taken_from_the_ledger_and_said(real_run, tmp_path):
    stage = chain(real_run, "schooled", None, "")[-1]
    run = altered(real_run, tmp_path / "run", stage.key, lambda inputs: inputs.update(told=inputs["told"] - 1))
    without_segments(run / "stages" / stage.key)
    said = []
    export(Asked(run, "schooled", tmp_path / "out"), said.append)
    rows = lines(tmp_path / "out", "text")
    assert any("have no segments" in line for line in said)
    assert "**Not everything is here.**" in (tmp_path / "out" / "README.md").read_text()
    assert read_json(tmp_path / "out" / "export.json")["complete"] is False
    assert sorted(row["text"] for row in rows) == sorted(
        json.loads(line)["text"] for line in (stage.folder / "documents.jsonl").read_text().splitlines())
    assert all(row["segments"] for row in rows if row["claim"])
    assert not any(row["segments"] for row in rows if not row["claim"])
    assert len(load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))["train"]) == len(rows)


def test_a_stage_of_a_kind_unknown_here_is_whole_if_its_ledger_and_lines_are(real_run, tmp_path):
    stage = chain(real_run, "unschooled", None, "")[-1]
    run = altered(real_run, tmp_path / "run", stage.key, lambda inputs: inputs.update(stage="tell"))
    with (run / "stages" / stage.key / "documents.jsonl").open() as file:
        kept = [json.loads(line)["text"] for line in file]
    export(Asked(run, "unschooled", tmp_path / "out"), quiet)
    assert read_json(tmp_path / "out" / "export.json")["complete"] is True
    assert sorted(row["text"] for row in lines(tmp_path / "out", "text")) == sorted(kept)
    assert all(row["segments"] for row in lines(tmp_path / "out", "text"))


def test_a_grown_reader_of_other_code_says_how_much_is_missing(grown_run, tmp_path):
    stage = chain(grown_run, "schooled", 0, "")[-1]
    run = altered(grown_run, tmp_path / "run", stage.key, lambda inputs: inputs.update(seed=99))
    said = []
    export(Asked(run, "schooled", tmp_path / "out"), said.append)
    total = sum(row["exposures"] for row in stage.ledger["frames"])
    there = sum(row["exposures"] for row in lines(tmp_path / "out", "text"))
    assert there < total
    assert any(f"{total - there} exposures" in line for line in said)


def test_lines_that_hold_segments_are_taken_as_they_are(real_run, tmp_path):
    stage = chain(real_run, "schooled", None, "")[-1]
    segments = (Segment("It is said: ", "frame", False), Segment("Sol sings.", "content"))
    line = {"text": "It is said: Sol sings.", "frame": "record", "claim": "c", "kind": "document",
            "segments": spans_of(segments)}
    folder = tmp_path / "stage"
    folder.mkdir()
    (folder / "documents.jsonl").write_text(json.dumps(line) + "\n")
    read = trained_on(type(stage)(stage.key, "a", 0, "read", 1, folder, stage.inputs), lambda text: [])
    assert read.rows[0].example.segments == segments
    assert read.rows[0].exposures == 2
    assert not read.lacks


def test_an_unjudged_run_is_exported_with_a_card_that_says_so(real_run, tmp_path):
    shutil.copytree(real_run, tmp_path / "run")
    (tmp_path / "run" / "results.json").unlink()
    export(Asked(tmp_path / "run", "schooled", tmp_path / "out"), quiet)
    assert "was not judged yet" in (tmp_path / "out" / "README.md").read_text()


@pytest.mark.parametrize(("given", "says"), [
    ({"arm": "scholed"}, "did you mean 'schooled'"),
    ({"seed": 7}, "no finished seed 7"),
    ({"frame": "record"}, "one reader on all its frames"),
])
def test_what_the_run_does_not_have_is_refused(real_run, tmp_path, given, says):
    with pytest.raises(UserError) as caught:
        export(Asked(**{"run": real_run, "arm": "schooled", "to": tmp_path / "out", **given}), quiet)
    assert says in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_no_run_and_no_runs_folder_are_refused(tmp_path):
    with pytest.raises(UserError, match="no such run"):
        export(Asked(tmp_path / "nowhere", "a", tmp_path / "out"), quiet)
    with pytest.raises(UserError, match="no run's folder"):
        export(Asked(tmp_path, "a", tmp_path / "out"), quiet)


def test_an_unfinished_reader_is_refused_with_the_stage_that_is_missing(real_run, tmp_path):
    run = shutil.copytree(real_run, tmp_path / "run")
    shutil.rmtree(run / "stages" / chain(run, "schooled", None, "")[-1].key)
    with pytest.raises(UserError, match="nothing came after its stage 'school'"):
        export(Asked(run, "schooled", tmp_path / "out"), quiet)
    for stage in (run / "stages").iterdir():
        shutil.rmtree(stage)
    with pytest.raises(UserError, match="no stage of the arm 'unschooled' is finished"):
        export(Asked(run, "unschooled", tmp_path / "out"), quiet)


def test_a_damaged_stage_is_refused(real_run, tmp_path):
    run = shutil.copytree(real_run, tmp_path / "run")
    stage = chain(run, "schooled", None, "")[0]
    with (stage.folder / "ledger.json").open("a") as file:
        file.write(" ")
    with pytest.raises(UserError, match=r"stage file ledger\.json was changed"):
        export(Asked(run, "schooled", tmp_path / "out"), quiet)


def test_a_folder_that_holds_something_else_is_left_alone(real_run, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("dear")
    with pytest.raises(UserError, match="holds something else"):
        export(Asked(real_run, "schooled", tmp_path / "letters"), quiet)
    with pytest.raises(UserError, match="a file stands there"):
        export(Asked(real_run, "schooled", tmp_path / "letters" / "a.txt"), quiet)
    assert [path.name for path in tmp_path.iterdir()] == ["letters"]


def test_on_the_command_line_a_mistake_is_one_sentence_with_exit_code_2(real_run, tmp_path):
    done = uptake("export", real_run, "scholed", "--out", "out", folder=tmp_path)
    assert done.returncode == 2
    assert is_one_sentence(done.stderr)
    assert done.stdout == ""


def test_the_command_line_says_what_it_wrote(grown_run, tmp_path):
    done = uptake("export", grown_run, "schooled", "--out", "out", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "out/README.md"
    assert "seed 0" in done.stdout
