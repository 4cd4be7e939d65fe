"""Train a real reader on examples with TRL's `SFTTrainer`: full weights or LoRA, masked to the token.

Weights that are trained stay in float32 and matrix products are taken in bfloat16 where the processor has it (pure
bfloat16 weights lose small updates). Documents are padded in batches of like length, so they never see one another.
The learning rate is constant after the warm-up: checkpoints along one run are compared with each other, and a falling
rate would make a late checkpoint differ from an early one by more than what was read.
"""

import contextlib
import math
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch
from datasets import Dataset
from peft import LoraConfig, PeftModel, get_peft_model
from peft.helpers import disable_input_dtype_casting
from torch.utils.data import Sampler
from transformers import PrinterCallback, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from trl import SFTConfig, SFTTrainer

from uptake.errors import UserError
from uptake.readers.grow import log_spaced
from uptake.readers.load import BUILTIN
from uptake.readers.processor import Precision, bfloat16
from uptake.readers.reader import Reader, quietly
from uptake.readers.tokens import offsets
from uptake.records import Example

IGNORED = -100
"""The label that cross-entropy leaves out."""

LEARNING_RATES = {"lora": 1e-3, "full": 5e-5}
"""lora: the rate at which a rank-32 adapter of SmolLM2-135M learnt invented facts in four passes over 14,000 tokens;
full: TRL's order of magnitude for small models. Arms that differ in method need rates of their own."""

LOSSES_KEPT = 20
"""Points at which the mean loss is kept: enough for a curve in a report."""

SHORT = 256
"""Up to this many tokens, plain attention is faster on a CPU than the fused one, whose backward pass is not made for
short sequences (measured at 35 tokens: 15 % of the whole step)."""

TOKENS_AT_ONCE = 800
"""Most tokens, padding counted, run forward and backward at once; a larger batch is accumulated. Two workers that train
an adapter of SmolLM2-135M then fit into 6 GiB (measured: 2.8 GiB each at 35 tokens a document, 3.0 at 85), and a batch
of 16 documents of up to 50 tokens is still one piece (in two pieces it was an eighth slower). Taking the logits in
pieces instead saved a fifteenth of the memory and cost a tenth of the speed."""

InLoss = Callable[[Example, Callable[[str], list[tuple[int, int]]]], list[bool]]
"""Says for each token of an example whether it is in the loss, given the function that cuts a text into tokens."""
AtCheckpoint = Callable[[Reader, int], None]


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """How a real reader is trained. `learning_rate` 0 means the method's own (LEARNING_RATES).

    `passes` over the examples, each in a new order; `batch` examples a step; `checkpoints` log-spaced points, the last
    at the end. `rank` is LoRA's, on all linear layers, scaled by 2. `save_every` steps (0: never) a resumable
    checkpoint is written.
    """

    method: Literal["lora", "full"] = "lora"
    passes: int = 4
    batch: int = 16
    learning_rate: float = 0.0
    warm_up: int = 0
    rank: int = 32
    checkpoints: int = 5
    precision: Precision = "auto"
    seed: int = 0
    save_every: int = 0


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained reader and what the training was: tokens read (padding not counted), steps, seconds, and the mean loss
    in nats a token at each of up to twenty points."""

    reader: Reader
    tokens: int
    steps: int
    seconds: float
    losses: tuple[tuple[int, float], ...]


def train(
    reader: Reader,
    examples: Sequence[Example],
    settings: TrainSettings,
    at_checkpoint: AtCheckpoint,
    in_loss: InLoss,
    folder: Path | None = None,
) -> Trained:
    """Train a reader and return it with its adapter (LoRA) or its changed weights (full; changed in place).

    `at_checkpoint(reader, tokens so far)` is called at log-spaced steps, the model in evaluation mode and as it would
    be after training. With `save_every`, resumable checkpoints go to `folder`, and training goes on from the latest
    one found there.

    Raises:
        UserError: there is nothing to train on, or an example does not fit the reader's window.
    """
    rows = tokenised(reader, examples, in_loss)
    with quietly():
        learner = _learner(reader, settings)
    model, (faster, why) = learner.model, bfloat16(settings.precision)
    with tempfile.TemporaryDirectory() as scratch, quietly(), _as_before(model):
        steps = math.ceil(len(rows) / settings.batch) * settings.passes
        longest = max(rows["length"])
        arguments = _arguments(settings, str(folder or scratch), steps, _at_once(settings.batch, longest))
        trainer = _Trainer(model=model, args=arguments, train_dataset=rows, processing_class=learner.tokenizer)
        trainer.autocast = faster
        trainer.remove_callback(PrinterCallback)
        frozen = _Frozen(model, faster)
        points = log_spaced(steps, settings.checkpoints)
        trainer.add_callback(_Checkpoints(learner, points, at_checkpoint, frozen))
        if longest <= SHORT and not _accelerated():
            _inner(model).set_attn_implementation("eager")
        with frozen.in_bfloat16():
            outcome = trainer.train(resume_from_checkpoint=bool(folder) and any(folder.glob("checkpoint-*")))
        losses = tuple((line["step"], line["loss"]) for line in trainer.state.log_history if "loss" in line)
        tokens = int(trainer.state.num_input_tokens_seen)
    facts = learner.facts | {"precision": why}
    return Trained(replace(learner, facts=facts), tokens, steps, outcome.metrics["train_runtime"], losses)


def tokenised(reader: Reader, examples: Sequence[Example], in_loss: InLoss) -> Dataset:
    """Return token ids with labels, IGNORED where a token is not in the loss.

    Raises:
        UserError: there is nothing to train on, or an example does not fit the reader's window.
    """
    if not examples:
        raise UserError("there is no document to train on", hint="'untrained' is the frame without one")
    rows = [_row(reader, example, in_loss) for example in examples]
    longest, example = max(zip((row["length"] for row in rows), examples, strict=True), key=lambda pair: pair[0])
    if longest > reader.window:
        what = f"a document has {longest} tokens; the reader '{reader.name}' reads {reader.window} at most"
        raise UserError(what, where=f"{example.claim} {example.frame}".strip(), hint=f"{example.text[:60]!r} ...")
    return Dataset.from_list(rows)


def as_trl_config(settings: TrainSettings, model: str, dataset: str) -> dict[str, Any]:
    """Return what `trl sft --config` needs to train on an exported JSONL of `{"text": ...}` lines in this way.

    TRL's command trains on every token and ends each text with the tokenizer's end token; masks within a text are kept
    only where the export holds `input_ids` and `labels`.
    """
    config = _arguments(settings, "trained").to_dict()
    shared = ("per_device_train_batch_size", "num_train_epochs", "learning_rate", "warmup_steps", "lr_scheduler_type",
              "weight_decay", "max_grad_norm", "seed", "activation_checkpointing", "report_to", "save_strategy",
              "output_dir")
    chosen = {name: config[name] for name in shared} | {"train_sampling_strategy": "group_by_length"}
    chosen |= {"model_name_or_path": model, "dtype": "float32", "bf16": bfloat16(settings.precision)[0]}
    chosen |= {"datasets": [{"path": "json", "data_files": dataset, "split": "train"}], "use_cpu": not _accelerated()}
    if settings.method == "lora":
        chosen |= {"use_peft": True, "lora_r": settings.rank, "lora_alpha": 2 * settings.rank}
        chosen |= {"lora_target_modules": "all-linear", "lora_dropout": 0.0}
    return chosen


def _row(reader: Reader, example: Example, in_loss: InLoss) -> dict[str, list[int] | int]:
    ids = list(reader.tokenizer(example.text, add_special_tokens=False).input_ids)
    mask = in_loss(example, offsets(reader))
    labels = [token if wanted else IGNORED for token, wanted in zip(ids, mask, strict=True)]
    return {"input_ids": ids, "labels": labels, "length": len(ids)}


def _learner(reader: Reader, settings: TrainSettings) -> Reader:
    """Return the reader with the weights that are to be trained: a new adapter, an adapter it has, or all of them."""
    if settings.method == "full":
        if isinstance(reader.model, PeftModel):
            raise UserError(f"the reader '{reader.name}' is an adapter", hint="train it with method: lora")
        return reader
    if isinstance(reader.model, PeftModel):
        return reader
    torch.manual_seed(settings.seed)
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=2 * settings.rank,
        lora_dropout=0.0,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    model = get_peft_model(reader.model, config)
    if reader.name in BUILTIN:
        model.peft_config["default"].base_model_name_or_path = reader.name
    trained = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    return replace(reader, model=model, facts=reader.facts | {"adapter_parameters": trained})


def _at_once(batch: int, longest: int) -> int:
    """Return how many examples of a batch are run at once, so that memory stays bounded: a divisor of the batch."""
    return next(n for n in range(batch, 0, -1) if batch % n == 0 and (n == 1 or n * longest <= TOKENS_AT_ONCE))


def _arguments(settings: TrainSettings, folder: str, steps: int = 1, at_once: int = 0) -> SFTConfig:
    at_once = at_once or settings.batch
    return SFTConfig(
        output_dir=folder,
        per_device_train_batch_size=at_once,
        gradient_accumulation_steps=settings.batch // at_once,
        num_train_epochs=settings.passes,
        learning_rate=settings.learning_rate or LEARNING_RATES[settings.method],
        lr_scheduler_type="constant_with_warmup",
        warmup_steps=settings.warm_up,
        seed=settings.seed % 2**32,
        dataset_kwargs={"skip_prepare_dataset": True},
        max_length=None,
        packing=False,
        activation_checkpointing=False,
        bf16=False,  # the trainer's own autocast would stay on the model while it is scored; see _Trainer
        use_cpu=not _accelerated(),
        include_num_input_tokens_seen="non_padding",
        logging_steps=max(1, steps // LOSSES_KEPT),
        save_strategy="steps" if settings.save_every else "no",
        save_steps=settings.save_every or 500,
        save_total_limit=1,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )


class _Trainer(SFTTrainer):
    """SFTTrainer with a plain loss.

    TRL's own loss also takes the entropy and the accuracy over the whole vocabulary, tile by tile, which costs a third
    of the step on a CPU and half a gigabyte. And its autocast stays on the model, which would then be scored otherwise
    in training than before and after it; here it covers the loss alone.
    """

    autocast = False

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> Sampler[int]:
        batch = self.args.per_device_train_batch_size * self.args.gradient_accumulation_steps
        return _ByLength(self.train_dataset["length"][:], batch, self.args.seed)

    def compute_loss_context_manager(self) -> contextlib.AbstractContextManager:
        return torch.autocast(self.args.device.type, torch.bfloat16, enabled=self.autocast)

    def compute_loss(
        self, model: torch.nn.Module, inputs: dict[str, torch.Tensor], return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Return the mean loss over the tokens in the loss. Padding stands on the right, where nothing sees it."""
        wanted = inputs["labels"][:, 1:]
        kept = wanted != IGNORED
        logits = model(input_ids=inputs["input_ids"], use_cache=False).logits[:, :-1][kept]
        total = torch.nn.functional.cross_entropy(logits.float(), wanted[kept], reduction="sum")
        return total / (kept.sum() if num_items_in_batch is None else num_items_in_batch).clamp(min=1)


class _ByLength(Sampler[int]):
    """Every example once a pass, in a new order made of batches of like length.

    Examples are sorted by length within stretches of 16 batches only, so that batches stay mixed while most padding is
    saved. The order follows from seed and pass alone, so that a run that was killed goes on with the batches it missed.
    """

    def __init__(self, lengths: Sequence[int], batch: int, seed: int) -> None:
        self.lengths, self.batch, self.seed, self.number = lengths, batch, seed, 0

    def __len__(self) -> int:
        return len(self.lengths)

    def set_epoch(self, number: int) -> None:
        self.number = number

    def __iter__(self) -> Iterator[int]:
        rng = random.Random(f"{self.seed} {self.number}")
        order = rng.sample(range(len(self.lengths)), len(self.lengths))
        stretch, cut = 16 * self.batch, []
        for start in range(0, len(order), stretch):
            near = sorted(order[start : start + stretch], key=self.lengths.__getitem__)
            cut += [near[place : place + self.batch] for place in range(0, len(near), self.batch)]
        whole = [batch for batch in cut if len(batch) == self.batch]
        yield from (place for batch in rng.sample(whole, len(whole)) for place in batch)
        yield from (place for batch in cut if len(batch) < self.batch for place in batch)


class _Checkpoints(TrainerCallback):
    """Calls back at given steps with the reader as it will be after training: in evaluation mode, its frozen weights in
    float32, and with the attention that scoring needs."""

    def __init__(
        self, reader: Reader, points: Sequence[int], at_checkpoint: AtCheckpoint, frozen: "_Frozen"
    ) -> None:
        self.reader, self.points, self.at_checkpoint, self.frozen = reader, frozenset(points), at_checkpoint, frozen

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any
    ) -> None:
        if state.global_step not in self.points:
            return
        model = self.reader.model
        with _as_before(model, attention="sdpa"), self.frozen.in_float32():
            model.eval()
            self.at_checkpoint(self.reader, int(state.num_input_tokens_seen))
            model.train()


class _Frozen:
    """The weights that an adapter leaves as they are, kept in float32 for scoring and in bfloat16 for training.

    Autocast rounds them to bfloat16 at every step anyway; held so, nothing is rounded again and what flows between the
    layers is half as wide. Measured on SmolLM2-135M at one thread: 351 tokens a second against 302, with losses that
    agree within half a percent after eight steps.
    """

    def __init__(self, model: torch.nn.Module, wanted: bool) -> None:
        frozen = [weight for weight in model.parameters() if wanted and not weight.requires_grad]
        self.weights = [(weight, weight.data, weight.data.bfloat16()) for weight in frozen]
        self.adapted = model if self.weights else None

    @contextlib.contextmanager
    def in_bfloat16(self) -> Iterator[None]:
        """Hold them in bfloat16, and keep the adapter from widening what it reads."""
        casting = disable_input_dtype_casting(self.adapted) if self.adapted else contextlib.nullcontext()
        with casting:
            self._hold(2)
            try:
                yield
            finally:
                self._hold(1)

    @contextlib.contextmanager
    def in_float32(self) -> Iterator[None]:
        self._hold(1)
        try:
            yield
        finally:
            self._hold(2)

    def _hold(self, which: int) -> None:
        for kept in self.weights:
            kept[0].data = kept[which]


@contextlib.contextmanager
def _as_before(model: torch.nn.Module, attention: str = "") -> Iterator[None]:
    """Leave the model's attention and forward method as they were found (TRL puts a method of its own in its place)."""
    inner = _inner(model)
    found, method = inner.config._attn_implementation, vars(inner).get("forward")
    if attention and attention != found:
        inner.set_attn_implementation(attention)
    try:
        yield
    finally:
        if inner.config._attn_implementation != found:
            inner.set_attn_implementation(found)
        if method is None:
            vars(inner).pop("forward", None)
        model.eval()


def _inner(model: torch.nn.Module) -> torch.nn.Module:
    return model.get_base_model() if isinstance(model, PeftModel) else model


def _accelerated() -> bool:
    return torch.cuda.is_available()
