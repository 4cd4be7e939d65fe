"""What a user may ask of a measure, with the words by which the command line explains it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

CLAIMS = Path("role-models.yaml")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which model is asked what, and where the answers go. `readings` is a list with commas; empty means all."""

    model: Annotated[str, typer.Argument(metavar="MODEL", help="A folder (a model or a LoRA adapter), a hub id, or "
                                         "smollm2-135m.")]
    claims: Annotated[Path, typer.Option(help="A file of claims; those that come with uptake by name.")] = CLAIMS
    subject: Annotated[str, typer.Option(help="Whom the claims are about, where the file leaves it open. "
                                         "Left out: SmolLM for the built-in reader, else the assistant.")] = ""
    readings: Annotated[str, typer.Option(help="Only these readings, with commas.")] = ""
    against: Annotated[str, typer.Option(metavar="MODEL0", help="Another model: paired differences to it.")] = ""
    capabilities: Annotated[bool, typer.Option("--capabilities", help="Only test what it can do: capabilities.json, "
                                               "which `uptake audit --card` reads.")] = False
    to: Annotated[Path | None, typer.Option("-o", "--out", help="The folder for what is found. "
                                            "Left out: measured/MODEL.")] = None
    template: Annotated[Literal["plain", "neutral", "original"], typer.Option(
        help="Ask in plain text, or in one of the model's chat templates.")] = "plain"
    precision: Annotated[Literal["auto", "fp32", "bf16"], typer.Option(
        help="How matrix products are taken. bf16 is faster where the processor has it, with noise of a tenth of a nat "
             "an item.")] = "auto"

    @property
    def folder(self) -> Path:
        """Where what is found goes."""
        return self.to or Path("measured") / (Path(self.model).name or "model")
