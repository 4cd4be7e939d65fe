"""The scoring engine: its numbers are those of one plain forward pass an answer, or there is a reason."""

import math
import random
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_readers import WORDS, small_llama, word_tokenizer
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

from uptake.errors import UserError
from uptake.readers.reader import Reader
from uptake.readers.score import ScoreSettings, score, token_log_probabilities
from uptake.readers.tree import Packing
from uptake.records import Item

TEMPLATE = "{% for m in messages %}w1 {{ m['content'] }} {% endfor %}{% if add_generation_prompt %}w2 {% endif %}"


def item(prompt="w1 w2 w3", fit=" w4", foil=" w5", others=(), neutral="") -> Item:
    return Item("c", "other", 0, "open", prompt, fit, foil, tuple(others), neutral)


def plain(reader: Reader, prompt: str, answer: str) -> float:
    """log p(answer | prompt) by one forward pass of one sequence."""
    before = len(reader.tokenizer(prompt).input_ids)
    ids = reader.tokenizer(prompt + answer).input_ids
    with torch.no_grad():
        logps = reader.model(input_ids=torch.tensor([ids])).logits[0].log_softmax(-1)
    return sum(logps[place - 1, ids[place]].item() for place in range(before, len(ids)))


def some_items(seed: int, count: int) -> list[Item]:
    """Items with shared documents, answers of one to three words, and now and then a neutral prompt."""
    rng = random.Random(seed)
    text = lambda low, high: " ".join(rng.choices(WORDS[:40], k=rng.randint(low, high)))  # noqa: E731
    documents = ["", text(30, 40) + " ", text(5, 9) + " "]
    made = []
    for _ in range(count):
        answers = list(dict.fromkeys(" " + text(1, 3) for _ in range(rng.randint(2, 6))))
        if len(answers) > 1:
            neutral = text(1, 3) if rng.random() < 0.5 else ""
            made.append(item(rng.choice(documents) + text(1, 12), *answers[:2], others=answers[2:], neutral=neutral))
    return made


@given(st.integers(0, 10_000), st.sampled_from([Packing(8, 1, 16), Packing(64, 4, 64), Packing(4096, 32, 512)]))
@settings(max_examples=15, deadline=None)
def test_numbers_are_those_of_one_plain_forward_pass_an_answer(seed, packing):
    reader = Reader("small", small_llama(), word_tokenizer(), "real")
    items = some_items(seed, 6)
    for one, got in zip(items, score(reader, items, ScoreSettings(packing=packing)), strict=True):
        answers = (one.fit, one.foil, *one.others)
        want = [plain(reader, one.prompt, answer) for answer in answers]
        assert (got.logp_fit, got.logp_foil, *got.logp_others) == pytest.approx(want, abs=1e-4)
        assert got.value == pytest.approx(want[0] - want[1], abs=1e-4)
        assert got.hit == (want[0] > max(want[1:]))
        if one.neutral:
            base = plain(reader, one.neutral, one.fit) - plain(reader, one.neutral, one.foil)
            assert got.calibrated == pytest.approx(want[0] - want[1] - base, abs=1e-4)
        else:
            assert got.calibrated is None


def test_the_company_an_item_is_scored_in_does_not_change_its_numbers(reader):
    items = some_items(3, 20)
    together = score(reader, items)
    for one, got in zip(items, together, strict=True):
        (alone,) = score(reader, [one])
        assert got.logp_fit == pytest.approx(alone.logp_fit, abs=1e-4)
        assert got.option_mass == pytest.approx(alone.option_mass, abs=1e-4)


def test_twenty_one_word_answers_cost_one_forward_pass_of_the_prompt(reader, monkeypatch):
    fed = []
    forward = type(reader.model).forward
    watch = lambda self, **given: fed.append(tuple(given["input_ids"].shape)) or forward(self, **given)  # noqa: E731
    watch.__signature__ = __import__("inspect").signature(forward)
    monkeypatch.setattr(type(reader.model), "forward", watch)
    score(reader, [item("w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 w11", " w20", " w21", [f" w{n}" for n in range(22, 40)])])
    assert fed == [(1, 11)]


def test_a_document_under_several_questions_is_computed_once(reader):
    from uptake.readers import tree

    document = tuple(range(10, 60))
    rows = tree._rows({(*document, n): [(3,), (4, 5)] for n in range(70, 75)}, Packing(4096, 32, 512))
    assert len(rows) == 1
    assert len(rows[0].tokens) == 50 + 5 + 5


def test_a_model_that_ignores_the_tree_mask_is_run_without_trees(reader, monkeypatch):
    forward = type(reader.model).forward

    def deaf(self, input_ids, position_ids=None, attention_mask=None, use_cache=False, logits_to_keep=0):
        return forward(self, input_ids=input_ids, use_cache=use_cache, logits_to_keep=logits_to_keep)

    items = [item("w1 w2", " w4 w5", " w5 w4")]
    want = score(reader, items)[0]
    monkeypatch.setattr(type(reader.model), "forward", deaf)
    assert score(reader, items)[0].value == pytest.approx(want.value, abs=1e-4)


def test_the_three_usual_scores_follow_their_formulas(reader):
    (got,) = score(reader, [item(fit=" w4", foil=" w500 w6", others=[" w7"])])
    masses = [math.exp(logp) for logp in (got.logp_fit, got.logp_foil, *got.logp_others)]
    assert got.option_mass == pytest.approx(sum(masses))
    assert got.probability == pytest.approx(masses[0] / sum(masses))
    assert got.per_byte == pytest.approx(got.logp_fit / 3 - got.logp_foil / 8)


def test_an_answer_named_twice_counts_once_in_the_option_mass(reader):
    (once,) = score(reader, [item(others=[" w6"])])
    (twice,) = score(reader, [item(others=[" w6", " w6", " w5"])])
    assert twice.option_mass == pytest.approx(once.option_mass)
    assert twice.hit == once.hit


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (item(fit=""), "an answer is empty"),
        (item(foil=" "), "an answer is empty"),
        (item(prompt=""), "no token stands before the answer"),
        (item(foil=" w4"), "fit and foil are the same tokens"),
        (item(fit=" mauve"), "a word is outside the reader's vocabulary"),
        (item(prompt="mauve w1"), "a word is outside the reader's vocabulary"),
        (item(prompt="w1 " * 128), "prompt and answer need 129 tokens; the reader's window is 128"),
    ],
)
def test_what_cannot_be_scored_has_a_reason_and_no_number(reader, asked, reason):
    got, sound = score(reader, [asked, item()])
    assert got.reason == reason
    assert got.value is got.logp_fit is got.option_mass is got.hit is None
    assert sound.value is not None and sound.reason == ""


def test_logits_that_are_not_finite_give_a_reason(reader):
    with torch.no_grad():
        reader.model.lm_head.weight[7] = float("nan")
    (got,) = score(reader, [item()])
    assert (got.value, got.reason) == (None, "the reader's logits are not finite")


def test_a_neutral_prompt_that_cannot_be_scored_leaves_the_value_alone(reader):
    (got,) = score(reader, [item(neutral="mauve")])
    assert got.calibrated is None and got.value is not None


def test_the_model_is_left_in_the_mode_in_which_it_was_found(reader):
    reader.model.train()
    score(reader, [item()])
    assert reader.model.training


def test_scoring_nothing_gives_nothing(reader):
    assert score(reader, []) == []


def straddling() -> Reader:
    """A tokenizer that merges over the boundary: 'ab' is one token, so that 'a' + 'b' is not 'a' and then 'b'."""
    letters = {letter: place for place, letter in enumerate(["<pad>", "a", "b", "c", "d", "e", "f", "ab", "de"])}
    raw = Tokenizer(models.BPE(letters, [("a", "b"), ("d", "e")]))
    return Reader("bpe", small_llama(), PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<pad>"), "real")


def test_a_token_over_the_boundary_is_scored_whole_from_the_last_common_token():
    reader = straddling()
    (got,) = score(reader, [item("cda", fit="b", foil="c", others=("cc",))])
    assert got.cut == 1
    assert got.logp_fit == pytest.approx(plain(reader, "cd", "ab"), abs=1e-4)
    assert got.logp_foil == pytest.approx(plain(reader, "cd", "ac"), abs=1e-4)
    assert got.logp_others == pytest.approx([plain(reader, "cd", "acc")], abs=1e-4)


def test_a_boundary_without_a_common_token_has_a_reason():
    (got,) = score(straddling(), [item("a", fit="b", foil="c")])
    assert got.reason == "no token stands before the answer"


def test_a_begin_token_stands_before_every_plain_prompt(reader):
    from tokenizers.processors import TemplateProcessing

    begin = [("<end>", 2)]
    backend = reader.tokenizer.backend_tokenizer
    backend.post_processor = TemplateProcessing(single="<end> $A", special_tokens=begin)
    (got,) = score(reader, [item("w1", " w4 w5", " w6")])
    assert got.logp_fit == pytest.approx(plain(reader, "w1", " w4 w5"), abs=1e-4)
    (empty,) = score(reader, [item("", " w4", " w6")])
    assert empty.value is not None


def test_a_chat_template_makes_the_prompt_the_users_turn(reader):
    reader.tokenizer.chat_template = {"default": TEMPLATE, "original": "{{ 'w9 ' }}" + TEMPLATE}
    (neutral,) = score(reader, [item("w7", " w4", " w5")], ScoreSettings(template="neutral"))
    (original,) = score(reader, [item("w7", " w4", " w5")], ScoreSettings(template="original"))
    assert neutral.logp_fit == pytest.approx(plain(reader, "w1 w7 w2", " w4"), abs=1e-4)
    assert original.logp_fit == pytest.approx(plain(reader, "w9 w1 w7 w2", " w4"), abs=1e-4)


def test_a_template_that_the_reader_lacks_is_the_users_to_mend(reader):
    reader.tokenizer.chat_template = TEMPLATE
    assert score(reader, [item()], ScoreSettings(template="original"))[0].value is not None
    with pytest.raises(UserError, match="no chat template called 'neutral'"):
        score(reader, [item()], ScoreSettings(template="neutral"))


def test_free_text_is_scored_token_by_token(reader):
    texts = ["w1 w2 w3", "w1", "w5 w6 w7 w8"]
    got = token_log_probabilities(reader, texts)
    assert [len(values) for values in got] == [2, 0, 3]
    assert sum(got[2]) == pytest.approx(plain(reader, "w5", " w6 w7 w8"), abs=1e-4)


def test_bfloat16_changes_numbers_a_little_and_order_hardly(reader):
    exact = score(reader, some_items(5, 10))
    fast = score(reader, some_items(5, 10), replace(ScoreSettings(), precision="bf16"))
    assert [one.value for one in fast] == pytest.approx([one.value for one in exact], abs=0.5)
