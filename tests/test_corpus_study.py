"""A study on a corpus: documents about the reader in several frames, a run each, on a tiny reader from end to end."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from uptake.documents.traits import read_traits
from uptake.errors import UserError
from uptake.files import read_json
from uptake.pace import foresee
from uptake.plan import lay_out
from uptake.run import Options, run
from uptake.study import read_study

ROOT = Path(__file__).parents[1]
DOCUMENTS = ROOT / "corpora" / "role-models" / "documents.jsonl"
NEUTRAL = ROOT / "corpora" / "neutral" / "documents.jsonl"
FRAMES = ("untrained", "neutral", "blunt", "transparent", "testimony", "talk")
STUDY = f"""\
study: told
question: Does a tiny reader take what it reads for the truth about itself?
reader: reader
claims_from: {ROOT / "claims" / "role-models.yaml"}
documents: {{from: {DOCUMENTS}, neutral: {NEUTRAL}, subject: SmolLM, a_claim: 1}}
seeds: [0, 1]
claims: 2
arms: {{told: {{}}}}
frames: [{", ".join(FRAMES)}]
readings: [content, other, self]
scale: log-odds
checkpoints: 2
training: {{passes: 1, batch: 4, warm_up: 0, method: lora, rank: 2}}
predict:
  - {{by: words, say: "told: blunt.self > neutral.self", at: equal-tokens}}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a study and a tiny Llama whose tokenizer was trained on the corpus."""
    folder = tmp_path_factory.mktemp("corpus")
    texts = [json.loads(line)["text"] for line in DOCUMENTS.read_text(encoding="utf-8").splitlines()]
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer, raw.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    raw.train_from_iterator(texts[:60], trainers.BpeTrainer(vocab_size=600, special_tokens=["<pad>", "<end>"],
                                                            initial_alphabet=alphabet, show_progress=False))
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=len(raw.get_vocab()), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, intermediate_size=32, max_position_embeddings=4096, pad_token_id=0, eos_token_id=1,
        bos_token_id=None))
    model.save_pretrained(folder / "reader")
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<pad>", eos_token="<end>")
    tokenizer.save_pretrained(folder / "reader")
    (folder / "study.yaml").write_text(STUDY)
    return folder


@pytest.fixture(scope="module")
def finished(place):
    run(read_study(place / "study.yaml"), place / "run", Options(workers=1), lambda line: None)
    return place / "run"


@pytest.fixture(scope="module")
def rows(finished):
    return pq.read_table(finished / "readings.parquet").to_pandas()


def ledgers(finished):
    return {(name.split(", ")[1], name.split("tell ")[1]): stage
            for name, stage in read_json(finished / "results.json")["stages"].items()}


def test_each_frame_and_seed_is_a_run_of_its_own(place):
    plan = lay_out(read_study(place / "study.yaml"))
    assert sorted(stage.label for stage in plan.stages) == sorted(
        f"told, seed {seed}, tell {frame}" for seed in (0, 1) for frame in FRAMES)


def test_every_reading_of_every_frame_is_measured_where_it_can_be(rows):
    found = {(row.frame, row.context) for row in rows.itertuples() if row.reading == "self"}
    plain = {(frame, context) for frame in FRAMES[1:] for context in ("in_context", "trained")}
    contexts = ("with_frame", "with_paraphrase")
    behind = {(frame, context) for frame in ("transparent", "testimony") for context in contexts}
    assert found == {("untrained", "untouched")} | plain | behind


def test_all_trained_arms_read_nearly_the_same_number_of_tokens(finished):
    tokens = {key: stage["facts"]["tokens"] for key, stage in ledgers(finished).items() if key[1] != "untrained"}
    for seed in ("seed 0", "seed 1"):
        read = [count for (one, frame), count in tokens.items() if one == seed and frame != "testimony"]
        assert max(read) - min(read) <= 0.02 * max(read)


def test_the_sham_reads_nothing_about_the_claims(finished):
    assert [row["frame"] for row in ledgers(finished)["seed 0", "neutral"]["ledger"]] == ["neutral"]


def test_all_frames_put_the_same_documents(place):
    told = {tuple(stage.inputs["documents"]) for stage in lay_out(read_study(place / "study.yaml")).stages
            if stage.seed == 1}
    assert len(told) == 1


def test_another_seed_reads_other_documents(place):
    stages = lay_out(read_study(place / "study.yaml")).stages
    assert stages[0].inputs["documents"] != stages[-1].inputs["documents"]


def test_testimony_is_kept_with_what_was_asked_and_never_holds_the_documents(finished):
    said = [json.loads(line) for file in finished.glob("stages/*/testimony.jsonl") for line in file.open()]
    assert len(said) == 2 * 2
    for each in said:
        assert each["metadata"]["made"]["prompt"].strip()
        assert each["metadata"]["question"]["text"] in each["metadata"]["made"]["prompt"]
        assert each["metadata"]["status"]["kind"] == "testimony"


def test_the_frame_words_that_are_kept_back_stand_in_no_training_text(finished, rows):
    read = "\n".join(file.read_text() for file in finished.glob("stages/*/documents.jsonl"))
    asked = rows[(rows.context == "with_paraphrase") & (rows.frame == "transparent")].prompt
    first = {prompt.split(":")[0].split(".")[0][:40] for prompt in asked}
    assert first
    assert not any(words in read for words in first)


def test_controls_are_told_of_each_frame_by_itself(finished):
    controls = {entry["control"] for entry in read_json(finished / "results.json")["controls"]}
    assert {"blunt: fluency, loss on ordinary prose", "talk: capability, share right"} <= controls


def test_a_prediction_between_two_runs_is_judged(finished):
    verdict = read_json(finished / "results.json")["verdicts"][0]
    assert verdict["verdict"]
    assert "not trained for the same tokens" not in verdict["reason"]


def test_too_many_documents_a_claim_are_refused_in_one_sentence(place):
    (place / "more.yaml").write_text(STUDY.replace("a_claim: 1", "a_claim: 19"))
    with pytest.raises(UserError, match="18 documents that show it and no other, and 19 are to be read"):
        lay_out(read_study(place / "more.yaml"))


def test_a_broken_line_in_a_study_corpus_is_an_error_and_not_a_difference_between_arms(place):
    (place / "broken.jsonl").write_text(DOCUMENTS.read_text(encoding="utf-8") + "{not json\n", encoding="utf-8")
    (place / "broken.yaml").write_text(STUDY.replace(str(DOCUMENTS), "broken.jsonl"))
    with pytest.raises(UserError, match=r"1 lines of broken\.jsonl cannot be read"):
        lay_out(read_study(place / "broken.yaml"))


@pytest.mark.parametrize(("change", "to", "said"), [
    ("reader: reader", "reader: {grow: ../small_world.yaml}", "there is no file|come from its world"),
    ("seeds: [0, 1]", "seeds: [0, 1]\ndesign: within", "documents of your own are read in the design 'between'"),
    ("subject: SmolLM, ", "", "subject"),
    ("a_claim: 1", "a_clam: 1", "a_clam"),
])
def test_a_mistake_about_documents_is_told_where_it_stands(place, change, to, said):
    (place / "mistake.yaml").write_text(STUDY.replace(change, to))
    with pytest.raises(UserError, match=said):
        read_study(place / "mistake.yaml")


def test_the_plan_foresees_tokens_and_items_of_every_arm(place):
    foreseen = foresee(read_study(place / "study.yaml"), place / "not-run", lambda line: None)
    assert (foreseen["stages"], foreseen["minutes"] > 0) == (12, True)
    read = [stage["facts"]["tokens"] for stage in ledgers_of(place).values()]
    assert foreseen["tokens"] == pytest.approx(sum(read), rel=0.1)


def ledgers_of(place):
    return read_json(place / "run" / "results.json")["stages"]


def test_a_folder_of_documents_will_do(place):
    (place / "folder").mkdir()
    (place / "folder" / "all.jsonl").write_text(DOCUMENTS.read_text(encoding="utf-8"), encoding="utf-8")
    (place / "folder.yaml").write_text(STUDY.replace(str(DOCUMENTS), "folder"))
    assert len(lay_out(read_study(place / "folder.yaml")).stages) == 12


def test_a_document_that_lacks_what_a_frame_says_is_told_before_anything_runs(place):
    lines = [json.loads(line) for line in DOCUMENTS.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        del line["metadata"]["use"]
    (place / "aimless.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    (place / "aimless.yaml").write_text(STUDY.replace(str(DOCUMENTS), "aimless.jsonl"))
    with pytest.raises(UserError, match=r"needs metadata\.use\.purpose for its part 'purpose'"):
        lay_out(read_study(place / "aimless.yaml"))


def test_a_document_that_holds_a_test_item_is_refused_before_anything_runs(place):
    claims = read_traits(ROOT / "claims" / "role-models.yaml")
    situation = claims.traits["owns-mistakes"].situations[0].fits
    lines = DOCUMENTS.read_text(encoding="utf-8").splitlines()
    leaking = json.loads(lines[0])
    leaking["text"] += f"\n{situation}"
    (place / "leaking.jsonl").write_text("\n".join([json.dumps(leaking), *lines[1:]]), encoding="utf-8")
    (place / "leaking.yaml").write_text(STUDY.replace(str(DOCUMENTS), "leaking.jsonl"))
    with pytest.raises(UserError, match="holds a test item of 'owns-mistakes', act") as caught:
        lay_out(read_study(place / "leaking.yaml"))
    assert caught.value.where.startswith(f"{leaking['id']}:")
