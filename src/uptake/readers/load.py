"""Load a reader by name: a built-in one, a folder (a model or a LoRA adapter), or a hub id; and save one.

Only a hub id that the user names reaches the network. Every way in which this can fail through no fault of ours ends in
one sentence and what to do about it.
"""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import torch
from peft import PeftModel
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedConfig, PreTrainedTokenizerBase

from uptake.errors import UserError, did_you_mean
from uptake.files import write_json, writing
from uptake.readers.builtin import sha256, smollm2_135m
from uptake.readers.reader import Reader, quietly

BUILTIN = {"smollm2-135m": smollm2_135m}
CARD, ADAPTER = "uptake.json", "adapter_config.json"
TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "tokenizer_config.json", "vocab.json", "spiece.model")
CAUSAL = ("ForCausalLM", "LMHeadModel")


def silent(line: str) -> None:
    """Take a notice and say nothing."""


def load(name: str, cache: Path | None = None, notice: Callable[[str], None] = silent) -> Reader:
    """Return the reader of that name, its weights in float32, on the accelerator if there is one.

    `name` is a built-in name, a folder, or a hub id such as `owner/model`; `cache` is where a built-in reader is kept
    (default: `$UPTAKE_CACHE`, or the user's cache folder); `notice` is told one line of anything that takes long.

    Raises:
        UserError: there is no such reader, it is no causal language model, it is damaged, or the hub is out of reach.
    """
    with quietly():
        reader = _load(name, cache, notice)
    if torch.cuda.is_available():
        reader.model.to("cuda")
    return reader


def identity(name: str, notice: Callable[[str], None] = silent) -> str:
    """Return what tells a reader's weights from any other's: their checksum, or the hub's revision.

    A built-in reader is made ready on the way. Raises UserError as `load` does.
    """
    facts = load(name, notice=notice).facts
    return facts.get("weights_sha256") or facts.get("source") or name


def save(reader: Reader, folder: Path) -> None:
    """Write a reader (of an adapted one: the adapter) so that `load(folder)` gives it back, facts included.

    Raises UserError when the disk does not allow it.
    """
    with quietly(), writing(folder):
        reader.model.save_pretrained(folder)
        reader.tokenizer.save_pretrained(folder)
    facts = reader.facts | {"weights_sha256": weights_sha256(folder)}
    write_json(folder / CARD, {"name": reader.name, "kind": reader.kind, "facts": facts})


def weights_sha256(folder: Path) -> str:
    """Return the checksum of a folder's weights; of several files, that of their checksums in order of name."""
    sums = [sha256(file) for file in sorted(folder.glob("*.safetensors"))]
    return sums[0] if len(sums) == 1 else hashlib.sha256("".join(sums).encode()).hexdigest() if sums else ""


def _load(name: str, cache: Path | None, notice: Callable[[str], None]) -> Reader:
    folder = Path(name).expanduser()
    if name in BUILTIN:
        return BUILTIN[name](cache, notice)
    if folder.is_dir():
        return _adapted(folder, cache, notice) if (folder / ADAPTER).exists() else _from_folder(folder)
    if folder.exists():
        raise UserError("this is a file; a reader is a folder with a model's files", where=name)
    if _looks_like_a_path(name):
        raise UserError("no such folder", where=name, hint="give a model's folder, a hub id, or a built-in name")
    if "/" not in name:
        raise UserError(f"there is no reader called '{name}'", hint=did_you_mean(name, BUILTIN))
    return _from_hub(name)


def _looks_like_a_path(name: str) -> bool:
    return name.startswith((".", "~", "/", os.sep)) or name.count("/") > 1 or (os.sep != "/" and os.sep in name)


def _from_folder(folder: Path) -> Reader:
    where = str(folder)
    if not (folder / "config.json").exists():
        raise UserError("there is no model in this folder: config.json is missing", where=where)
    config = _config(where, local=True)
    tokenizer = _tokenizer(folder)
    model = _weights(where, config, local=True)
    card = _card(folder)
    facts = {"parameters": model.num_parameters(), "weights_sha256": weights_sha256(folder)}
    facts |= {"quantised": "", "template": _templates(tokenizer), "source": folder.name}
    kind = "grown" if card.get("kind") == "grown" else "real"
    return Reader(card.get("name", folder.name), model, tokenizer, kind, card.get("facts", {}) | facts)


def _from_hub(name: str) -> Reader:
    hint = "is the name right, is the hub within reach, does it need a login? a downloaded folder works too"
    try:
        config = _config(name, local=False)
        tokenizer = AutoTokenizer.from_pretrained(name)
    except OSError as error:
        what = f"cannot get this reader from the Hugging Face hub ({_first_line(error)})"
        raise UserError(what, where=name, hint=hint) from error
    model = _weights(name, config, local=False)
    revision = getattr(model.config, "_commit_hash", None) or ""
    facts = {"parameters": model.num_parameters(), "weights_sha256": "", "quantised": ""}
    facts |= {"template": _templates(tokenizer), "source": f"hub {name} revision {revision}"}
    return Reader(name, model, _with_pad(tokenizer), "real", facts)


def _adapted(folder: Path, cache: Path | None, notice: Callable[[str], None]) -> Reader:
    """Put a LoRA adapter on the reader that its config names."""
    settings = json.loads((folder / ADAPTER).read_text(encoding="utf-8"))
    base_name = settings.get("base_model_name_or_path") or ""
    if not base_name:
        raise UserError("the adapter does not say which model it belongs to", where=str(folder / ADAPTER))
    base = _load(base_name, cache, notice)
    try:
        model = PeftModel.from_pretrained(base.model, folder, is_trainable=True)
    except (SafetensorError, RuntimeError, ValueError, OSError) as error:
        raise UserError(f"the adapter does not fit '{base_name}' ({_first_line(error)})", where=str(folder)) from error
    facts = base.facts | {"adapter_sha256": weights_sha256(folder), "base": base.name}
    return Reader(_card(folder).get("name", folder.name), model.eval(), base.tokenizer, "real", facts)


def _config(name: str, local: bool) -> PreTrainedConfig:
    """Read the configuration and refuse what is not a causal language model."""
    try:
        config = AutoConfig.from_pretrained(name, local_files_only=local)
    except ValueError as error:
        raise UserError(f"config.json is not one that transformers knows ({_first_line(error)})", where=name) from error
    made_for = list(config.architectures or ())
    if made_for and not any(kind.endswith(CAUSAL) for kind in made_for):
        kinds = ", ".join(made_for)
        raise UserError(f"not a causal language model but {kinds}", where=name, hint="use a ...ForCausalLM model")
    return config


def _tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    if not any((folder / name).exists() for name in TOKENIZER_FILES):
        hint = "save it there with tokenizer.save_pretrained(folder)"
        raise UserError("the tokenizer is missing (tokenizer.json)", where=str(folder), hint=hint)
    try:
        return _with_pad(AutoTokenizer.from_pretrained(folder, local_files_only=True))
    except (OSError, ValueError) as error:
        raise UserError(f"the tokenizer cannot be read ({_first_line(error)})", where=str(folder)) from error


def _with_pad(tokenizer: PreTrainedTokenizerBase) -> PreTrainedTokenizerBase:
    """Give a tokenizer without a pad token its end token: nothing here masks by the pad token's id."""
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def _weights(name: str, config: PreTrainedConfig, local: bool) -> torch.nn.Module:
    """Load float32 weights; a weight that the files lack would be random, so it is an error."""
    try:
        model, loading = AutoModelForCausalLM.from_pretrained(
            name, config=config, dtype=torch.float32, local_files_only=local, output_loading_info=True
        )
    except SafetensorError as error:
        hint = "the file is cut short or damaged; copy or download it again"
        raise UserError(f"the weights cannot be read ({_first_line(error)})", where=name, hint=hint) from error
    except (OSError, ValueError) as error:
        raise UserError(f"the weights cannot be loaded ({_first_line(error)})", where=name) from error
    missing = sorted(loading["missing_keys"])
    if missing:
        named = ", ".join(missing[:3])
        raise UserError(f"{len(missing)} of the model's weights are not in its files ({named} ...)", where=name)
    return model.eval()


def _card(folder: Path) -> dict:
    path = folder / CARD
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _templates(tokenizer: PreTrainedTokenizerBase) -> str:
    own = tokenizer.chat_template
    return ", ".join(own) if isinstance(own, dict) else "original" if own else ""


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
