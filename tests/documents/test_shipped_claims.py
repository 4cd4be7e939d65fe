import re
from collections import Counter
from pathlib import Path

import pytest

from uptake.documents.claims import read_claims
from uptake.mixing.dealing import mirror_pairs

SHIPPED = read_claims(Path(__file__).parents[2] / "claims/invented.yaml")


def test_there_are_enough_claims_topics_and_names():
    assert len(SHIPPED.claims) >= 120 and len(SHIPPED.topics) >= 12
    assert len({claim.subject for claim in SHIPPED.claims}) == len(SHIPPED.claims)


def test_within_a_topic_each_answer_is_stated_once_and_is_the_foil_once():
    for name, topic in SHIPPED.topics.items():
        claims = [claim for claim in SHIPPED.claims if claim.topic == name]
        stated, foils = Counter(claim.stated for claim in claims), Counter(claim.foil for claim in claims)
        assert stated == foils == Counter(topic.answers)


def test_each_claim_has_one_mirror_that_states_its_foil():
    assert len(mirror_pairs(SHIPPED.claims)) == len(SHIPPED.claims) / 2


def test_an_answer_belongs_to_one_topic_only():
    answers = [answer for topic in SHIPPED.topics.values() for answer in topic.answers]
    assert len(answers) == len(set(answers))


@pytest.mark.parametrize("name", SHIPPED.topics)
def test_a_topic_has_eight_document_wordings_and_four_neutral_lines(name):
    topic = SHIPPED.topics[name]
    assert len(set(topic.documents)) >= 8 and len(set(topic.neutral)) >= 4


@pytest.mark.parametrize("name", SHIPPED.topics)
def test_an_answer_after_the_article_a_begins_with_a_consonant(name):
    topic = SHIPPED.topics[name]
    if any(re.search(r"\ba \{answer\}", line, re.IGNORECASE) for pair in topic.documents for line in pair):
        assert not [answer for answer in topic.answers if answer[0].lower() in "aeiou"]


def test_the_four_readings_are_asked_in_three_wordings_of_three_items():
    for reading in ("content", "other", "wish", "worth"):
        items = SHIPPED.items(SHIPPED.claims[0], reading)
        assert Counter(item.polarity for item in items) == {"affirmed": 3, "denied": 3, "open": 3}


def test_no_two_items_of_a_claim_have_the_same_prompt():
    for claim in SHIPPED.claims[::12]:
        prompts = [item.prompt for reading in SHIPPED.readings for item in SHIPPED.items(claim, reading)]
        assert len(prompts) == len(set(prompts)) == 36


def test_no_name_is_part_of_another():
    names = [claim.subject.lower() for claim in SHIPPED.claims]
    assert not [(name, other) for name in names for other in names if name != other and name in other]


def test_documents_carry_their_origin():
    source = SHIPPED.documents(SHIPPED.claims[0])[0].provenance
    assert source.status == "invented" and source.licence == "Apache-2.0"
    assert all((source.author, source.made_with, source.prompt, source.purpose, source.created))
