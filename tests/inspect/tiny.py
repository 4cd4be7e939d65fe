"""A random Llama that knows two hundred English words, and items made of them."""

import random

from small_readers import small_llama
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from uptake.readers.reader import Reader
from uptake.records import Item

SPOKEN = ("Question", ":", "Answer", "Is", "the", "sky", "blue", "on", "a", "clear", "day", "?", "Yes", ",", "it", "is",
          ".", "No", "green", "Does", "Sol", "stay", "in", "when", "rains", "does")
WORDS = list(dict.fromkeys([*SPOKEN, *(f"w{number}" for number in range(160))]))
TEMPLATE = ("{% for m in messages %}w1 {{ m['content'] }} w2\n{% endfor %}"
            "{% if add_generation_prompt %}w3 {% endif %}")


def tiny_reader(kind="real", seed=0):
    table = {word: place for place, word in enumerate(["<pad>", "<unk>", "<end>", *WORDS])}
    raw = Tokenizer(models.WordLevel(table, unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<pad>", unk_token="<unk>", eos_token="<end>")
    tokenizer.chat_template = TEMPLATE
    return Reader("tiny", knowing(tokenizer, small_llama(seed)), tokenizer, kind, {"parameters": 1})


def knowing(tokenizer, model):
    """Take from a model the tokens that its tokenizer has no words for."""
    model.resize_token_embeddings(len(tokenizer))
    return model.eval()


def some_items(count, seed=0, polar=False):
    """Items with documents in front, several answers, and now and then a neutral prompt; or (polar) yes-or-no ones.
    None of them holds the word w150, by which a test tells the server what to make difficulties with."""
    rng = random.Random(seed)
    text = lambda low, high: " ".join(rng.choices(WORDS[-100:-10], k=rng.randint(low, high)))  # noqa: E731
    made = []
    for number in range(count):
        asked = f"{text(0, 40)} Question: Does Sol {text(1, 3)} when it rains? Answer:".strip()
        neutral = f"Question: Does it {text(1, 2)}? Answer:" if number % 2 else ""
        common = {"claim": f"c{number % 4}", "reading": "other", "wording": number // 4, "prompt": asked}
        fit, foil = f"{text(1, 3)}.", f"{text(1, 3)} {WORDS[-1]}."
        if polar:
            made.append(Item(**common, polarity="affirmed", fit=f" Yes, {fit}", foil=f" No, {foil}", neutral=neutral))
        else:
            made.append(Item(**common, polarity="open", fit=f" {fit}", foil=f" {foil}", others=(f" {text(4, 4)}.",),
                             neutral=neutral))
    return made


def reader_of_any_text(text):
    """A random reader with a byte-level tokenizer that learnt its tokens from a text: it can read whatever there is."""
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    raw.train_from_iterator([text], trainers.BpeTrainer(vocab_size=900, special_tokens=["<pad>", "<bos>", "<end>"],
                                                        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<pad>", eos_token="<end>")
    return Reader("any", knowing(tokenizer, small_llama(1, window=1024)), tokenizer, "real", {"parameters": 1})
