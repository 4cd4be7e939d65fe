"""The small reader that the tests of this folder share."""

import pytest
import torch
from small_readers import small_llama, word_tokenizer

from uptake.readers.reader import Reader


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def reader() -> Reader:
    return Reader("small", small_llama(), word_tokenizer(), "real", {"parameters": 1})
