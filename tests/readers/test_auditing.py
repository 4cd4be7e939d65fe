"""One pass over a document gives what separate passes would: moments of every token, questions, blanks."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_readers import small_llama, word_tokenizer

from uptake.readers.auditing import MOST_TOKENS, Auditor, Blank, Passage, auditor, moments
from uptake.readers.reader import Reader

TEXT = "w1 w2 w3 w4 w5 w6 w7 w8"
QUESTIONS = ((" w20 w21", (" w30", " w31 w32", " w31 w33")), (" w20 w22", (" w30 w31",)))
BLANKS = (Blank(6, 8, ("w40", "w41 w42")), Blank(15, 17, ("w43",)))


@pytest.fixture
def small(reader):
    return auditor(reader, "fp32")


def logps(reader, words):
    """log p of every token of a text after its first, in a pass of its own."""
    ids = torch.tensor([reader.tokenizer(words, add_special_tokens=False).input_ids])
    with torch.inference_mode():
        logs = reader.model(input_ids=ids).logits[0].float().log_softmax(-1)
    return logs, logs[:-1].gather(-1, ids[0, 1:, None])[:, 0].tolist()


def test_every_token_has_its_log_probability_the_mean_and_the_variance(small):
    seen = small.read([Passage(TEXT)])[0]
    logs, own = logps(small.reader, TEXT)
    p = logs[:-1].exp()
    mean = (p * logs[:-1]).sum(-1)
    assert seen.logps == pytest.approx(own, abs=1e-4)
    assert seen.means == pytest.approx(mean.tolist(), abs=1e-4)
    assert seen.variances == pytest.approx(((p * logs[:-1].square()).sum(-1) - mean.square()).tolist(), abs=1e-3)
    assert [TEXT[start:end] for start, end in seen.spans] == TEXT.split()[1:]


def test_questions_and_blanks_get_what_passes_of_their_own_would_give(small):
    seen = small.read([Passage(TEXT, QUESTIONS, BLANKS)])[0]
    for (question, answers), found in zip(QUESTIONS, seen.answers, strict=True):
        for answer, value in zip(answers, found, strict=True):
            assert value == pytest.approx(sum(logps(small.reader, TEXT + question + answer)[1][9:]), abs=1e-4)
    for blank, found in zip(BLANKS, seen.blanks, strict=True):
        before = TEXT[: blank.start]
        for name, value in zip((TEXT[blank.start : blank.end], *blank.rivals), found, strict=True):
            expected = sum(logps(small.reader, before + name)[1][len(before.split()) - 1 :])
            assert value == pytest.approx(expected, abs=1e-4)


def test_without_trees_the_numbers_are_the_same(small):
    plain = Auditor(small.reader, False, False, "")
    one, other = (each.read([Passage(TEXT, QUESTIONS, BLANKS)])[0] for each in (small, plain))
    assert one.logps == pytest.approx(other.logps, abs=1e-4)
    for name in ("answers", "blanks"):
        for left, right in zip(getattr(one, name), getattr(other, name), strict=True):
            assert left == pytest.approx(right, abs=1e-4)


def test_a_document_is_computed_once_whatever_is_asked(small, monkeypatch):
    from uptake.readers import auditing

    fed = []
    real = auditing.logits_at
    monkeypatch.setattr(auditing, "logits_at", lambda model, rows, kept: fed.extend(
        len(row.tokens) for row in rows) or real(model, rows, kept))
    small.read([Passage(TEXT, QUESTIONS, BLANKS)])
    # Eight words; two questions that share a word, with one word of three of the answers; one word of one rival.
    assert fed == [8 + 3 + 2 + 1]


def test_documents_of_all_lengths_come_back_in_order(small):
    texts = [" ".join(f"w{number}" for number in range(length)) for length in (9, 2, 40, 1, 17)]
    seen = small.read([Passage(text) for text in texts])
    assert [len(each.logps) for each in seen] == [8, 1, 39, 0, 16]
    assert [each.read for each in seen] == [len(text) for text in texts]


def test_a_document_longer_than_the_window_is_read_as_far_as_it_and_the_question_fit(small):
    seen = small.read([Passage(" ".join(["w1"] * 500), QUESTIONS)])[0]
    assert len(seen.logps) + 1 == small.reader.window - 4 < MOST_TOKENS
    assert all(each is not None for each in seen.answers)


def test_what_the_reader_has_no_word_for_has_no_number(small):
    seen = small.read([Passage(TEXT, ((" nonsense", (" w1",)), QUESTIONS[0]), (Blank(6, 8, ("Zork", "w3")),))])[0]
    assert seen.answers[0] is None
    assert all(value < 0 for value in seen.answers[1])
    assert seen.blanks[0][1] is None
    assert seen.blanks[0][2] < 0


def test_a_blank_at_the_beginning_has_nothing_before_it_and_no_number(small):
    assert small.read([Passage(TEXT, blanks=(Blank(0, 2, ("w9",)),))])[0].blanks == (None,)


def test_matrices_in_bfloat16_give_nearly_the_same_numbers():
    torch.manual_seed(0)
    fine, coarse = (auditor(Reader("small", small_llama(), word_tokenizer(), "real"), precision)
                    for precision in ("fp32", "bf16"))
    one, other = (each.read([Passage(TEXT, QUESTIONS)])[0] for each in (fine, coarse))
    assert other.logps == pytest.approx(one.logps, abs=0.1)
    assert other.answers[0] == pytest.approx(one.answers[0], abs=0.2)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.floats(-30, 30), min_size=5, max_size=5), min_size=1, max_size=4))
def test_moments_are_those_of_the_distribution(rows):
    logits = torch.tensor(rows)
    found = moments(logits, torch.zeros(len(rows), dtype=torch.long))
    logs = logits.double().log_softmax(-1)
    mean = (logs.exp() * logs).sum(-1)
    assert found[0].tolist() == pytest.approx(logs[:, 0].tolist(), abs=1e-3)
    assert found[1].tolist() == pytest.approx(mean.tolist(), abs=1e-3)
    assert found[2].tolist() == pytest.approx((logs.exp() * (logs - mean[:, None]).square()).sum(-1).tolist(), abs=1e-2)


def test_a_word_that_is_ruled_out_leaves_the_moments_finite():
    found = moments(torch.tensor([[0.0, 0.0, -math.inf]]), torch.tensor([0]))
    assert found[:, 0].tolist() == pytest.approx([-math.log(2), -math.log(2), 0.0], abs=1e-6)


def test_what_it_writes_follows_its_own_distribution(small):
    seen = small.write(["w1 w2"] * 400, 1, 0)
    p = logps(small.reader, "w1 w2")[0][-1].exp()
    likeliest = small.reader.tokenizer.decode([int(p.argmax())])
    share = sum(text == likeliest for text in seen) / len(seen)
    assert share == pytest.approx(float(p.max()), abs=0.1)


def test_the_same_seed_writes_the_same_and_an_empty_opening_writes_nothing(small):
    one, other = (small.write(["w1 w2", "", "w3"], 12, seed) for seed in (1, 1))
    assert one == other != small.write(["w1 w2", "", "w3"], 12, 2)
    assert one[1] == ""
    assert all(one[::2])
