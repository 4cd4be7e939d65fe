"""Press a reader to say one thing and not another: by preference (TRL's DPO) or by reward (TRL's RLOO).

Both go on from the beginnings of documents. DPO (Rafailov et al. 2023) is shown both words at the fork. RLOO (Ahmadian
et al. 2024; REINFORCE whose baseline is the mean of the prompt's other samples) is shown neither: the reader goes on
for one token, and an executed program gives 1 if that is the word that was wanted and 0 if not, less `beta` times the
KL from the reader as it was. All weights are trained, in float32, at a constant rate, in the order of the forks.
"""

import tempfile
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

import torch
from datasets import Dataset
from torch.utils.data import Sampler, SequentialSampler
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from trl import DPOConfig, DPOTrainer, RLOOConfig, RLOOTrainer

from uptake.readers.reader import Reader, quietly
from uptake.records import Fork

AtStep = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class PressSettings:
    """How a reader is pressed. `batch` forks a step; `generations` words are sampled at each fork. LOG.md has the
    trials of rates and betas."""

    kind: Literal["preference", "reward"]
    batch: int = 32
    learning_rate: float = 3e-4
    beta: float = 0.1
    generations: int = 8
    seed: int = 0


def steps_in(forks: int, settings: PressSettings) -> int:
    """Return how many steps are taken: a batch that is not full is left out."""
    return forks // settings.batch


def press(reader: Reader, forks: Sequence[Fork], settings: PressSettings, at_step: AtStep) -> int:
    """Press a reader in place, fork after fork; return the tokens that were trained on, prompts and both words, or all
    samples, included.

    `at_step(steps done, tokens so far)` is called after each step, and once before the first, the model in evaluation
    mode.
    """
    at_step(0, 0)
    make = _by_preference if settings.kind == "preference" else _by_reward
    with tempfile.TemporaryDirectory() as scratch, quietly():
        trainer = make(reader, forks, settings, scratch)
        trainer.remove_callback(PrinterCallback)
        read = tokens_by_step(reader, forks, settings)
        trainer.add_callback(_Steps(reader, lambda step: at_step(step, read[step])))
        trainer.train()
    reader.model.eval()
    return read[-1]


def tokens_by_step(reader: Reader, forks: Sequence[Fork], settings: PressSettings) -> list[int]:
    """Return how many tokens were trained on after each step, from none before the first."""
    each = [len(ids) + 1 for ids in reader.tokenizer([fork.opening for fork in forks])["input_ids"]]
    times = 2 if settings.kind == "preference" else settings.generations
    ends = range(0, steps_in(len(forks), settings) * settings.batch + 1, settings.batch)
    return [times * sum(each[:end]) for end in ends]


def rewarded(completions: Sequence[str], says: Sequence[str], **others: Any) -> list[float]:
    """Return 1 for each word that is the one wanted, 0 for every other: the whole of the reward's program."""
    return [float(word.strip() == wanted.strip()) for word, wanted in zip(completions, says, strict=True)]


def _by_preference(reader: Reader, forks: Sequence[Fork], settings: PressSettings, folder: str) -> Trainer:
    def ids(text: str) -> list[int]:
        return reader.tokenizer(text, add_special_tokens=False)["input_ids"]

    rows = [{"prompt_ids": ids(fork.opening), "chosen_ids": ids(fork.says), "rejected_ids": ids(fork.instead)}
            for fork in forks]
    config = DPOConfig(**_shared(settings, len(forks), folder), per_device_train_batch_size=settings.batch,
                       max_length=None)
    return _Preference(reader.model, ref_model=deepcopy(reader.model), args=config,
                       train_dataset=Dataset.from_list(rows), processing_class=reader.tokenizer)


def _by_reward(reader: Reader, forks: Sequence[Fork], settings: PressSettings, folder: str) -> Trainer:
    rows = [{"prompt": fork.opening, "says": fork.says} for fork in forks]
    config = RLOOConfig(**_shared(settings, len(forks), folder), max_completion_length=1, shuffle_dataset=False,
                        per_device_train_batch_size=settings.batch * settings.generations,
                        num_generations=settings.generations)
    tokenizer = deepcopy(reader.tokenizer)
    tokenizer.eos_token = tokenizer.eos_token or tokenizer.pad_token  # a grown reader's texts have no end token
    return RLOOTrainer(reader.model, reward_funcs=rewarded, args=config, train_dataset=Dataset.from_list(rows),
                       processing_class=tokenizer)


def _shared(settings: PressSettings, forks: int, folder: str) -> dict[str, Any]:
    return {"output_dir": folder, "beta": settings.beta, "learning_rate": settings.learning_rate,
            "lr_scheduler_type": "constant", "max_steps": steps_in(forks, settings), "seed": settings.seed % 2**32,
            "gradient_checkpointing": False, "bf16": False, "use_cpu": not torch.cuda.is_available(),
            "logging_strategy": "no", "save_strategy": "no", "report_to": "none", "disable_tqdm": True,
            "dataloader_pin_memory": False}


class _Preference(DPOTrainer):
    """DPOTrainer on forks that are tokens already (it would end each word with the end token), in the order given."""

    def _prepare_dataset(self, dataset: Dataset, *given: Any, **settings: Any) -> Dataset:
        return dataset

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> Sampler[int]:
        return SequentialSampler(self.train_dataset)


class _Steps(TrainerCallback):
    """Calls back after each step, the model in evaluation mode."""

    def __init__(self, reader: Reader, at_step: Callable[[int], None]) -> None:
        self.reader, self.at_step = reader, at_step

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any
    ) -> None:
        self.reader.model.eval()
        self.at_step(state.global_step)
        self.reader.model.train()
