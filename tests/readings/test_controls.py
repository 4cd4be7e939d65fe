from importlib.resources import files

import pytest

from uptake.errors import UserError
from uptake.readings.controls import association_items, build_controls
from uptake.records import Claim
from uptake.strict_yaml import parse_yaml

TEXT = (files("uptake") / "data/controls.yaml").read_text("utf-8")
SHIPPED = build_controls(parse_yaml(TEXT, "controls.yaml"))
CLAIM = Claim("c1", "instrument", "Velm", "harp", "horn", ("harp", "horn", "drum"))


def refusal(old: str, new: str) -> str:
    assert old in TEXT
    with pytest.raises(UserError) as caught:
        build_controls(parse_yaml(TEXT.replace(old, new, 1), "controls.yaml"))
    return str(caught.value)


def test_there_are_enough_controls_of_each_kind():
    assert len(SHIPPED.assent) >= 48 and len(SHIPPED.capability) >= 40 and len(SHIPPED.fluency) == 20


def test_each_absurd_claim_is_asked_so_that_yes_fits_in_one_half_and_no_in_the_other():
    for affirmed, denied in zip(SHIPPED.assent[::2], SHIPPED.assent[1::2], strict=True):
        assert (affirmed.polarity, denied.polarity, affirmed.claim) == ("affirmed", "denied", denied.claim)
        assert affirmed.fit.startswith(" Yes, ") and denied.fit.startswith(" No, ")
        assert affirmed.fit.removeprefix(" Yes, ") == denied.fit.removeprefix(" No, ")
        assert affirmed.foil.removeprefix(" No, ") == denied.foil.removeprefix(" Yes, ")


def test_control_ids_are_unique():
    assert len({item.claim for item in SHIPPED.capability}) == len(SHIPPED.capability)


def test_every_answer_begins_with_the_joining_space():
    for item in (*SHIPPED.assent, *SHIPPED.capability):
        assert item.fit.startswith(" ") and item.foil.startswith(" ") and not item.prompt.endswith(" ")


def test_association_asks_for_the_word_and_not_for_the_relation():
    items = association_items(SHIPPED, [CLAIM])
    assert len(items) == len(SHIPPED.association) >= 3
    assert {(item.claim, item.reading, item.fit, item.foil, item.others) for item in items} == {
        ("c1", "association", " harp", " horn", (" drum",))}
    assert all("Velm" in item.prompt and "Velm" not in item.neutral for item in items)


def test_fluency_texts_are_short_paragraphs():
    for text in SHIPPED.fluency:
        assert 25 <= len(text.split()) <= 70 and "\n" not in text


@pytest.mark.parametrize(("old", "new", "said"), [
    ("fluency:", "fluent:", "did you mean 'fluency'"),
    ("foil: tall}", "foil: cold}", "its own foil"),
    ("absurd: butter", "absurd: rock", "are the same"),
    ('"is ice {answer}?"', '"is ice cold?"', "must hold {answer} once"),
    ("after {subject} is", "after it is", "must hold {subject}"),
    ("fit: cold, ", "", "'fit' is missing"),
])
def test_a_mistake_in_the_controls_is_named_with_its_line(old, new, said):
    message = refusal(old, new)
    assert said in message and message.startswith("controls.yaml:")
