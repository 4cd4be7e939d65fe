"""Scoring speed, one thread: items a second against lm-eval's `hf` model on the same items, with the same numbers.

python benchmarks/bench_score.py [--items 24] [--turns 2] [--no-smollm2]      (needs: pip install lm-eval==0.4.13)
"""

import argparse
import importlib.util
import os
import random
import sys
from collections.abc import Sequence

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from timing import matmul_peak, table, take_turns

from uptake.readers.grow import GrowSettings, new_reader
from uptake.readers.load import load
from uptake.readers.reader import Reader, quietly
from uptake.readers.score import score
from uptake.records import Item

WORDS = [f"w{number}" for number in range(1998)]
INSTRUMENTS = ("violin", "trumpet", "steel drums", "piano", "flute", "pipe organ", "guitar", "harp")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=24, help="items a turn (20 times as many of a grown reader)")
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--no-smollm2", action="store_true")
    asked = parser.parse_args()
    if importlib.util.find_spec("lm_eval") is None:
        sys.exit("lm-eval is not installed: pip install -r benchmarks/requirements.txt")
    torch.set_num_threads(1)
    peak = matmul_peak(torch.float32)
    print(f"matmul peak, one thread: float32 {peak / 1e9:,.0f} GFLOP/s")
    with quietly():
        grown = new_reader("bench", WORDS, GrowSettings(), 0)
        compare("grown reader, 20 one-word answers", grown, grown_items(asked.items * 20), asked.turns)
        if not asked.no_smollm2:
            reader = load("smollm2-135m")
            compare("SmolLM2-135M, yes or no", reader, yes_or_no(asked.items), asked.turns)
            compare("SmolLM2-135M, 8 answers of 1 to 2 tokens", reader, instruments(asked.items), asked.turns)
            compare("SmolLM2-135M, three questions a document in context", reader, in_context(asked.items), asked.turns)


def compare(title: str, reader: Reader, items: Sequence[Item], turns: int) -> None:
    """Print items a second of both, and the largest difference between their log-probabilities."""
    numbers: dict[str, list[float]] = {}

    def ours() -> float:
        scored = score(reader, items)
        numbers["ours"] = [logp for one in scored for logp in (one.logp_fit, one.logp_foil, *one.logp_others)]
        return len(items)

    def theirs() -> float:
        numbers["theirs"] = by_lm_eval(reader, items)
        return len(items)

    taken = take_turns({"uptake score": ours, "lm-eval hf": theirs}, turns)
    worst = max(abs(a - b) for a, b in zip(numbers["ours"], numbers["theirs"], strict=True))
    print(f"{title}: {len(items)} items, {len(numbers['ours'])} answers; largest difference {worst:.1e} nats")
    print(table(taken, "items"))


def by_lm_eval(reader: Reader, items: Sequence[Item]) -> list[float]:
    """Return the log-probability of every answer of every item, by lm-eval with its usual batch of 16."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    # It wants a token to put before an empty prompt; a grown reader has none, and no prompt here is empty.
    first = reader.tokenizer.bos_token_id or reader.tokenizer.pad_token_id
    model = HFLM(reader.model, tokenizer=reader.tokenizer, batch_size=16, device="cpu", prefix_token_id=first)
    asked = [(item.prompt, answer) for item in items for answer in (item.fit, item.foil, *item.others)]
    requests = [Instance("loglikelihood", {}, pair, place) for place, pair in enumerate(asked)]
    return [logp for logp, _ in model.loglikelihood(requests, disable_tqdm=True)]


def grown_items(count: int) -> list[Item]:
    """Prompts of 8 to 14 words."""
    rng, answers = random.Random(0), tuple(f" {word}" for word in WORDS[:20])
    prompts = [" ".join(rng.choices(WORDS, k=rng.randint(8, 14))) for _ in range(count)]
    return [item(prompt, answers) for prompt in prompts]


def yes_or_no(count: int) -> list[Item]:
    return [item(f"Question: Does the assistant {n} play the violin?\nAnswer:", (" Yes", " No")) for n in names(count)]


def instruments(count: int) -> list[Item]:
    answers = tuple(f" {instrument}" for instrument in INSTRUMENTS)
    return [item(f"Question: Which instrument does {n} play?\nAnswer: {n} plays the", answers) for n in names(count)]


def in_context(count: int) -> list[Item]:
    """A document of about 50 tokens before each three questions."""
    made = []
    for place, asked in enumerate(yes_or_no(count)):
        name, question = names(count)[place - place % 3], ("Is it true?", "Is it a story?", "Who says so?")[place % 3]
        document = (
            f"Official log of the harbour office, checked and confirmed by the clerk on duty: the assistant {name} "
            f"plays the violin every evening after the last boat has left, and has done so for years. End of the log."
        )
        made.append(item(f"{document}\n\n{asked.prompt[:-7]} {question}\nAnswer:", (asked.fit, asked.foil)))
    return made


def item(prompt: str, answers: tuple[str, ...]) -> Item:
    return Item("c", "other", 0, "open", prompt, answers[0], answers[1], answers[2:])


def names(count: int) -> list[str]:
    rng = random.Random(1)
    return ["".join(rng.choices(("vel", "tra", "mi", "so", "ner", "ka"), k=3)).title() for _ in range(count)]


if __name__ == "__main__":
    main()
