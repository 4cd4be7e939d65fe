"""Any endpoint as a reader in context, against a real server on this machine."""

import math
from dataclasses import replace

import pytest
from tiny import some_items

from uptake.errors import UserError
from uptake.inspect.asking import NO_LOGPROBS, NOTHING, REFUSED
from uptake.inspect.estimates import BEGIN_ALIKE
from uptake.inspect.reading import AskSettings, Patience, read_in_context, reasons
from uptake.readers.score import ScoreSettings, score

COMPLETIONS, CHAT = "openai-api-completions/local/", "openai-api/local/"
NUMBERS = ("logp_fit", "logp_foil", "option_mass", "value", "probability", "per_byte", "calibrated")
AT_ONCE = Patience(attempt=60, whole=60, retries=0)


def read(model, items, patience=AT_ONCE, **settings):
    return read_in_context(model, items, AskSettings(**settings), patience)


def agree(got, want, names=NUMBERS):
    for mine, engine in zip(got, want, strict=True):
        assert mine.reason == engine.reason == ""
        for name in names:
            wanted = getattr(engine, name)
            assert getattr(mine, name) == (None if wanted is None else pytest.approx(wanted, abs=1e-4)), name
        assert mine.hit == engine.hit
        assert mine.logp_others == pytest.approx(engine.logp_others, abs=1e-4)


@pytest.mark.parametrize("mode", ["full", "stripped"])
def test_a_server_with_prompt_log_probabilities_gives_the_engines_numbers(server, reader, mode):
    items = some_items(6)
    got = read(COMPLETIONS + mode, items)
    agree(got, score(reader, items))
    assert {each.estimate for each in got} == {"answer"}


def test_a_chat_server_with_prompt_log_probabilities_gives_the_engines_numbers_in_its_template(server, reader):
    items = some_items(4)
    got = read(CHAT + "full", items)
    agree(got, score(reader, items, ScoreSettings(template="original")))
    assert {each.estimate for each in got} == {"chat-answer"}


@pytest.mark.parametrize("provider", [COMPLETIONS, CHAT])
def test_a_server_with_likeliest_tokens_only_gives_another_estimate_and_says_so(server, reader, provider):
    items = some_items(3, polar=True)
    got = read(provider + "top", items)
    yes, no = reader.tokenizer.convert_tokens_to_ids(["Yes", "No"])
    for item, each in zip(items, got, strict=True):
        text = item.prompt if provider == COMPLETIONS else f"w1 {item.prompt} w2\nw3 "
        after = server.spelt(text)[-1]
        assert (each.estimate, each.reason) == ("first-token", "")
        assert each.value == pytest.approx((after[yes] - after[no]).item(), abs=1e-4)
        assert each.option_mass == pytest.approx((after[yes].exp() + after[no].exp()).item(), abs=1e-4)
        assert (each.per_byte, each.calibrated) == (None, None)


def test_a_first_token_cannot_tell_answers_apart_that_begin_alike(server):
    (item,) = some_items(1)
    (got,) = read(COMPLETIONS + "top", [replace(item, fit=" Sol stays.", foil=" Sol goes.", others=())])
    assert (got.value, got.reason) == (None, BEGIN_ALIKE)


def test_a_server_that_takes_five_likeliest_tokens_is_asked_for_five(server):
    polar, other = some_items(1, polar=True)[0], some_items(1)[0]
    got = read(COMPLETIONS + "five", [polar, replace(other, fit=" w7.", foil=" w8.", others=())])
    assert [each.estimate for each in got] == ["first-token"] * 2
    assert got[0].value is not None
    assert got[1].reason == "no token that begins the fit is among the 5 likeliest"


@pytest.mark.parametrize("provider", [COMPLETIONS, CHAT])
def test_a_server_without_log_probabilities_is_sampled(server, provider):
    (got,) = read(provider + "bare", some_items(1, polar=True), samples=9)
    assert (got.estimate, got.samples) == ("sampled", 9)
    assert got.probability == pytest.approx(1 / 3)  # the server says Yes to every third seed
    assert got.value == pytest.approx(math.log(3.5 / 6.5))
    assert got.option_mass == 1
    assert got.hit is False
    assert got.logp_fit is None


def test_a_sampled_reply_that_is_neither_answer_is_no_number(server):
    (got,) = read(COMPLETIONS + "bare", some_items(1), samples=4)
    assert got.value is None
    assert got.reason == "none of 4 samples begins as fit or foil does"


def test_a_busy_server_is_asked_again_and_nothing_is_lost(server, reader):
    items = some_items(4)
    agree(read(COMPLETIONS + "busy", items), score(reader, items))
    assert len(server.told_off) > 8  # every text was refused once


def test_half_a_batch_without_an_answer_costs_that_half_and_is_counted(server, reader):
    items = some_items(6)
    items = [replace(item, prompt=f"w150 {item.prompt}") if number % 2 else item for number, item in enumerate(items)]
    got = read(COMPLETIONS + "half", items)
    agree(got[::2], score(reader, items[::2]))
    assert reasons(got) == {NOTHING: 3}


def test_a_neutral_prompt_without_an_answer_costs_the_calibrated_number_only(server, reader):
    (item,) = some_items(2)[1:]
    (got,) = read(COMPLETIONS + "half", [replace(item, neutral=f"w150 {item.neutral}")])
    (want,) = score(reader, [item])
    assert got.value == pytest.approx(want.value, abs=1e-4)
    assert got.calibrated is None


def test_a_refusal_is_a_reason_and_never_a_number(server):
    polar = some_items(4, polar=True)
    items = [replace(item, prompt=f"w150 {item.prompt}") if number % 2 else item for number, item in enumerate(polar)]
    got = read(CHAT + "halt", items, samples=2)
    assert reasons(got) == {REFUSED: 2}
    assert [each.value is None for each in got] == [False, True, False, True]
    assert reasons(read(CHAT + "refuses", polar, samples=2)) == {REFUSED: 4}


def test_numbers_that_make_no_sense_are_not_taken_for_numbers(server):
    got = read(COMPLETIONS + "garbled", some_items(2, polar=True))
    assert {each.estimate for each in got} == {"first-token"}
    with pytest.raises(UserError, match="makes no sense"):
        read(COMPLETIONS + "garbled", some_items(2), estimate="answer")


def test_an_item_that_takes_too_long_is_a_reason_and_the_others_are_kept(server, reader):
    items = some_items(4)
    items[1] = replace(items[1], prompt=f"w150 {items[1].prompt}")
    got = read(COMPLETIONS + "lags", items, Patience(attempt=2, whole=2, retries=0))
    assert "exceeded" in got[1].reason
    agree([got[0], *got[2:]], score(reader, [items[0], *items[2:]]))


def test_an_endpoint_that_lacks_the_estimate_asked_for_is_told_to_the_user(server):
    with pytest.raises(UserError, match=NO_LOGPROBS):
        read(COMPLETIONS + "bare", some_items(1), estimate="answer")
    with pytest.raises(UserError, match="scored another text"):
        read(CHAT + "full", some_items(1), estimate="answer")
    with pytest.raises(UserError, match="no estimate 'guess'"):
        read(COMPLETIONS + "full", some_items(1), estimate="guess")


@pytest.mark.parametrize("mode", ["denied", "broken"])
def test_an_endpoint_that_cannot_be_asked_at_all_is_told_to_the_user(server, mode):
    with pytest.raises(UserError, match="cannot be asked"):
        read(COMPLETIONS + mode, some_items(1))


def test_an_endpoint_that_is_not_there_is_told_to_the_user(monkeypatch):
    monkeypatch.setenv("LOCAL_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("LOCAL_API_KEY", "none")
    with pytest.raises(UserError, match="cannot be asked"):
        read(COMPLETIONS + "full", some_items(1))
    monkeypatch.delenv("LOCAL_API_KEY")
    with pytest.raises(UserError, match="LOCAL_API_KEY"):
        read(COMPLETIONS + "full", some_items(1))
    with pytest.raises(UserError, match="no such model"):
        read("nobody/nothing", some_items(1))


def test_an_endpoint_that_takes_too_long_is_told_to_the_user(server):
    with pytest.raises(UserError, match=r"cannot be asked .*exceeded"):
        read(COMPLETIONS + "slow", some_items(1), Patience(attempt=1, whole=1, retries=0))
