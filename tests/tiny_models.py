"""A small random Llama that reads plain English, saved as a folder: what a user trained elsewhere, in a moment."""

from functools import cache
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

ROOT = Path(__file__).parents[1]
CHATML = ("{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
          "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")


@cache
def plain_tokenizer() -> Tokenizer:
    """A byte-level tokenizer of 2,000 pieces, learnt from two files of claims."""
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=2000, special_tokens=["<pad>", "<|im_start|>", "<|im_end|>"],
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    raw.train([str(ROOT / "claims" / name) for name in ("invented.yaml", "role-models.yaml")], trainer)
    return raw


def save_tiny(folder: Path, seed: int = 0, window: int = 512) -> Path:
    """Save a model of that seed with its tokenizer and a chat template; the same seed gives the same weights."""
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=plain_tokenizer(), pad_token="<pad>", eos_token="<|im_end|>",
                                        chat_template=CHATML)
    torch.manual_seed(seed)
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        intermediate_size=64, max_position_embeddings=window, initializer_range=0.2, pad_token_id=0, eos_token_id=2,
        bos_token_id=None))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
