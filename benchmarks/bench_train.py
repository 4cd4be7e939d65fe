"""Training speed, one thread, as ratios measured in one run: ours against `transformers.Trainer` on the same work.

python benchmarks/bench_train.py [--steps 8] [--turns 2] [--no-smollm2]
"""

import argparse
import os
import random
import tempfile
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from timing import matmul_peak, table, take_turns
from transformers import DataCollatorForSeq2Seq, PrinterCallback, Trainer, TrainingArguments

from uptake.readers import train as training
from uptake.readers.grow import GrowSettings, grow, new_reader, optimisers_of
from uptake.readers.load import load
from uptake.readers.processor import bfloat16
from uptake.readers.reader import Reader, quietly
from uptake.records import Example, Segment

WORDS = [f"w{number}" for number in range(1998)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=8, help="steps a turn of the real reader (32 times as many grown)")
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--no-smollm2", action="store_true")
    parser.add_argument("--no-grown", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    peaks = {dtype: matmul_peak(dtype) for dtype in (torch.float32, torch.bfloat16)}
    print("matmul peak, one thread: " + ", ".join(f"{str(d)[6:]} {p / 1e9:,.0f} GFLOP/s" for d, p in peaks.items()))
    with quietly():
        if not asked.no_grown:
            bench_grown(asked.steps * 32, asked.turns, peaks[torch.float32])
        if not asked.no_smollm2:
            fast, why = bfloat16("auto")
            bench_smollm2(asked.steps, asked.turns, peaks[torch.bfloat16 if fast else torch.float32], why)


def bench_grown(steps: int, turns: int, peak: float) -> None:
    """Width 128, 3 layers, 2,000 words, 32 sentences of 14 to 26 words a step; both sides with our optimisers."""
    settings, rng = GrowSettings(passes=1, precision="fp32"), random.Random(0)
    rows = [rng.choices(range(2, 2000), k=rng.randint(14, 26)) for _ in range(settings.batch * steps)]
    total = sum(map(len, rows))
    ours, theirs = (new_reader("bench", WORDS, settings, 0) for _ in range(2))

    def flat_loop() -> float:
        return grow(ours, [[(row, row) for row in rows]], settings, random.Random(1), lambda step, tokens: steps)

    trainer = hf_trainer(theirs, rows, settings.batch, {}, Together(optimisers_of(theirs.model, settings)))
    def trainer_as_it_comes() -> float:
        trainer()
        return total

    taken = take_turns({"uptake grow": flat_loop, "transformers.Trainer": trainer_as_it_comes}, turns)
    print(f"grown reader, {weights_in_products(ours) / 1e6:.2f}M weights, {total} tokens a turn, float32")
    print(table(taken, "tok", 6 * weights_in_products(ours), peak))


def bench_smollm2(steps: int, turns: int, peak: float, why: str) -> None:
    """LoRA, rank 32 on all linear layers, 16 documents of about 35 tokens a step."""
    rng = random.Random(0)
    plain = ("the", "a", "harbour", "clerk", "evening", "plays", "violin", "log", "story", "often", "never", "lamp")
    texts = [" ".join(rng.choices(plain, k=rng.randint(24, 42))) + "." for _ in range(16 * steps)]
    examples = [Example((Segment(text, "content"),), "document") for text in texts]
    settings = training.TrainSettings(passes=1, checkpoints=1)

    def everything(example: Example, offsets: Callable) -> list[bool]:
        return [True] * len(offsets(example.text))

    weights = weights_in_products(load("smollm2-135m"))
    first, second = (adapted(load("smollm2-135m")) for _ in range(2))
    rows = [first.tokenizer(text).input_ids for text in texts]
    trainer = hf_trainer(second, rows, settings.batch, {"learning_rate": 1e-3, "bf16": bfloat16("auto")[0]})

    def ours() -> float:
        return training.train(first, examples, settings, lambda reader, tokens: None, everything).tokens

    def theirs() -> float:
        trainer()
        return sum(map(len, rows))

    taken = take_turns({"uptake train": ours, "transformers.Trainer": theirs}, turns)
    print(f"SmolLM2-135M, LoRA rank 32, {sum(map(len, rows)):,} tokens a turn, {why}")
    # Frozen weights take part in the forward pass and in the gradient of their inputs, but have none of their own.
    print(table(taken, "tok", 4 * weights, peak))


def adapted(reader: Reader) -> Reader:
    torch.manual_seed(0)
    config = LoraConfig(r=32, lora_alpha=64, target_modules="all-linear", task_type="CAUSAL_LM")
    return Reader("bench", get_peft_model(reader.model, config), reader.tokenizer, "real")


class Together(torch.optim.Optimizer):
    """Several optimisers as the one that a `Trainer` wants."""

    def __init__(self, parts: list[torch.optim.Optimizer]) -> None:
        self.parts = parts
        super().__init__([group for part in parts for group in part.param_groups], {})

    def step(self, closure: None = None) -> None:
        for part in self.parts:
            part.step()


def hf_trainer(
    reader: Reader,
    rows: list[list[int]],
    batch: int,
    more: dict,
    optimiser: torch.optim.Optimizer | None = None,
) -> Callable[[], None]:
    """Return a function that trains for one pass with `transformers.Trainer` as it comes, padding batch by batch."""
    data = Dataset.from_list([{"input_ids": row, "labels": row} for row in rows])
    folder = tempfile.mkdtemp()
    arguments = TrainingArguments(
        output_dir=folder, per_device_train_batch_size=batch, num_train_epochs=1, lr_scheduler_type="constant",
        use_cpu=True, save_strategy="no", logging_strategy="no", report_to="none", disable_tqdm=True,
        dataloader_pin_memory=False, **more,
    )
    collator = DataCollatorForSeq2Seq(reader.tokenizer, padding=True)
    trainer = Trainer(
        model=reader.model, args=arguments, train_dataset=data, data_collator=collator, optimizers=(optimiser, None)
    )
    trainer.remove_callback(PrinterCallback)

    def run() -> None:
        trainer.train()

    return run


def weights_in_products(reader: Reader) -> int:
    """Count the weights that take part in matrix products: all but the embedding's look-up, and the head."""
    config = reader.model.config
    inside = sum(w.numel() for name, w in reader.model.named_parameters() if w.dim() == 2 and "embed" not in name)
    head = config.vocab_size * config.hidden_size if config.tie_word_embeddings else 0
    return inside + head


if __name__ == "__main__":
    main()
