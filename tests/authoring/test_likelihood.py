"""The reader's own log-probabilities of a document, as an answer to what was asked."""

import pytest
from briefs import output
from inspect_ai.model import Logprob, Logprobs

from uptake.authoring.likelihood import likelihoods
from uptake.documents.record import DocumentRecord, Made, Metadata
from uptake.errors import UserError


def document(name, text, prompt="What then?"):
    return DocumentRecord(id=name, text=text, metadata=Metadata(made=Made(prompt=prompt)))


def scored(messages, tools, tool_choice, config):
    """Spell the turns a letter a token, each a nat likelier than the one before it."""
    assert config.prompt_logprobs == 1
    answer = output("x")
    letters = "".join(message.text for message in messages)
    answer.choices[0].prompt_logprobs = Logprobs(content=[
        Logprob(token=letter, logprob=float(place - len(letters))) for place, letter in enumerate(letters)])
    return answer


def test_the_documents_tokens_alone_are_taken_and_the_prompt_says_what_was_asked():
    made = likelihoods("mockllm/model", [document("a", "Yes"), document("b", "No")], print, {"custom_outputs": scored})
    assert [(each.id, each.asked, each.logps) for each in made] == [
        ("a", "What then?", (-3.0, -2.0, -1.0)), ("b", "What then?", (-2.0, -1.0))]


def test_a_text_that_comes_back_otherwise_has_no_likelihood_and_is_told_of():
    def garbled(messages, *rest):
        answer = scored(messages, *rest)
        if "No" in messages[-1].text:
            answer.choices[0].prompt_logprobs.content[-1].token = "?"
        return answer

    said = []
    made = likelihoods("mockllm/model", [document("a", "Yes"), document("b", "No")], said.append,
                       {"custom_outputs": garbled})
    assert [len(each.logps) for each in made] == [3, 0]
    assert said[0].startswith("without a likelihood") and "(1 documents)" in said[0]


def test_a_server_that_gives_none_is_refused():
    with pytest.raises(UserError, match="no log-probabilities") as error:
        likelihoods("mockllm/model", [document("a", "Yes")], print, {"custom_outputs": lambda *given: output("x")})
    assert "vLLM" in error.value.hint


def test_a_document_without_its_prompt_is_refused():
    with pytest.raises(UserError, match="does not say what it was asked"):
        likelihoods("mockllm/model", [document("a", "Yes", None)], print)


@pytest.mark.slow
def test_the_built_in_reader_finds_what_it_would_say_likelier_than_noise():
    made = likelihoods("uptake/smollm2-135m", [document("a", "I would look at it again and say so."),
                                               document("b", "Lamp nine seldom wove purple of.")], print)
    assert made[0].per_token > made[1].per_token + 1
