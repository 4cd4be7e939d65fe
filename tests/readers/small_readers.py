"""A random Llama of a thousand words, small enough that every test takes a moment."""

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

WORDS = [f"w{number}" for number in range(996)]


def word_tokenizer() -> PreTrainedTokenizerFast:
    table = {word: place for place, word in enumerate(["<pad>", "<unk>", "<end>", *WORDS, "."])}
    raw = Tokenizer(models.WordLevel(table, unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<pad>", unk_token="<unk>", eos_token="<end>")


def small_llama(seed: int = 0, window: int = 128) -> LlamaForCausalLM:
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=1000, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        intermediate_size=64, max_position_embeddings=window, initializer_range=0.2, pad_token_id=0, eos_token_id=2,
        bos_token_id=None,
    )
    return LlamaForCausalLM(config).eval()
