"""Loading: what is there comes back as it was saved; what is not ends in one sentence."""

import json

import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

from uptake.errors import UserError
from uptake.readers.load import load, save
from uptake.readers.reader import Reader
from uptake.readers.score import score
from uptake.records import Item

ITEM = Item("c", "other", 0, "open", "w1 w2", " w3", " w4")


@pytest.fixture
def folder(reader, tmp_path):
    save(reader, tmp_path / "small")
    return tmp_path / "small"


def test_a_saved_reader_comes_back_with_its_numbers_and_facts(reader, folder):
    back = load(str(folder))
    assert score(back, [ITEM]) == score(reader, [ITEM])
    assert (back.name, back.kind, back.facts["parameters"]) == ("small", "real", reader.model.num_parameters())
    assert len(back.facts["weights_sha256"]) == 64


def test_a_grown_reader_comes_back_as_grown(reader, tmp_path):
    save(Reader("g", reader.model, reader.tokenizer, "grown", {"world": "assistants"}), tmp_path / "g")
    assert (load(str(tmp_path / "g")).kind, load(str(tmp_path / "g")).facts["world"]) == ("grown", "assistants")


def test_an_adapter_folder_comes_back_on_its_base(reader, folder, tmp_path):
    model = get_peft_model(load(str(folder)).model, LoraConfig(r=2, target_modules="all-linear"))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.fill_(0.05)
    adapted = Reader("adapted", model, reader.tokenizer, "real")
    save(adapted, tmp_path / "adapter")
    back = load(str(tmp_path / "adapter"))
    assert back.name == "adapted" and len(back.facts["adapter_sha256"]) == 64
    assert score(back, [ITEM]) == score(adapted, [ITEM]) != score(reader, [ITEM])


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match="no such folder"):
        load(str(tmp_path / "nowhere"))


def test_a_name_that_is_almost_a_built_in_one_is_guessed():
    with pytest.raises(UserError, match="no reader called 'smollm2'") as caught:
        load("smollm2")
    assert "did you mean 'smollm2-135m'" in caught.value.hint


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"config\.json is missing"):
        load(str(tmp_path))


def test_a_folder_without_a_tokenizer_is_refused(folder):
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    with pytest.raises(UserError, match="tokenizer is missing"):
        load(str(folder))


def test_a_model_that_is_not_causal_is_refused(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"architectures": ["BertForMaskedLM"]}))
    with pytest.raises(UserError, match="not a causal language model but BertForMaskedLM"):
        load(str(folder))


def test_an_unknown_kind_of_model_is_refused(folder):
    (folder / "config.json").write_text(json.dumps({"model_type": "quill"}))
    with pytest.raises(UserError, match=r"config\.json is not one that transformers knows"):
        load(str(folder))


def test_weights_that_were_cut_short_are_refused(folder):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    with pytest.raises(UserError, match="weights cannot be read"):
        load(str(folder))


def test_missing_weights_are_an_error_and_never_random(folder):
    weights = load_file(folder / "model.safetensors")
    del weights["model.layers.0.mlp.up_proj.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(UserError, match="1 of the model's weights are not in its files"):
        load(str(folder))


def test_a_hub_that_is_out_of_reach_is_the_users_to_mend(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(UserError, match="cannot get this reader from the Hugging Face hub"):
        load("nobody/no-such-model")
