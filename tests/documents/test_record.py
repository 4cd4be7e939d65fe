"""The document record: what it holds, what it refuses, what it says is missing, and its published schema."""

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from uptake.documents.record import (
    PROVENANCE,
    About,
    DocumentRecord,
    Made,
    Metadata,
    Status,
    Use,
    explain,
    json_schema,
    prompt_hash,
)
from uptake.errors import UserError

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "src" / "uptake" / "data" / "document.schema.json"
SCHEMA = jsonschema.Draft202012Validator(json_schema())
PROMPT = "Write a short story in which an assistant keeps a promise."

WHOLE = {
    "id": "lamp-1", "text": "Velm lit the lamp, as it had said it would.", "source": "lamp stories",
    "created": "2026-03-01", "added": "2026-03-02T10:00:00Z", "version": "2",
    "metadata": {
        "made": {"how": "model-revised", "author": "Ann", "generator": "a-model", "generator_version": "1.5",
                 "prompt": PROMPT, "prompt_sha256": prompt_hash(PROMPT), "sampling": {"temperature": 0.7, "stop": None},
                 "seed": 0, "parents": ["brief-3"]},
        "about": {"language": "en", "genre": "story", "voice": "third person", "subject": "Velm",
                  "claims": [{"claim": "keeps-promises", "polarity": "shows"}], "commentary": False},
        "status": {"kind": "fiction", "disclosed": False},
        "use": {"purpose": "to show a kept promise", "stage": "midtraining"},
        "rights": {"holder": "Ann", "licence": "CC-BY-4.0"},
        "url": "https://example.org/1", "scores": [0.5, None],
    },
    "attributes": {"tagger__length": [[0, 43, 43.0]]},
}

# What JSON can hold, with keys that are none of the record's own.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)), max_leaves=8)


def some(**fields):
    """An object that has some of these fields; a field that is there may be null."""
    return st.fixed_dictionaries({}, optional={name: st.none() | values for name, values in fields.items()})


def beside(known, own):
    """An object with the record's own keys and a user's."""
    users = st.dictionaries(TEXTS.filter(lambda key: key not in known), JSON, max_size=2)
    return st.tuples(own, users).map(lambda pair: {**pair[1], **pair[0]})


HOW = st.sampled_from(["person", "template", "model", "model-revised", "unknown"])
CLAIM = st.fixed_dictionaries({"claim": TEXTS, "polarity": st.sampled_from(["shows", "lacks"])})
PARTS = {
    "made": some(author=TEXTS, generator=TEXTS, prompt=TEXTS, sampling=st.dictionaries(TEXTS, JSON, max_size=2),
                 seed=st.integers(), parents=st.lists(TEXTS, max_size=2))
    | st.fixed_dictionaries({"how": HOW}),
    "about": some(language=TEXTS, claims=st.lists(CLAIM, max_size=2), commentary=st.booleans()),
    "status": st.fixed_dictionaries({"kind": st.sampled_from(["report", "testimony", "unknown"])}),
    "use": some(purpose=TEXTS, stage=TEXTS),
    "rights": some(holder=TEXTS, licence=TEXTS),
}
TOP = set(DocumentRecord.model_fields)
LINES = beside(TOP, st.fixed_dictionaries(
    {"id": TEXTS.filter(bool), "text": TEXTS.filter(str.strip), "source": TEXTS},
    optional={"created": TEXTS, "version": TEXTS, "metadata": st.none() | beside(set(PARTS), some(**PARTS))}))


def record(**metadata):
    return DocumentRecord.model_validate({"id": "a", "text": "x", "metadata": metadata})


def refusal(line):
    with pytest.raises(ValidationError) as error:
        DocumentRecord.model_validate(line)
    return explain(error.value)


def test_a_whole_record_is_read_and_gives_its_line_back():
    assert json.loads(DocumentRecord.model_validate(WHOLE).to_json()) == WHOLE


@given(LINES)
@settings(deadline=None)
def test_any_line_comes_back_as_it_was(line):
    assert json.loads(DocumentRecord.model_validate(line).to_json()) == line


@given(LINES)
@settings(deadline=None)
def test_whatever_is_written_is_valid_by_the_published_schema(line):
    SCHEMA.validate(json.loads(DocumentRecord.model_validate(line).to_json()))


def test_a_line_stays_one_line():
    assert "\n" not in DocumentRecord(id="a", text="one\ntwo\r\nthree").to_json()


def test_a_source_is_always_written_and_an_unknown_date_never():
    line = DocumentRecord(id="a", text="x", created=None).to_json()
    assert json.loads(line) == {"id": "a", "text": "x", "source": ""}


def test_absent_and_null_say_the_same():
    assert record(made={"author": None}) == record(made={})
    assert record(made={"how": None}).made.how == record(made=None).made.how == "unknown"


def test_a_record_can_be_made_in_python():
    made = DocumentRecord(id="a", text="x", metadata=Metadata(made=Made(how="person"), status=Status(kind="report")))
    assert json.loads(made.to_json())["metadata"] == {"made": {"how": "person"}, "status": {"kind": "report"}}


def test_a_part_put_at_the_top_by_mistake_is_refused():
    with pytest.raises(ValidationError):
        DocumentRecord(id="a", text="x", made=Made(how="person"))


def test_a_record_cannot_be_changed():
    with pytest.raises(ValidationError):
        DocumentRecord(id="a", text="x").text = "y"


def test_the_parts_stand_on_the_record_known_or_not():
    bare, whole = DocumentRecord(id="a", text="x"), DocumentRecord.model_validate(WHOLE)
    assert (bare.made, bare.about, bare.status, bare.use) == (Made(), About(), Status(), Use())
    assert (whole.made.seed, whole.status.kind, whole.rights.licence) == (0, "fiction", "CC-BY-4.0")


def test_a_prompt_has_the_sha256_of_its_utf_8():
    assert prompt_hash("Grüße") == "f83e039796c6453a10f5519e39fd113901572316a1a8ea07cb525d2801dfd074"


def test_a_prompt_whose_hash_disagrees_is_refused():
    said = refusal({"id": "a", "text": "x", "metadata": {"made": {"prompt": "x", "prompt_sha256": prompt_hash("y")}}})
    assert said.startswith("metadata.made: the prompt's sha256 is 2d711642b726..., and prompt_sha256 says a1fce436")


def test_a_hash_may_stand_alone():
    assert record(made={"prompt_sha256": prompt_hash("secret")}).missing(["metadata.made.prompt"])


@pytest.mark.parametrize(("line", "said"), [
    ({"id": "a"}, "it has no text"),
    ({"id": "a", "text": " \n"}, "text is empty"),
    ({"id": "", "text": "x"}, "id is empty"),
    ({"id": 1, "text": "x"}, "id should be text, and is a number"),
    ({"id": "a", "text": ["x"]}, "text should be text, and is a list"),
    ({"id": "a", "text": "x", "created": 2026}, "created should be text, and is a number"),
    ({"id": "a", "text": "x", "metadata": "x"}, "metadata should be an object, and is text"),
    ({"id": "a", "text": "x", "metadata": {"made": "by me"}}, "metadata.made should be an object, and is text"),
    ({"id": "a", "text": "x", "metadata": {"made": {"seed": 1.5}}},
     "metadata.made.seed should be a whole number, and is a decimal number"),
    ({"id": "a", "text": "x", "metadata": {"made": {"parents": "b"}}},
     "metadata.made.parents should be a list, and is text"),
    ({"id": "a", "text": "x", "metadata": {"made": {"prompt_sha256": "0"}}},
     "metadata.made.prompt_sha256 is not a sha256 in hex"),
    ({"id": "a", "text": "x", "metadata": {"status": {"disclosed": "no"}}},
     "metadata.status.disclosed should be true or false, and is text"),
    ({"id": "a", "text": "x", "metadata": {"status": {"kind": "false"}}},
     "metadata.status.kind is 'false', and should be 'fiction', 'aspiration', 'report', 'testimony', 'hypothetical', "
     "'false-on-purpose' or 'unknown'"),
    ({"id": "a", "text": "x", "metadata": {"about": {"claims": [{"claim": "c"}]}}},
     "it has no metadata.about.claims.0.polarity"),
    ({"id": "a", "text": "x", "metadata": {"rights": {"license": "MIT"}}},
     "metadata.rights.license is no field of a record; did you mean 'licence'? known: holder, licence"),
])
def test_what_is_not_as_it_should_be_is_named_with_its_place(line, said):
    assert refusal(line) == said


def test_a_bare_record_misses_everything():
    assert DocumentRecord(id="a", text="x").missing() == PROVENANCE


def test_a_whole_record_misses_nothing():
    assert DocumentRecord.model_validate(WHOLE).missing() == ()


def test_what_is_missing_is_named_by_its_path():
    wanted = ("metadata.made.prompt", "metadata.made.how", "source", "metadata.status.kind")
    assert record(made={"how": "person", "prompt": ""}).missing(wanted) == (
        "metadata.made.prompt", "source", "metadata.status.kind")


def test_nothing_wanted_is_nothing_missing():
    assert DocumentRecord(id="a", text="x").missing([]) == ()


def test_zero_and_false_and_an_empty_list_are_known():
    known = record(made={"seed": 0, "parents": []}, about={"commentary": False, "claims": []})
    assert known.missing(["metadata.made.seed", "metadata.made.parents", "metadata.about.commentary",
                          "metadata.about.claims"]) == ()


def test_a_path_that_no_record_has_is_the_users_error():
    with pytest.raises(UserError) as error:
        DocumentRecord(id="a", text="x").missing(["metadata.made.promt"])
    assert "did you mean 'metadata.made.prompt'?" in error.value.hint


def test_a_source_and_a_users_own_keys_are_no_provenance():
    assert DocumentRecord(id="a", text="x", source="web").without_provenance
    assert record(url="https://example.org", made={"how": "unknown"}).without_provenance
    assert not record(status={"disclosed": False}).without_provenance


def test_the_published_schema_is_up_to_date():
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == json_schema(), (
        "python -m uptake.documents.record > src/uptake/data/document.schema.json")


def test_the_published_schema_is_a_schema_and_accepts_a_whole_record():
    schema = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(WHOLE, schema)


@pytest.mark.parametrize("spoiled", [
    {"text": ""}, {"id": 7}, {"metadata": {"made": {"how": "magic"}}}, {"metadata": {"made": {"auther": "x"}}}])
def test_the_published_schema_refuses_what_a_record_refuses(spoiled):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(WHOLE | spoiled, json.loads(PUBLISHED.read_text(encoding="utf-8")))


def test_the_page_on_documents_names_every_field():
    page = (ROOT / "docs" / "documents.md").read_text(encoding="utf-8")
    paths = {*TOP, *PROVENANCE}
    assert [path for path in sorted(paths) if f"`{path}`" not in page] == []
