"""Training: what is in the loss is learnt, what is masked is not, and a seed gives the same weights again."""

import json

import pytest
import torch
from small_readers import small_llama, word_tokenizer

from uptake.errors import UserError
from uptake.readers.load import load, save
from uptake.readers.processor import bfloat16
from uptake.readers.reader import Reader
from uptake.readers.score import score
from uptake.readers.train import IGNORED, TrainSettings, as_trl_config, tokenised, train
from uptake.records import Example, Item, Segment

QUICK = TrainSettings(method="full", passes=3, batch=4, learning_rate=3e-3, checkpoints=3, precision="fp32")


def example(frame: str, content: str, frame_in_loss: bool = True) -> Example:
    return Example((Segment(frame, "frame", frame_in_loss), Segment(content, "content")), "document", "f", "c")


def segment_by_segment(one: Example, offsets) -> list[bool]:
    """A rule good enough here: a token belongs to the segment in which it ends."""
    ends, total = [], 0
    for segment in one.segments:
        total += len(segment.text)
        ends.append(total)
    found = offsets(one.text)
    return [next(s.loss for s, end in zip(one.segments, ends, strict=True) if stop <= end) for _, stop in found]


def documents(count: int = 12) -> list[Example]:
    return [example(f"w1 w{100 + n}", f" w{10 + n % 4} w{20 + n % 4} w{30 + n % 4}") for n in range(count)]


def fresh() -> Reader:
    return Reader("small", small_llama(), word_tokenizer(), "real", {"parameters": 1})


def weights(reader: Reader) -> dict[str, torch.Tensor]:
    return {name: weight.detach().clone() for name, weight in reader.model.state_dict().items()}


def do(reader: Reader, settings: TrainSettings = QUICK, examples=None, seen=None, **more):
    note = (lambda _, tokens: seen.append(tokens)) if seen is not None else (lambda _, tokens: None)
    return train(reader, examples or documents(), settings, note, segment_by_segment, **more)


def test_only_tokens_in_the_loss_have_labels(reader):
    rows = tokenised(reader, [example("w1 w2", " w3 w4 w5", frame_in_loss=False)], segment_by_segment)
    assert rows[0]["labels"][:2] == [IGNORED, IGNORED]
    assert rows[0]["labels"][2:] == rows[0]["input_ids"][2:]


def test_training_lowers_the_loss_and_counts_its_tokens():
    got = do(fresh())
    assert got.losses[-1][1] < got.losses[0][1]
    assert (got.tokens, got.steps) == (12 * 5 * 3, 9)


def test_checkpoints_are_log_spaced_and_end_with_the_last_token():
    seen = []
    got = do(fresh(), seen=seen)
    assert len(seen) == 3 and seen == sorted(seen) and seen[-1] == got.tokens


def test_a_reader_is_scored_at_the_last_checkpoint_as_it_is_afterwards():
    scores = []
    asked = [Item("c", "other", 0, "open", "w1 w2", " w3", " w4 w5")]
    settings = TrainSettings(passes=1, batch=4, checkpoints=1, precision="bf16", rank=2)
    got = train(fresh(), documents(), settings, lambda r, _: scores.append(score(r, asked)), segment_by_segment)
    assert scores == [score(got.reader, asked)]
    assert got.reader.model.config._attn_implementation == "sdpa"


def test_the_same_seed_gives_the_same_weights():
    first, second = do(fresh()).reader, do(fresh()).reader
    assert all(torch.equal(a, b) for a, b in zip(weights(first).values(), weights(second).values(), strict=True))


def test_another_seed_gives_other_weights():
    settings = TrainSettings(method="full", passes=1, batch=4, learning_rate=3e-3, precision="fp32", seed=1)
    first, second = do(fresh()).reader, do(fresh(), settings).reader
    assert not torch.equal(weights(first)["lm_head.weight"], weights(second)["lm_head.weight"])


def test_masked_tokens_are_not_learnt():
    """Two sets of documents that differ in masked last words alone give the same weights."""

    def with_end(end: str) -> list[Example]:
        pieces = (Segment("w1 w2 w3", "content"), Segment(end, "frame", False))
        return [Example(pieces, "document")] * 4

    first, second = do(fresh(), examples=with_end(" w7")).reader, do(fresh(), examples=with_end(" w8")).reader
    assert all(torch.equal(a, b) for a, b in zip(weights(first).values(), weights(second).values(), strict=True))


def test_a_batch_that_is_run_in_pieces_gives_the_same_step(monkeypatch):
    whole = do(fresh()).reader
    monkeypatch.setattr("uptake.readers.train.TOKENS_AT_ONCE", 10)
    pieces = do(fresh()).reader
    for name, weight in weights(whole).items():
        assert torch.allclose(weight, weights(pieces)[name], atol=1e-4), name


def test_documents_of_one_batch_do_not_see_one_another():
    """A step on two documents together is the step on their summed losses: the long one does not change the short."""
    short, long = example("w1", " w2 w3"), example("w4", " w5 w6 w7 w8 w9")
    reader = fresh()
    rows = tokenised(reader, [short, long], segment_by_segment)
    alone = [reader.model(input_ids=torch.tensor([row["input_ids"]])).logits[0] for row in rows]
    padded = torch.tensor([rows[0]["input_ids"] + [0] * 3, rows[1]["input_ids"]])
    together = reader.model(input_ids=padded, use_cache=False).logits
    assert torch.allclose(together[0, :3], alone[0], atol=1e-5)
    assert torch.allclose(together[1], alone[1], atol=1e-5)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_lora_leaves_the_base_as_it_was_and_learns_an_adapter(precision):
    reader = fresh()
    before = weights(reader)
    got = do(reader, TrainSettings(passes=3, batch=4, rank=2, precision=precision, learning_rate=1e-2))
    inside = got.reader.model.get_base_model().model.layers[0].mlp.up_proj
    assert torch.equal(inside.base_layer.weight, before["model.layers.0.mlp.up_proj.weight"])
    assert got.losses[-1][1] < got.losses[0][1]
    assert got.reader.facts["adapter_parameters"] > 0


def test_a_trained_adapter_can_be_saved_and_loaded(tmp_path):
    save(fresh(), tmp_path / "base")
    base = load(str(tmp_path / "base"))
    trained = do(base, TrainSettings(passes=2, batch=4, rank=2, precision="fp32", learning_rate=1e-2)).reader
    save(trained, tmp_path / "adapter")
    asked = [Item("c", "other", 0, "open", "w1 w2", " w3", " w4")]
    assert score(load(str(tmp_path / "adapter")), asked) == score(trained, asked)


def test_a_killed_run_goes_on_from_its_last_checkpoint(tmp_path):
    settings = TrainSettings(method="full", passes=3, batch=4, learning_rate=3e-3, precision="fp32", save_every=4)
    whole = weights(do(fresh(), settings).reader)

    def killed(reader: Reader, tokens: int) -> None:
        if tokens > 12 * 5 * 1.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(fresh(), documents(), settings, killed, segment_by_segment, tmp_path)
    seen = []
    again = do(fresh(), settings, seen=seen, folder=tmp_path)
    assert all(torch.equal(a, b) for a, b in zip(whole.values(), weights(again.reader).values(), strict=True))
    assert (again.tokens, min(seen) > 60) == (180, True)


def test_nothing_to_train_on_is_the_users_to_mend(reader):
    with pytest.raises(UserError, match="no document to train on"):
        tokenised(reader, [], segment_by_segment)


def test_a_document_longer_than_the_window_is_never_cut(reader):
    with pytest.raises(UserError, match="a document has 201 tokens; the reader 'small' reads 128 at most"):
        tokenised(reader, [example("w1", " w2" * 200)], segment_by_segment)


def test_an_adapter_cannot_be_trained_in_full():
    adapted = do(fresh(), TrainSettings(passes=1, batch=4, rank=2, precision="fp32")).reader
    with pytest.raises(UserError, match="is an adapter"):
        do(adapted)


def test_nothing_is_printed_while_training(capfd):
    do(fresh())
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


def test_the_exported_settings_are_known_to_trl():
    from dataclasses import fields

    from trl import ModelConfig, ScriptArguments, SFTConfig

    known = {field.name for kind in (SFTConfig, ModelConfig, ScriptArguments) for field in fields(kind)}
    config = as_trl_config(TrainSettings(), "smollm2", "documents.jsonl")
    assert set(config) - {"datasets"} <= known
    assert json.loads(json.dumps(config)) == config


def test_the_precision_comes_with_its_reason():
    assert bfloat16("fp32") == (False, "fp32, as asked for")
    assert bfloat16("auto")[1].startswith(("bf16: ", "fp32: "))
    assert "processor" in bfloat16("auto", "cpu")[1]
    with pytest.raises(UserError, match="there is no precision 'BF16'"):
        bfloat16("BF16")
