"""The model that reads: one frozen record for grown and real readers alike."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from transformers import PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging

Kind = Literal["grown", "real"]


@dataclass(frozen=True, slots=True)
class Reader:
    """A causal language model with its tokenizer.

    `facts` go into the results as they stand (JSON values only): `parameters`, `weights_sha256`, `quantised` (how the
    weights were stored before they were converted, or ""), `template` (the chat templates it has) and the like.
    `model` may be a `PeftModel` around a causal model. The record is frozen; its weights are trained in place.
    """

    name: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    kind: Kind
    facts: dict = field(default_factory=dict)

    @property
    def window(self) -> int:
        """Return the longest sequence, in tokens, that the reader was made for."""
        config = self.model.config
        for name in ("max_position_embeddings", "n_positions", "max_seq_len"):
            if isinstance(getattr(config, name, None), int):
                return getattr(config, name)
        return self.tokenizer.model_max_length


@contextmanager
def quietly() -> Iterator[None]:
    """Keep transformers from drawing and warning on the terminal, and leave its settings as they were found."""
    drawing, said = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        with warnings.catch_warnings():
            # These libraries warn of one another's coming renames, which no user of ours can mend.
            warnings.filterwarnings("ignore", category=FutureWarning, module="transformers|peft|trl")
            yield
    finally:
        logging.set_verbosity(said)
        if drawing:
            logging.enable_progress_bar()
