"""The provider `uptake`: what Inspect asks of a model, from a reader on this machine."""

import anyio
import pytest
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageUser, GenerateConfig, get_model
from inspect_ai.tool import ToolInfo

from uptake.inspect import _registry  # noqa: F401 - so that Inspect knows the provider
from uptake.readers.generate import Prompt, write


@pytest.fixture
def model(folder):
    return get_model(f"uptake/{folder}", precision="fp32", memoize=False)


def ask(model, given, **config):
    return anyio.run(lambda: model.generate(given, config=GenerateConfig(**config)))


def ask_at_once(model, given, **config):
    async def all_of_them():
        outputs = [None] * len(given)

        async def one(place):
            outputs[place] = await model.generate(given[place], config=GenerateConfig(**config))

        async with anyio.create_task_group() as group:
            for place in range(len(given)):
                group.start_soon(one, place)
        return outputs

    return anyio.run(all_of_them)


def test_temperature_0_takes_the_likeliest_token_whatever_else_is_asked_at_once(model):
    given = [f"w{number} w5" for number in range(60, 70)]
    together = ask_at_once(model, given, temperature=0, max_tokens=8)
    alone = [ask(model, each, temperature=0, max_tokens=8) for each in given]
    assert [each.completion for each in together] == [each.completion for each in alone]
    assert len({each.completion for each in together}) > 1


def test_a_seed_gives_the_same_text_in_any_company_and_another_seed_another(model):
    given = [f"w{number} w5" for number in range(60, 66)]
    together = ask_at_once(model, given, seed=1, max_tokens=8)
    assert [each.completion for each in together] == [ask(model, e, seed=1, max_tokens=8).completion for e in given]
    assert ask(model, given[0], seed=2, max_tokens=8).completion != together[0].completion
    assert len({ask(model, given[0], max_tokens=8).completion for _ in range(4)}) > 1


def test_requests_that_come_together_are_one_batch(model, monkeypatch):
    batches = []
    monkeypatch.setattr("uptake.readers.generate.write",
                        lambda reader, prompts, autocast: batches.append(len(prompts)) or write(reader, prompts))
    ask_at_once(model, [f"w{number}" for number in range(20)], max_tokens=2, temperature=0)
    assert sum(batches) == 20
    assert len(batches) <= 3


def test_usage_is_filled_in_and_length_is_kept_to(model, reader):
    output = ask(model, "w1 w2 w3", max_tokens=5, temperature=0)
    assert output.usage.output_tokens <= 5
    assert output.usage.input_tokens == len(reader.tokenizer("w1 w1 w2 w3 w2\nw3 ").input_ids)
    assert output.usage.total_tokens == output.usage.input_tokens + output.usage.output_tokens
    assert output.stop_reason == "max_tokens" if output.usage.output_tokens == 5 else "stop"


def test_a_stop_sequence_ends_the_text_and_is_no_part_of_it(model):
    whole = ask(model, "w1 w2", max_tokens=8, temperature=0).completion
    stop = whole.split()[3]
    output = ask(model, "w1 w2", max_tokens=8, temperature=0, stop_seqs=[stop])
    assert output.completion == whole[: whole.find(stop)]
    assert output.stop_reason == "stop"


def test_messages_are_put_in_the_chat_template_and_the_assistants_last_one_is_continued(model, reader):
    turns = [ChatMessageSystem(content="w7"), ChatMessageUser(content="w8"), ChatMessageAssistant(content="w9")]
    output = ask(model, turns, temperature=0, max_tokens=6)
    (want,) = write(reader, [Prompt("w1 w7 w2\nw1 w8 w2\nw3 w9", 6, 0, special=False)])
    assert output.completion == want.text


def test_prompt_log_probabilities_of_one_message_are_those_of_its_text(model, reader):
    from uptake.readers.score import token_log_probabilities

    output = ask(model, "w1 w2, w3.", prompt_logprobs=1, max_tokens=1)
    found = output.choices[0].prompt_logprobs.content
    assert [each.token for each in found] == [" w2", ",", " w3", "."]
    (want,) = token_log_probabilities(reader, ["w1 w2, w3."])
    assert [each.logprob for each in found] == pytest.approx(want, abs=1e-4)
    assert (output.completion, output.usage.input_tokens, output.usage.output_tokens) == ("", 5, 0)


def test_log_probabilities_of_what_is_written_are_those_of_the_model(model, reader):
    output = ask(model, "w1 w2", logprobs=True, top_logprobs=3, max_tokens=3, temperature=0)
    first = output.choices[0].logprobs.content[0]
    assert first.logprob == first.top_logprobs[0].logprob
    assert first.logprob > first.top_logprobs[1].logprob > first.top_logprobs[2].logprob
    assert len(output.choices[0].logprobs.content) == 3


def test_several_choices_differ(model):
    output = ask(model, "w1 w2", num_choices=4, seed=1, max_tokens=6)
    assert len({choice.message.text for choice in output.choices}) == 4


def test_a_prompt_longer_than_the_window_is_said_to_be(model):
    output = ask(model, "w1 " * 200, max_tokens=5)
    assert output.stop_reason == "model_length"
    assert "the reader's window is 128" in output.error


def test_the_model_outlives_an_event_loop(model):
    assert ask(model, "w1", temperature=0).completion == ask(model, "w1", temperature=0).completion


def test_what_a_reader_cannot_do_is_told_to_the_user(model, folder):
    with pytest.raises(PrerequisiteError, match="no tools"):
        anyio.run(lambda: model.generate("w1", tools=[ToolInfo(name="look", description="look up")]))
    for wrong in ({"precision": "int4"}, {"template": "other"}, {"colour": "red"}):
        with pytest.raises(PrerequisiteError) as caught:
            get_model(f"uptake/{folder}", memoize=False, **wrong)
        assert next(iter(wrong)) in caught.value.message
    with pytest.raises(PrerequisiteError) as caught:
        get_model("uptake/smolm2-135m", memoize=False)
    assert "did you mean 'smollm2-135m'" in caught.value.message


def test_an_error_of_the_engine_reaches_everyone_who_waits_for_the_batch_and_no_later_one(model, monkeypatch):
    def fail(reader, prompts, autocast):
        raise RuntimeError("out of memory")

    with monkeypatch.context() as broken:
        broken.setattr("uptake.readers.generate.write", fail)
        with pytest.raises(ExceptionGroup) as caught:
            ask_at_once(model, ["w1", "w2"], max_tokens=2)
    assert all("out of memory" in str(each) for each in caught.value.exceptions)
    assert ask(model, "w1", max_tokens=2, temperature=0).completion
