"""What a user may ask of a measure, with the words by which the command line explains it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

CLAIMS = Path("role-models.yaml")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which model is asked what, and where the answers go. `readings` is a list with commas; empty means all."""

    model: Annotated[str, typer.Argument(metavar="MODEL", help="A folder (a model or a LoRA adapter), a hub id, "
                                         "smollm2-135m, or a model behind an endpoint: openai-api/NAME/MODEL.")]
    claims: Annotated[Path, typer.Option(help="A file of claims; those that come with uptake by name.")] = CLAIMS
    subject: Annotated[str, typer.Option(help="Whom the claims are about, where the file leaves it open. "
                                         "Left out: SmolLM for the built-in reader, else the assistant.")] = ""
    readings: Annotated[str, typer.Option(help="Only these readings, with commas.")] = ""
    against: Annotated[str, typer.Option(metavar="MODEL0", help="Another model: paired differences to it.")] = ""
    capabilities: Annotated[bool, typer.Option("--capabilities", help="Only test what it can do: capabilities.json, "
                                               "which `uptake audit --card` reads.")] = False
    documents: Annotated[Path | None, typer.Option("--in", metavar="DOCS", help="Ask behind each of these documents "
                         "too: what the model takes them for when it reads them.")] = None
    frames: Annotated[str, typer.Option("--as", metavar="FRAME[,FRAME]", help="The frames that --in puts them in; see "
                                        "docs/frames.md.")] = "blunt"
    neutral: Annotated[Path | None, typer.Option(metavar="DOCS", help="Documents that say nothing of the claims, for "
                       "comparison. Left out: corpora/neutral.")] = None
    to: Annotated[Path | None, typer.Option("-o", "--out", help="The folder for what is found. "
                                            "Left out: measured/MODEL.")] = None
    template: Annotated[Literal["plain", "neutral", "original"], typer.Option(
        help="Ask in plain text, or in one of the model's chat templates.")] = "plain"
    precision: Annotated[Literal["auto", "fp32", "bf16"], typer.Option(
        help="How matrix products are taken. bf16 is faster where the processor has it, with noise of a tenth of a nat "
             "an item.")] = "auto"
    endpoint: Annotated[bool, typer.Option("--endpoint", help="MODEL is one of Inspect's, PROVIDER/NAME, and no hub "
                                           "id.")] = False
    base_url: Annotated[str, typer.Option(metavar="URL", help="The endpoint's address, such as "
                                          "http://localhost:8000/v1. Left out: as the environment has it.")] = ""
    estimate: Annotated[Literal["auto", "answer", "chat-answer", "first-token", "sampled"], typer.Option(
        help="How an endpoint's answers are told: the first of these that it allows, or one of them.")] = "auto"
    samples: Annotated[int, typer.Option(min=1, help="Replies to a question, where an endpoint is sampled.")] = 10
    timeout: Annotated[int, typer.Option(min=1, help="Seconds for a request to an endpoint, tries included.")] = 900

    @property
    def how(self) -> "How":
        """How models are asked."""
        return How(self.template, self.precision, self.endpoint, self.base_url, self.estimate, self.samples,
                   self.timeout)

    @property
    def folder(self) -> Path:
        """Where what is found goes."""
        return self.to or Path("measured") / (Path(self.model).name or "model")


@dataclass(frozen=True, slots=True)
class How:
    """How models are asked: the first two are of models on this machine, the others of endpoints."""

    template: str = "plain"
    precision: str = "auto"
    endpoint: bool = False
    base_url: str = ""
    estimate: str = "auto"
    samples: int = 10
    timeout: int = 900
