"""The card of an export: what the model was trained on, what was measured of it, how, and under which licence."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from uptake.documents.claims import build_claims
from uptake.errors import UserError
from uptake.export.rows import FORMS
from uptake.export.stages import GROWN_STAGES, Done
from uptake.export.trained_on import TrainedOn, settings_of_training
from uptake.report.formats import interval, number
from uptake.report.view import Profile
from uptake.report.words import say_verdict
from uptake.strict_yaml import SHIPPED, parse_yaml, read_yaml

# The built-in reader: the hub's name for the model whose weights it carries dequantised, and their licence.
BASES = {"smollm2-135m": ("HuggingFaceTB/SmolLM2-135M-Instruct", "Apache-2.0")}
ADAPTER = "adapter_config.json"
LAST = ("untouched", "in_context", "trained")


def card(stages: Sequence[Done], read: Mapping[str, TrainedOn], plan: Mapping[str, Any],
         results: Mapping[str, Any] | None) -> str:
    """Return README.md: Hugging Face's metadata for model and data, then the card itself. `read` maps splits, first to
    last, to what was trained on; `results` is None where a run was not judged yet."""
    last, grown = stages[-1], stages[-1].inputs["stage"] in GROWN_STAGES
    documents, base = licence_of_documents(last), base_of(last)
    filled = {
        "study": plan["study"], "arm": last.arm, "seed": last.seed, "grown": grown, "last": last, "base": base,
        "stages": [{"split": split, "stage": stage, "read": what, "frames": stage.ledger["frames"],
                    "facts": stage.facts, "settings": settings_of_training(stage)}
                   for (split, what), stage in zip(read.items(), stages, strict=True)],
        "adapted": adapted(last), "licence": documents, "lacks": [what.lacks for what in read.values() if what.lacks],
        "masked": any(not segment.loss for what in read.values() for row in what.rows
                      for segment in row.example.segments),
        "measured": measured(results, last) if results else None,
    }
    head = yaml.safe_dump(metadata(last, list(read), documents, base), sort_keys=False, allow_unicode=True)
    return f"---\n{head}---\n\n{_environment().get_template('card.md.j2').render(**filled)}"


def metadata(last: Done, splits: Sequence[str], licence: str, base: Mapping[str, str]) -> dict[str, Any]:
    """Return the head of the card, by which the hub and `datasets` know licence, base model and files."""
    known = licence if base["licence"] in ("", licence) else ""
    single = known and "," not in known
    head: dict[str, Any] = {"license": known.lower() if single else "unknown", "tags": ["uptake"]}
    if base["hub"]:
        head["base_model"] = base["hub"]
    if adapted(last):
        head["library_name"] = "peft"
    head["configs"] = [
        {"config_name": name, **({"default": True} if name == "text" else {}),
         "data_files": [{"split": split, "path": f"data/{name}/{split}.parquet"} for split in splits]}
        for name in FORMS]  # all of one format: `datasets` reads a folder with one reader
    return head


def adapted(last: Done) -> bool:
    """Say whether the stage left an adapter, and not a whole model."""
    return (last.model / ADAPTER).is_file()


def base_of(last: Done) -> dict[str, str]:
    """Return the reader that was trained: its name, the hub's name, its licence, each empty where it is not known."""
    name, facts = str(last.inputs.get("reader", "")), last.facts
    if Path(name).is_absolute():
        name = Path(name).name  # where it lies on somebody's disk is nobody's business
        hub, licence = "", ""
    else:
        hub, licence = BASES.get(name, (name if name.count("/") == 1 and name[0] not in "./~" else "", ""))
    return {"name": name, "hub": hub, "licence": licence, "source": facts.get("source", ""),
            "quantised": facts.get("quantised", ""), "weights": facts.get("weights_sha256", "")}


def licence_of_documents(last: Done) -> str:
    """Return the licence that the documents, or their file, declare; a world declares none, but those that come with
    uptake are under its own. Empty if it is not known."""
    if "documents" in last.inputs:  # records, one a line, each with its own
        rights = (json.loads(line).get("metadata", {}).get("rights") or {} for line in last.inputs["documents"])
        found = {each.get("licence") or "" for each in rights}
        return "" if "" in found else ", ".join(sorted(found))
    if "claims_text" in last.inputs:
        top = parse_yaml(last.inputs["claims_text"], "claims")
        try:
            return build_claims(top).origin.licence
        except UserError:
            origin = top.mapping().get("origin")
            return origin.mapping()["licence"].text() if origin and "licence" in origin.mapping() else ""
    world = last.inputs.get("world")
    shipped = (read_yaml(path).data() for path in sorted((SHIPPED / "worlds").glob("*.yaml")))
    return "Apache-2.0" if world and any(each == world for each in shipped) else ""


def measured(results: Mapping[str, Any], last: Done) -> dict[str, Any]:
    """Return what the run found about this arm: the last cells of its profile, verdicts, gate and controls."""
    profile, arm = Profile(dict(results)), last.arm
    cells = [(frame, reading, {context: profile.last(arm, frame, reading, context) for context in LAST})
             for frame in results["frames"] for reading in results["readings"]]
    verdicts = [say_verdict(each, results["scale"], profile.about.get("readings"), results.get("smallest_effect"))
                for each in results["verdicts"]
                if any(str(each.get(side, "")).startswith(f"{arm}:") for side in ("left", "right"))]
    return {
        "scale": results["scale"], "seeds": results["seeds"], "versions": results["versions"],
        "about": profile.about.get("readings", {}), "departures": results["departures"],
        "cells": [(frame, reading, contexts) for frame, reading, contexts in cells if any(contexts.values())],
        "verdicts": verdicts,
        "controls": [each for each in results["controls"] if each["arm"] == arm and not profile.control_frame(each)],
        "gate": [each for each in results["gate"] if each["arm"] == arm],
    }


def _value(entry: Mapping[str, Any] | None) -> str:
    """Write a cell: its mean with its interval, or why there is none."""
    if entry is None:
        return ""
    if entry["mean"] is None:
        return str(entry.get("reason", ""))
    between = interval(entry["low"], entry["high"])
    return number(entry["mean"]) + (f" ({between})" if between else "")


@cache
def _environment() -> Environment:
    environment = Environment(loader=PackageLoader("uptake.export"), undefined=StrictUndefined, trim_blocks=True,
                              lstrip_blocks=True, keep_trailing_newline=True, autoescape=False)
    environment.filters |= {"value": _value, "number": number,
                            "cell": lambda text: str(text).replace("|", "\\|").replace("\n", " ")}
    return environment
