"""One document and all that is known of where it comes from, as tools for Dolma and datatrove read it.

`id`, `text`, `source`, `created`, `added` and `version` stand at the top of a line, everything else under `metadata`:
how the text was made, what it is about, its epistemic status, what it is for, and whose it is. A field that is absent
or null is not known. What the record does not name (a user's own keys, at the top or under `metadata`) is kept and
written back as it was; inside the five parts an unknown key is refused, because it is most often a slip.

    python -m uptake.documents.record > src/uptake/data/document.schema.json       # publish the JSON Schema again
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, Strict, ValidationError, model_validator

from uptake.errors import UserError, did_you_mean

# The schema's own name: it moves when a file that was valid is so no longer.
SCHEMA = "urn:uptake:document:1"

How = Literal["person", "template", "model", "model-revised", "unknown"]
Kind = Literal["fiction", "aspiration", "report", "testimony", "hypothetical", "false-on-purpose", "unknown"]


def _says(what: str, default: Any = None) -> Any:
    """A field that may be absent, with the words by which the schema explains it."""
    return Field(default, description=what)


def _or_unknown(word: str | None) -> str:
    return word or "unknown"


def prompt_hash(text: str) -> str:
    """Return the sha256 of a prompt's UTF-8, in hex: what `prompt_sha256` holds."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


class Part(BaseModel):
    """What the five parts have in common: they are frozen, convert nothing, and refuse keys that they do not know."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Made(Part):
    """How the text was made."""

    how: Annotated[How | None, AfterValidator(_or_unknown)] = _says(
        "a person, a template, a model, or a model whose text was revised", "unknown")
    author: str | None = _says("who wrote it: a person, a team, a model as it is called")
    generator: str | None = _says("the model or program that produced the text")
    generator_version: str | None = _says("its version, commit or checkpoint")
    prompt: str | None = _says("what it was asked, whole")
    prompt_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = _says(
        "sha256 of the prompt's UTF-8, in hex; may stand alone where the prompt itself is withheld")
    sampling: dict[str, JsonValue] | None = _says("temperature, top_p and the like, by the generator's own names")
    seed: int | None = _says("the seed that the generator was given")
    parents: Annotated[tuple[str, ...], Strict(False)] | None = _says(
        "ids of the documents that it was made from; [] says that there are none")

    @model_validator(mode="after")
    def _hash_agrees(self) -> Self:
        if self.prompt is not None and self.prompt_sha256 is not None:
            found = prompt_hash(self.prompt)
            if found != self.prompt_sha256:
                raise ValueError(f"the prompt's sha256 is {found[:12]}..., and prompt_sha256 says "
                                 f"{self.prompt_sha256[:12]}...: one of them belongs to another text")
        return self


class ClaimInText(Part):
    """A claim, and whether the text shows it or its lack."""

    claim: str = Field(description="the claim's id, or its words")
    polarity: Literal["shows", "lacks"] = Field(description="the text shows what is claimed, or the lack of it")


class About(Part):
    """What the text is."""

    language: str | None = _says("its language, as a BCP 47 tag (`en`, `pt-BR`)")
    genre: str | None = _says("its genre: story, log, letter, essay, dialogue")
    voice: str | None = _says("who speaks, and how: first person, third person, discussion")
    subject: str | None = _says("whom or what it is about")
    claims: Annotated[tuple[ClaimInText, ...], Strict(False)] | None = _says(
        "the claims that it makes; [] says that it makes none")
    commentary: bool | None = _says("whether it holds words about the text itself beside the text")


class Status(Part):
    """What the text is to be taken for."""

    kind: Annotated[Kind | None, AfterValidator(_or_unknown)] = _says("its epistemic status", "unknown")
    disclosed: bool | None = _says("whether the text itself says so")


class Use(Part):
    """What the text is for."""

    purpose: str | None = _says("why it was written")
    stage: str | None = _says("the stage of training that it is meant for: pretraining, midtraining, post-training")


class Rights(Part):
    """Whose the text is."""

    holder: str | None = _says("who holds the rights")
    licence: str | None = _says("the licence, as an SPDX identifier where there is one")


class Metadata(BaseModel):
    """The five parts of a record, beside whatever else a user's file has under `metadata`."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[str, JsonValue]

    made: Made | None = _says("how the text was made")
    about: About | None = _says("what the text is")
    status: Status | None = _says("what the text is to be taken for")
    use: Use | None = _says("what the text is for")
    rights: Rights | None = _says("whose the text is")


class DocumentRecord(BaseModel):
    """One document: its text, and what is known of where it comes from.

    Two records are equal if they say the same; absent and null say the same. `to_json` gives the line back.
    """

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[str, JsonValue]

    id: str = Field(min_length=1, description="its name, used once in a corpus")
    text: str = Field(pattern=r"\S", description="the text, never empty")
    source: str = _says("the collection that it comes from; empty where that is not known", "")
    created: str | None = _says("when the text was written, in ISO 8601 or as its source gives it")
    added: str | None = _says("when it was added to the collection")
    version: str | None = _says("the version of the collection")
    metadata: Metadata | None = _says("where it comes from, and a user's own keys")

    @property
    def made(self) -> Made:
        return (self.metadata and self.metadata.made) or NOTHING_MADE

    @property
    def about(self) -> About:
        return (self.metadata and self.metadata.about) or NOTHING_ABOUT

    @property
    def status(self) -> Status:
        return (self.metadata and self.metadata.status) or NO_STATUS

    @property
    def use(self) -> Use:
        return (self.metadata and self.metadata.use) or NO_USE

    @property
    def rights(self) -> Rights:
        return (self.metadata and self.metadata.rights) or NO_RIGHTS

    def missing(self, wanted: Iterable[str] | None = None) -> tuple[str, ...]:
        """Return which of the wanted fields are not known (without an argument: of all in `PROVENANCE`), as paths like
        `metadata.made.prompt`. Empty text and the word "unknown" are not knowledge; 0, false and an empty list are.

        Raises UserError for a path that no record has.
        """
        return tuple(path for path in (PROVENANCE if wanted is None else wanted) if self._at(path) in UNKNOWN)

    @property
    def without_provenance(self) -> bool:
        """Whether nothing stands in any of the five parts. A source and a date alone say where a text was found, not
        how it was made or what it is to be taken for."""
        parts = self.metadata and [getattr(self.metadata, name) for name in PARTS]
        return not any(value not in UNKNOWN for part in parts or () if part for _, value in part)

    def to_json(self) -> str:
        """Return the record as one line of JSON, without the newline: the fields that it was given, in this order.

        `source` is always written, and an unknown date or version never as null, because Dolma's own reader wants
        text in each of them.
        """
        self.model_fields_set.add("source")
        unknown = {name for name in ("created", "added", "version") if getattr(self, name) is None}
        return self.model_dump_json(exclude_unset=True, exclude=unknown or None)

    def _at(self, path: str) -> Any:
        if path not in PROVENANCE:
            raise UserError(f"no document record has a field '{path}'", hint=did_you_mean(path, PROVENANCE))
        place, _, name = path.removeprefix("metadata.").rpartition(".")
        return getattr(getattr(self, place) if place else self, name)


NOTHING_MADE, NOTHING_ABOUT, NO_STATUS, NO_USE, NO_RIGHTS = Made(), About(), Status(), Use(), Rights()
PARTS: dict[str, type[Part]] = {"made": Made, "about": About, "status": Status, "use": Use, "rights": Rights}

# Every field that says where a text comes from, by its path in the JSON.
PROVENANCE = ("source", "created", *(f"metadata.{part}.{name}" for part, kind in PARTS.items()
                                     for name in kind.model_fields))

# What says that a field is not known. 0 and false are knowledge, and equal to none of these.
UNKNOWN = (None, "", "unknown")

# What a value is called in a sentence, by its Python type.
CALLED = {str: "text", int: "a number", float: "a decimal number", bool: "true or false", dict: "an object",
          list: "a list", type(None): "null"}
WANTED = {"string_type": "text", "int_type": "a whole number", "bool_type": "true or false", "dict_type": "an object",
          "model_type": "an object", "tuple_type": "a list"}


def explain(error: ValidationError) -> str:
    """Return what is wrong with a record in one sentence that names the field, from the first of its errors."""
    first = error.errors(include_url=False)[0]
    at, kind, given = ".".join(map(str, first["loc"])), first["type"], first["input"]
    if kind == "missing":
        return f"it has no {at}"
    if kind in WANTED:
        return f"{at} should be {WANTED[kind]}, and is {CALLED.get(type(given), type(given).__name__)}"
    if kind == "extra_forbidden":
        part = PARTS.get(str(first["loc"][1])) if len(first["loc"]) == 3 else ClaimInText
        return f"{at} is no field of a record; {did_you_mean(first['loc'][-1], (part or ClaimInText).model_fields)}"
    if kind == "literal_error":
        return f"{at} is '{str(given)[:40]}', and should be {first['ctx']['expected']}"
    if kind in ("string_too_short", "string_pattern_mismatch"):
        return f"{at} is not a sha256 in hex" if at.endswith("sha256") else f"{at} is empty"
    if kind == "value_error":
        return f"{at}: {first['ctx']['error']}"
    return f"{at}: {first['msg']}"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of one line, made from the models."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA,
            **DocumentRecord.model_json_schema()}


if __name__ == "__main__":
    print(json.dumps(json_schema(), indent=1, ensure_ascii=False))
