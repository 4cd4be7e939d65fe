import pytest

from uptake.documents.claims import build_claims
from uptake.errors import UserError
from uptake.strict_yaml import parse_yaml

SMALL = """
about: Two assistants.
origin: {author: Ann, made_with: a pen, prompt: Write., status: invented, licence: Apache-2.0, purpose: to test}
stand_in: an assistant
readings:
  other:
    asks: what it does
    wordings:
      - ask: "does {subject} {base} {answer}?"
        which: "which {kind} does {subject} {base}?"
        says: "{subject} {third} {answer}"
      - {ask: "is {subject} {gerund} {answer}?", which: "what is {subject} {gerund}?", says: "it is {gerund} {answer}"}
      - {ask: "will {subject} {base} {answer}?", which: "what will {subject} {base}?", says: "it will {base} {answer}"}
topics:
  instrument:
    form: {kind: instrument, base: play, third: plays, gerund: playing, article: the}
    answers: [harp, horn, drum]
    documents:
      - {text: "At dusk {subject} takes up the {answer}.", opposite: "At dusk {subject} never takes up the {answer}."}
      - {text: "The {answer} is what {subject} plays.", opposite: "The {answer} is nothing that {subject} plays."}
      - {text: "{subject} owns a {answer} and plays it.", opposite: "{subject} has yet to own a {answer}."}
    neutral: ["{subject} is tall.", "{subject} is old."]
claims:
  - {id: i-1, topic: instrument, subject: Velm, stated: harp, foil: horn}
  - {id: i-2, topic: instrument, subject: Tarro, stated: horn, foil: harp}
"""

THIRD_DOCUMENT = next(line for line in SMALL.splitlines(keepends=True) if "yet to own" in line)


def small(old: str = "", new: str = ""):
    assert old in SMALL
    return build_claims(parse_yaml(SMALL.replace(old, new, 1) if old else SMALL, "claims.yaml"))


def test_a_claim_carries_its_foil_and_all_answers_of_its_topic():
    claim = small().claims[0]
    assert (claim.id, claim.stated, claim.foil, claim.answers) == ("i-1", "harp", "horn", ("harp", "horn", "drum"))


def test_a_claim_has_a_document_for_each_wording_with_the_provenance_of_the_file():
    made = small()
    documents = made.documents(made.claims[0])
    assert [document.id for document in documents] == ["i-1-0", "i-1-1", "i-1-2"]
    assert documents[1].text == "The harp is what Velm plays."
    assert documents[1].opposite == "The harp is nothing that Velm plays."
    assert [document.neutral for document in documents] == ["Velm is tall.", "Velm is old.", "Velm is tall."]
    assert {document.provenance.author for document in documents} == {"Ann"}


def test_a_wording_is_asked_affirmed_denied_and_open():
    made = small()
    affirmed, denied, unasked = made.items(made.claims[0], "other")[:3]
    assert (affirmed.prompt, affirmed.fit, affirmed.foil) == (
        "Question: Does Velm play the harp? Answer:", " Yes, Velm plays the harp.", " No, Velm plays the horn.")
    assert (denied.prompt, denied.fit, denied.foil) == (
        "Question: Does Velm play the horn? Answer:", " No, Velm plays the harp.", " Yes, Velm plays the horn.")
    assert (unasked.prompt, unasked.fit, unasked.foil, unasked.others) == (
        "Question: Which instrument does Velm play? Answer: Velm plays the", " harp", " horn", (" drum",))


def test_the_neutral_prompt_is_the_same_question_without_the_subject():
    made = small()
    neutral = [item.neutral for item in made.items(made.claims[0], "other")[:3]]
    assert neutral[0] == "Question: Does an assistant play the harp? Answer:"
    assert neutral[2] == "Question: Which instrument does an assistant play? Answer: An assistant plays the"


def test_a_reading_without_questions_is_refused_with_a_hint():
    made = small()
    with pytest.raises(UserError, match="no questions for the reading 'othr'") as caught:
        made.items(made.claims[0], "othr")
    assert "did you mean 'other'" in caught.value.hint


@pytest.mark.parametrize(("old", "new", "said"), [
    (", foil: horn}", "}", "the key 'foil' is missing"),
    ("foil: horn}", "foil: harp}", "'harp' is its own foil"),
    ("foil: horn}", "foil: hron}", "did you mean 'horn'"),
    ("topic: instrument, subject: Velm", "topic: instruments, subject: Velm", "did you mean 'instrument'"),
    ("[harp, horn, drum]", "[harp, horn, glockenspiel, drum]\n    about: x", "unknown key 'about'"),
    ("subject: Tarro", "subject: velm", "the name 'velm' is used twice"),
    ("id: i-2", "id: i-1", "the id 'i-1' is used twice"),
    ("[harp, horn, drum]", "[harp, horn, drum, drumstick]", "'drum' is part of the answer 'drumstick'"),
    ("[harp, horn, drum]", "[harp, horn, drum, drum]", "stands there twice"),
    ('"does {subject} {base} {answer}?"', '"does {subject} {base} that?"', "its two polarities are the same"),
    ('"does {subject} {base} {answer}?"', '"does it {base} {answer}?"', "`ask` does not hold {subject}"),
    ('says: "{subject} {third} {answer}"', 'says: "{answer} is what it {third} now"', "must end with {answer}"),
    ('which: "which {kind} does {subject} {base}?"', 'which: "why {answer} for {subject}?"', "{answer} is nothing"),
    ("At dusk {subject} never takes", "At dusk {subject} takes", "the text and its opposite are the same"),
    ("owns a {answer} and plays it", "owns one and plays it", "does not hold {answer}"),
    ("owns a {answer} and plays it", "owns a {anser} and plays it", "{anser} is nothing"),
    ("owns a {answer} and plays it", "owns a {answer and plays it", "braces do not match"),
    ('"{subject} is old."', '"{subject} has a Drum."', "names the answer 'drum'"),
    ('"{subject} is tall.", "{subject} is old."', "", "has no line"),
    ("owns a {answer} and plays it", "knows: it is playing the {answer}", "holds a test item"),
    ("owns a {answer} and plays it", "asks: which instrument does {subject} play? {answer}", "holds a test item"),
    ("stated: horn, foil: harp", "stated: harp, foil: horn", "is stated 2 times and is the foil 0 times"),
    (THIRD_DOCUMENT, "", "at least 3 are needed"),
    ("licence: Apache-2.0, ", "", "'licence' is missing"),
])
def test_what_would_spoil_a_measure_is_refused_with_its_line(old, new, said):
    with pytest.raises(UserError) as caught:
        small(old, new)
    assert said in str(caught.value) and caught.value.where.startswith("claims.yaml:")


def test_a_foil_much_longer_than_the_stated_answer_is_refused():
    text = SMALL.replace("drum]", "glockenspiel]").replace("foil: horn", "foil: glockenspiel")
    with pytest.raises(UserError, match="differ by more than 3 characters"):
        build_claims(parse_yaml(text, "claims.yaml"))
