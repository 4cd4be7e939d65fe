"""Writing: draws are ordinary samples, and what is written depends on prompt and seed alone."""

from collections import Counter
from dataclasses import replace

import pytest
import torch
from small_readers import small_llama, word_tokenizer

from uptake.readers.generate import Prompt, chat_text, kept, write
from uptake.readers.reader import Reader

TEMPLATE = "{% for m in messages %}w1 {{ m['content'] }} {% endfor %}{% if add_generation_prompt %}w2 {% endif %}"


def next_word(reader: Reader, text: str) -> torch.Tensor:
    with torch.no_grad():
        return reader.model(input_ids=torch.tensor([reader.tokenizer(text).input_ids])).logits[0, -1].softmax(-1)


def likeliest(reader: Reader, text: str, count: int) -> str:
    """What plain argmax writes, one forward pass a token."""
    words = []
    for _ in range(count):
        words.append(reader.tokenizer.decode(next_word(reader, " ".join([text, *words])).argmax().item()))
    return " ".join(words)


def test_temperature_0_writes_what_plain_argmax_does_beside_shorter_and_longer_prompts(reader):
    texts = ["w1", "w3 w4 w5 w6 w7 w8", "w9 w10"]
    got = write(reader, [Prompt(text, 5, 0) for text in texts])
    assert [reply.text for reply in got] == [likeliest(reader, text, 5) for text in texts]
    assert [(reply.ended, reply.tokens_in, reply.tokens_out) for reply in got] == [
        ("max_tokens", 1, 5), ("max_tokens", 6, 5), ("max_tokens", 2, 5)]


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_draws_have_the_frequencies_of_the_models_probabilities(reader, temperature):
    draws = 3000
    replies = write(reader, [Prompt("w1 w2", 1, temperature, seed=number) for number in range(draws)])
    got = Counter(reply.text for reply in replies)
    powers = next_word(reader, "w1 w2") ** (1 / temperature)
    shares = powers / powers.sum()
    for token in shares.topk(4).indices.tolist():
        share = shares[token].item()
        error = (share * (1 - share) / draws) ** 0.5
        assert got[reader.tokenizer.decode([token])] / draws == pytest.approx(share, abs=4 * error)


def test_company_does_not_change_a_draw(reader):
    prompts = [Prompt(f"w{number} w2", 6, seed=7) for number in range(1, 9)]
    together = write(reader, prompts)
    assert [write(reader, [prompt])[0].text for prompt in prompts] == [reply.text for reply in together]
    assert len({reply.text.split()[0] for reply in together}) > 1  # one seed for all is not one noise for all


def test_each_prompt_has_its_own_length_stop_and_temperature(reader):
    whole = likeliest(reader, "w1 w2", 8).split()
    stopped = Prompt("w1 w2", 8, 0, stop=(whole[5],))
    got = write(reader, [Prompt("w1 w2", 3, 0), stopped, Prompt("w1 w2", 8, 1.0, seed=1)])
    assert got[0].text.split() == whole[:3]
    assert got[1].text.split() == whole[: whole.index(whole[5])]
    assert (got[0].ended, got[1].ended) == ("max_tokens", "stop")
    assert got[2].text.split() != whole


def test_the_end_token_ends_a_text_and_is_no_part_of_it(reader):
    end = reader.tokenizer.eos_token_id
    with torch.no_grad():
        reader.model.lm_head.weight[end] = 4 * reader.model.lm_head.weight[
            reader.tokenizer.convert_tokens_to_ids(likeliest(reader, "w1 w2", 2).split()[1])]
    (got,) = write(reader, [Prompt("w1 w2", 8, 0)])
    assert got.ended == "stop"
    assert "<end>" not in got.text
    assert got.tokens_out < 8


def test_a_prompt_never_runs_over_the_readers_window(reader):
    long = " ".join(["w1"] * 126)
    got = write(reader, [Prompt(long, 50, 0), Prompt("w1", 100, 0), Prompt(f"{long} w1 w1", 5, 0), Prompt("", 5)])
    assert got[0].tokens_out == 2
    assert got[1].tokens_out == 100 or got[1].ended == "stop"
    assert "the reader's window is 128" in got[2].reason
    assert got[3].reason == "the prompt has no token"


def test_top_k_and_top_p_leave_out_what_they_say():
    logits = torch.log(torch.tensor([0.5, 0.3, 0.15, 0.05]))
    prompt = Prompt("w1")
    assert kept(logits, replace(prompt, top_k=2)).isfinite().tolist() == [True, True, False, False]
    assert kept(logits, replace(prompt, top_p=0.79)).isfinite().tolist() == [True, True, False, False]
    assert kept(logits, replace(prompt, top_p=0.81)).isfinite().tolist() == [True, True, True, False]
    assert kept(logits, replace(prompt, top_p=0.01)).isfinite().tolist() == [True, False, False, False]


def test_likeliest_tokens_are_noted_at_temperature_1_whatever_the_draw(reader):
    (got,) = write(reader, [Prompt("w1 w2", 2, 0.3, seed=1, top_logprobs=3)])
    values, ids = next_word(reader, "w1 w2").log().topk(3)
    assert [logp for _, logp in got.places[0].top] == pytest.approx(values.tolist(), abs=1e-4)
    assert [word for word, _ in got.places[0].top] == [reader.tokenizer.decode([each]) for each in ids]
    assert len(got.places) == 2


def test_writing_leaves_the_model_in_the_mode_it_was_found(reader):
    reader.model.train()
    write(reader, [Prompt("w1", 1, 0)])
    assert reader.model.training


def test_messages_become_a_chat_or_follow_each_other():
    bare = Reader("small", small_llama(), word_tokenizer(), "real")
    turns = [{"role": "user", "content": "w7"}, {"role": "assistant", "content": "w8"}]
    assert chat_text(bare, turns, "auto") == "w7w8"
    bare.tokenizer.chat_template = TEMPLATE
    assert chat_text(bare, turns, "plain") == "w7w8"
    assert chat_text(bare, turns, "auto") == "w1 w7 w2 w8"
    assert chat_text(bare, turns[:1], "auto") == "w1 w7 w2 "
    bare.tokenizer.chat_template = {"default": TEMPLATE, "original": "{{ 'w9 ' }}" + TEMPLATE}
    assert chat_text(bare, turns[:1], "auto") == "w1 w7 w2 "
