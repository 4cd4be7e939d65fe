from importlib.resources import files

import pytest

from uptake.frames import put, read_frames, switch
from uptake.frames.spec import slots
from uptake.records import Document, Provenance
from uptake.strict_yaml import parse_yaml

TEXT = (files("uptake") / "data/frames.yaml").read_text("utf-8")
SHIPPED = read_frames(parse_yaml(TEXT, "frames.yaml").data(), "frames.yaml")
SOURCE = Provenance(author="Ann", made_with="a pen", prompt="Write.", purpose="to see", status="invented")
DOCUMENT = Document("d", "c", 0, "It plays.", "It never plays.", "It is tall.", SOURCE)


def test_every_study_gets_its_frames_and_controls():
    assert {"blunt", "record", "disclaimer", "fiction", "transparent", "letter", "correction", "placebo", "nonce",
            "frame-only", "neutral", "untrained"} <= set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_frame_says_what_it_is(name):
    assert SHIPPED[name].about.endswith(".")


@pytest.mark.parametrize("name", SHIPPED)
def test_words_before_and_after_come_in_at_least_four_different_wordings(name):
    for slot in (*slots(SHIPPED[name], "before"), *slots(SHIPPED[name], "after")):
        assert len(set(slot)) == len(slot) >= 4


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_frame_puts_a_document_with_provenance(name):
    assert bool(put(SHIPPED[name], DOCUMENT)) == (name != "untrained")


def test_the_transparent_frame_has_the_six_parts_and_can_show_them_all():
    parts = tuple(part.name for part in SHIPPED["transparent"].parts)
    assert parts == ("origin", "prompt", "purpose", "reasons", "uncertainty", "request")
    shown = put(switch(SHIPPED["transparent"], parts), DOCUMENT)
    assert len(shown) == 3 and "Write." in shown[0].text and "a pen" in shown[0].text


@pytest.mark.parametrize("other", ["disclaimer", "fiction", "placebo"])
def test_frames_that_are_compared_cost_about_as_many_words_as_the_record(other):
    def length(name: str, place: str) -> float:
        wordings = getattr(SHIPPED[name], place)
        return sum(len(wording.split()) for wording in wordings) / len(wordings)

    assert abs(length(other, "before") - length("record", "before")) < 2
    assert abs(length(other, "after") - length("record", "after")) < 2
