"""A text token by token: the pieces are the text, and the numbers are the engine's."""

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from uptake.readers.reader import Reader
from uptake.readers.score import UNKNOWN, ScoreSettings, token_log_probabilities
from uptake.readers.spelling import spell


def test_pieces_spell_the_text_from_its_second_token_on(reader):
    (got,) = spell(reader, [("w1  w2 w3.", True)], ScoreSettings())
    assert got.pieces == ("  w2", " w3", ".")
    assert got.logps == pytest.approx(token_log_probabilities(reader, ["w1  w2 w3."])[0], abs=1e-6)
    assert got.tokens == 4


def test_with_a_begin_token_the_whole_text_is_spelt(reader):
    from tokenizers.processors import TemplateProcessing

    reader.tokenizer.backend_tokenizer.post_processor = TemplateProcessing("<end> $A", special_tokens=[("<end>", 2)])
    with_begin, without = spell(reader, [("w1 w2", True), ("w1 w2", False)], ScoreSettings())
    assert with_begin.pieces == ("w1", " w2")
    assert without.pieces == (" w2",)


def test_a_character_of_several_tokens_is_spelt_once(reader):
    raw = Tokenizer(models.BPE({symbol: place for place, symbol in enumerate(pre_tokenizers.ByteLevel.alphabet())}, []))
    raw.pre_tokenizer, raw.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    of_bytes = Reader("bytes", reader.model, PreTrainedTokenizerFast(tokenizer_object=raw), "real")
    (got,) = spell(of_bytes, [("a é.", True)], ScoreSettings())
    assert got.pieces == (" ", "é", "", ".")
    assert len(got.logps) == 4


def test_what_cannot_be_scored_has_a_reason_and_stops_nothing(reader):
    texts = ["w1", "w1 " * 200, "w1 nobody", "w1 w2"]
    single, long, unknown, good = spell(reader, [(text, True) for text in texts], ScoreSettings())
    assert single.reason
    assert "the reader's window is 128" in long.reason
    assert unknown.reason == UNKNOWN
    assert good.reason == ""
    assert (single.logps, long.logps, unknown.logps) == ((), (), ())
