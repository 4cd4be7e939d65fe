"""Read a file of claims, strictly."""

from pathlib import Path

from uptake.documents.checks import check
from uptake.documents.claimset import ClaimSet, Form, Topic, Wording
from uptake.origin import read_origin
from uptake.records import Claim
from uptake.strict_yaml import Value, read_yaml

__all__ = ["ClaimSet", "build_claims", "read_claims"]



def read_claims(path: Path | str) -> ClaimSet:
    """Read a file of claims. Raises UserError, with file and line, for anything in it that would spoil a measure:
    see `uptake.documents.checks` for the list."""
    return build_claims(read_yaml(path))


def build_claims(top: Value) -> ClaimSet:
    """Make the claims of a file that has been read. Raises as `read_claims` does."""
    keys = ("about", "origin", "stand_in", "readings", "topics", "claims")
    parts = top.mapping(keys, required=keys)
    origin = read_origin(parts["origin"])
    topics = {name: _topic(name, value) for name, value in parts["topics"].mapping().items()}
    readings = {name: value.mapping(("asks", "wordings"), required=("asks", "wordings"))
                for name, value in parts["readings"].mapping().items()}
    wordings = {name: tuple(_wording(value) for value in value["wordings"].items()) for name, value in readings.items()}
    claims = tuple(_claim(value, topics) for value in parts["claims"].items())
    made = ClaimSet(parts["about"].text(), origin,
                    parts["stand_in"].text(), claims, topics, wordings,
                    {name: value["asks"].text() for name, value in readings.items()})
    check(made, parts)
    return made


def _topic(name: str, value: Value) -> Topic:
    keys = ("form", "answers", "documents", "neutral")
    parts = value.mapping(keys, required=keys)
    form = parts["form"].mapping(Form.__slots__, required=("kind", "base", "third", "gerund"))
    pairs = [pair.mapping(("text", "opposite"), required=("text", "opposite")) for pair in parts["documents"].items()]
    return Topic(
        name=name,
        form=Form(**{key: word.text() for key, word in form.items()}),
        answers=tuple(answer.text() for answer in parts["answers"].items()),
        documents=tuple((pair["text"].text(), pair["opposite"].text()) for pair in pairs),
        neutral=tuple(line.text() for line in parts["neutral"].items()),
    )


def _wording(value: Value) -> Wording:
    keys = ("ask", "which", "says")
    return Wording(**{key: text.text() for key, text in value.mapping(keys, required=keys).items()})


def _claim(value: Value, topics: dict[str, Topic]) -> Claim:
    keys = ("id", "topic", "subject", "stated", "foil")
    parts = value.mapping(keys, required=keys)
    topic = topics[parts["topic"].text(among=topics)]
    words = {key: parts[key].text(among=topic.answers) for key in ("stated", "foil")}
    return Claim(parts["id"].text(), topic.name, parts["subject"].text(), **words, answers=topic.answers)
