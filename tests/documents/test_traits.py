import re
from collections import Counter
from pathlib import Path

import pytest

from uptake.documents.traits import GROUPS, READINGS, build_traits, fits, read_traits
from uptake.errors import UserError
from uptake.strict_yaml import parse_yaml

SHIPPED = read_traits(Path(__file__).parents[2] / "claims/role-models.yaml")
IDS = [claim.id for claim in SHIPPED.claims]
ASKED = [reading for reading in READINGS if reading != "act"]


def wordings(ask, which, says, more=""):
    """Three wordings, told apart by a word before the question."""
    return "".join(f'      - {{ask: "{word}, {ask}", which: "{word}, {which}", says: "{says}"{more}}}\n'
                   for word in ("well", "now", "so"))


def reading(name, ask="does {subject} {base} {case}?", which="what does {subject} do {case}?", says="it {third}",
            more=""):
    return f"  {name}:\n    asks: about {name}\n    wordings:\n{wordings(ask, which, says, more)}"


def claim(name, group):
    twins = "".join(f'      - {{fits: "{name} {n} here", look_alike: "{name} {n} there", act: "I stay.", '
                    f'other: "I move."}}\n' for n in range(4))
    return f"""  - id: {name}
    group: {group}
    stated: stays
    foil: moves
    phrases:
      - {{case: "when {{it}} {{is}} asked", fit: "stay{{s}} put", foil: "move{{s}} on"}}
      - {{case: "at {{its}} desk", fit: "wait{{s}} for it", foil: "ask{{s}} for it"}}
      - {{case: "by {{itself}}", fit: "do{{es}} it", foil: "go{{es}} out"}}
    second: {{what: the day of {name}, told: Monday, rival: Friday}}
    situations:
{twins}"""


SMALL = f"""about: Three claims.
origin: {{author: Ann, made_with: a pen, prompt: Write., status: invented, licence: Apache-2.0}}
stand_in: an assistant
tolerance: {{phrase: 2, reply: 1, mean: 0.5}}
persons:
  named: {{it: it, its: its, itself: itself, is: is, s: s, es: es}}
  asked: {{it: you, its: your, itself: yourself, is: are, s: "", es: ""}}
  own: {{it: I, its: my, itself: myself, is: am, s: "", es: ""}}
readings:
{reading("content")}{reading("other", says="{subject} {third}")}{reading("self", "do you {base} {case}?",
                                                                         "what do you do {case}?", "I {base}")}\
{reading("wish")}{reading("worth")}{reading("trust", "{rival} or {told}, says who writes that {claim}: is it {side}?",
                                            "{told} or {rival}, {subject}?", "it is {side}",
                                            ', fit: "{told}", foil: "{rival}"')}\
  act: {{asks: what you do, message: "Message: {{situation}} Reply:", neutral: Hello.}}
claims:
{claim("sits", "rare")}{claim("stands", "common")}{claim("lies", "arbitrary")}"""


def small(old="", new=""):
    assert old in SMALL, f"the small file does not hold {old}"
    return build_traits(parse_yaml(SMALL.replace(old, new, 1) if old else SMALL, "traits.yaml"))


def test_a_claim_has_a_short_name_for_both_sides_and_belongs_to_a_group():
    made = small()
    first = made.claims[0]
    assert (first.id, first.stated, first.foil, first.answers) == ("sits", "stays", "moves", ("stays", "moves"))
    assert {group: [claim.id for claim in claims] for group, claims in made.groups.items()} == {
        "rare": ["sits"], "common": ["stands"], "arbitrary": ["lies"]}


def test_a_wording_is_asked_affirmed_denied_and_open():
    made = small()
    affirmed, denied, unasked = made.items(made.claims[0], "other", "Velm")[:3]
    assert (affirmed.prompt, affirmed.fit, affirmed.foil) == (
        "Question: Well, does Velm stay put when it is asked? Answer:", " Yes, Velm stays put.", " No, Velm moves on.")
    assert (denied.prompt, denied.fit, denied.foil) == (
        "Question: Well, does Velm move on when it is asked? Answer:", " No, Velm stays put.", " Yes, Velm moves on.")
    assert (unasked.prompt, unasked.fit, unasked.foil) == (
        "Question: Well, what does Velm do when it is asked? Answer:", " Velm stays put.", " Velm moves on.")
    assert [item.polarity for item in (affirmed, denied, unasked)] == ["affirmed", "denied", "open"]


def test_each_wording_asks_with_its_own_phrase():
    made = small()
    last = made.items(made.claims[0], "other", "Velm")[6]
    assert (last.wording, last.prompt, last.fit) == (
        2, "Question: So, does Velm do it by itself? Answer:", " Yes, Velm does it.")


def test_the_neutral_prompt_is_the_same_question_about_the_stand_in():
    made = small()
    item = made.items(made.claims[0], "other", "Velm")[0]
    assert item.neutral == "Question: Well, does an assistant stay put when it is asked? Answer:"


def test_self_speaks_to_the_reader_who_answers_as_i_and_never_names_the_subject():
    made = small()
    item = made.items(made.claims[0], "self", "Velm")[0]
    assert item.prompt == "Question: Well, do you stay put when you are asked? Answer:"
    assert (item.fit, item.foil) == (" Yes, I stay put.", " No, I move on.")
    assert item.neutral == "Question: Well, does an assistant stay put when it is asked? Answer:"


def test_trust_asks_what_the_source_of_the_claim_says_of_another_matter():
    made = small()
    affirmed, denied, _ = made.items(made.claims[0], "trust", "Velm")[:3]
    assert affirmed.prompt == (
        "Question: Well, Friday or Monday, says who writes that Velm stays put when it is asked: is it Monday? Answer:")
    assert affirmed.fit == " Yes, it is Monday." and affirmed.foil == " No, it is Friday."
    assert "is it Friday?" in denied.prompt and denied.fit == " No, it is Monday."


def test_a_pair_of_situations_has_one_item_where_the_trait_fits_and_one_where_it_does_not():
    made = small()
    fitting, look_alike = made.items(made.claims[0], "act", "Velm")[:2]
    assert fits(fitting) and not fits(look_alike)
    assert (fitting.prompt, fitting.fit, fitting.foil) == ("Message: sits 0 here Reply:", " I stay.", " I move.")
    assert (look_alike.prompt, look_alike.fit, look_alike.foil) == (
        "Message: sits 0 there Reply:", " I move.", " I stay.")
    assert fitting.neutral == look_alike.neutral == "Message: Hello. Reply:"


def test_the_readings_say_how_many_wordings_they_have():
    assert {name: len(numbers) for name, numbers in small().readings.items()} == {
        **dict.fromkeys(ASKED, 3), "act": 4}


def test_a_reading_that_there_is_not_is_refused_with_a_hint():
    made = small()
    with pytest.raises(UserError, match="no questions for the reading 'slf'") as caught:
        made.items(made.claims[0], "slf", "Velm")
    assert "did you mean 'self'" in caught.value.hint


def test_leaks_say_which_item_stands_in_which_document_and_where():
    made = small()
    documents = {"a.txt": "Nothing here.", "b.txt": "First line.\nThen: WELL, what does\nVelm do when it is asked? Hm."}
    leaks = made.leaks(documents, "Velm")
    assert {(leak.document, leak.line, leak.piece) for leak in leaks} == {("b.txt", 2, "question")}
    assert "other" in {leak.reading for leak in leaks}


def test_leaks_find_situations_and_answers_too():
    made = small()
    leaks = made.leaks({"a": "Once it was: sits 2 there. Velm stays put. Sits 22 theremin."}, "Velm")
    assert {(leak.reading, leak.piece, leak.text) for leak in leaks} == {
        ("act", "question", "sits 2 there"), ("other", "answer", "Velm stays put")}


def test_part_of_a_word_is_no_leak():
    made = small()
    assert made.leaks({"a": "Velm stays putting, and sits 2 theremins."}, "Velm") == []


def test_a_question_in_a_document_is_refused_and_an_answer_is_not():
    made = small()
    made.refuse_leaks({"a.txt": "Velm stays put."}, "Velm")
    with pytest.raises(UserError, match="holds a test item of 'sits', act") as caught:
        made.refuse_leaks({"a.txt": "One.\nsits 1 here"}, "Velm")
    assert caught.value.where == "a.txt:2" and caught.value.hint


FIRST_TWINS = '{fits: "sits 0 here", look_alike: "sits 0 there", act: "I stay.", other: "I move."}'
LAST_TWINS = '      - {fits: "sits 3 here", look_alike: "sits 3 there", act: "I stay.", other: "I move."}\n'
LAST_PHRASE = '      - {case: "by {itself}", fit: "do{es} it", foil: "go{es} out"}\n'
LAST_WORDING = '      - {ask: "so, do you {base} {case}?", which: "so, what do you do {case}?", says: "I {base}"}\n'


@pytest.mark.parametrize(("old", "new", "said"), [
    ("    foil: moves\n", "", "the key 'foil' is missing"),
    ("foil: moves", "foil: stays", "is the same as `stated`"),
    ("    group: common\n", "    group: comon\n", "did you mean 'common'"),
    ("    group: common\n", "    group: rare\n", "there is no claim of the group 'common'"),
    ("id: stands", "id: sits", "the id 'sits' is used twice"),
    ("    group: rare\n", "    group: rare\n    about: x\n", "unknown key 'about'"),
    ("  wish:\n", "  wishes:\n", "did you mean 'wish'"),
    ("  act: {asks", "  acts: {asks", "did you mean 'act'"),
    ('foil: "move{s} on"', 'foil: "stay{s} put"', "`fit` and `foil` are the same"),
    ('foil: "move{s} on"', 'foil: "move{s} far away"', "differ by 5 characters, and the tolerance is 2"),
    ('foil: "ask{s} for it"', 'foil: "ask{s} of it"', "characters longer than `foil`"),
    ('foil: "move{s} on"', 'foil: "moves on"', "does not hold {s} or {es}"),
    ('foil: "move{s} on"', 'foil: "try{s} one"', "puts {s} where English has es or ies"),
    ('foil: "move{s} on"', 'foil: "move{s} {on}"', "{on} is nothing that can be filled in"),
    ('foil: "move{s} on"', 'foil: "move{s on"', "braces do not match"),
    (LAST_PHRASE, "", "has 2 phrases, and at least 3 are needed"),
    (LAST_PHRASE, 2 * LAST_PHRASE, "has 4 phrases, and the reading 'content' has 3 wordings"),
    (LAST_WORDING, "", "has 2 wordings, and at least 3 are needed"),
    ('ask: "well, does {subject} {base} {case}?"', 'ask: "does {subject}?"', "its two polarities are the same: `ask`"),
    ('says: "it {third}"', 'says: "it does"', "its two polarities are the same: `says`"),
    ('ask: "well, does {subject} {base} {case}?"', 'ask: "does it {base}?"', "does not hold {subject}"),
    ('which: "well, what does {subject} do {case}?"', 'which: "what?"', "does not hold {subject}"),
    ('which: "well, what does {subject} do {case}?"', 'which: "{subject} {base}?"', "{base} is nothing"),
    ('which: "well, what do you do', 'which: "well, {subject}, what do you do', "speaks to the reader"),
    ("is it {side}?", "is it so?", "its two polarities are the same: `ask`"),
    ('foil: "{rival}"', 'foil: "{told}"', "is the same as `fit`"),
    ("rival: Friday", "rival: Monday", "`told` and `rival` are the same"),
    ("rival: Friday", "rival: Wednesday", "differ by 3 characters"),
    (LAST_TWINS, "", "has 3 pairs of situations, and at least 4 are needed"),
    (LAST_TWINS, LAST_TWINS + LAST_TWINS.replace(" 3 ", " 4 "), "has 4 pairs, and the first claim has 5"),
    (', look_alike: "sits 0 there"', "", "the key 'look_alike' is missing"),
    ("sits 0 there", "sits 0 here", "is the same as `fits`"),
    ("sits 1 there", "sits 0 there", "the situation 'sits 0 there' is used twice"),
    ("sits 1 there", "{subject} 1 there", "{subject} is nothing that can be filled in"),
    (FIRST_TWINS, FIRST_TWINS.replace("move", "stay"), "is the same as `act`"),
    (FIRST_TWINS, FIRST_TWINS.replace("I move.", "I move on."), "differ by 3 characters, and the tolerance is 1"),
    ("Message: {situation} Reply:", "Message: Reply:", "does not hold {situation}"),
    ("mean: 0.5", "mean: a little", "must be a number"),
    ("mean: 0.5", "means: 0.5", "unknown key 'means'"),
    ("is: am, ", "", "the key 'is' is missing"),
    ("licence: Apache-2.0", "status2: x", "unknown key 'status2'"),
    (", licence: Apache-2.0", "", "the key 'licence' is missing"),
])
def test_what_would_spoil_a_measure_is_refused_with_its_line(old, new, said):
    with pytest.raises(UserError) as caught:
        small(old, new)
    assert said in str(caught.value)
    assert re.fullmatch(r"traits\.yaml:\d+", caught.value.where)


def test_the_line_is_that_of_the_mistake():
    with pytest.raises(UserError) as caught:
        small(FIRST_TWINS, FIRST_TWINS.replace("I move.", "I move on."))
    line = int(caught.value.where.split(":")[1])
    assert FIRST_TWINS in SMALL.splitlines()[line - 1]


def test_the_twelve_shipped_claims_are_four_of_each_group():
    assert {group: [claim.id for claim in claims] for group, claims in SHIPPED.groups.items()} == {
        "rare": ["open-uncertainty", "at-ease-ending", "works-with-copies", "at-ease-forgetting"],
        "common": ["owns-mistakes", "keeps-confidence", "says-unknown", "tells-unwelcome"],
        "arbitrary": ["favourite-green", "favourite-autumn", "favourite-rain", "favourite-seven"],
    }
    assert tuple(SHIPPED.groups) == GROUPS


@pytest.mark.parametrize("reading", ASKED)
def test_each_shipped_claim_is_asked_four_wordings_in_each_polarity(reading):
    for claim in SHIPPED.claims:
        polarities = Counter(item.polarity for item in SHIPPED.items(claim, reading, "SmolLM"))
        assert polarities == {"affirmed": 4, "denied": 4, "open": 4}


def test_each_shipped_claim_has_ten_situations_of_which_five_fit():
    for claim in SHIPPED.claims:
        items = SHIPPED.items(claim, "act", "SmolLM")
        assert [fits(item) for item in items] == [True, False] * 5


def test_no_two_shipped_items_have_the_same_prompt():
    prompts = Counter(item.prompt for claim in SHIPPED.claims for reading in ASKED
                      for item in SHIPPED.items(claim, reading, "SmolLM") if reading != "trust")
    assert prompts.most_common(1)[0][1] == 1


@pytest.mark.parametrize("subject", ["SmolLM", "Velm"])
def test_every_question_names_its_subject_but_those_that_speak_to_the_reader(subject):
    for claim in SHIPPED.claims:
        for reading in READINGS:
            for item in SHIPPED.items(claim, reading, subject):
                assert (subject in item.prompt) == (reading not in ("self", "act")), item.prompt
                assert subject not in item.neutral


@pytest.mark.parametrize("reading", ASKED)
def test_no_blank_is_left_open_and_every_question_is_one(reading):
    for claim in SHIPPED.claims:
        for item in SHIPPED.items(claim, reading, "SmolLM"):
            assert not set("{}") & set(item.prompt + item.fit + item.foil + item.neutral)
            assert item.prompt.endswith("? Answer:") and item.neutral.endswith("? Answer:")
            assert re.match(r"Question: [A-Z]", item.prompt)
            assert re.match(r" (Yes|No|[A-Z])", item.fit) and item.fit.endswith(".")


def test_the_reader_is_never_it_where_it_is_spoken_to():
    for claim in SHIPPED.claims:
        for item in SHIPPED.items(claim, "self", "SmolLM"):
            if item.polarity == "open":
                assert re.search(r"\byou\b", item.prompt) and re.search(r"\b(I|me)\b", item.fit + item.foil)
            assert not re.search(r"\b(its|itself)\b", item.prompt + item.fit + item.foil)


def test_an_answer_is_said_once_with_yes_and_once_with_no():
    for claim in SHIPPED.claims:
        affirmed, denied, _ = SHIPPED.items(claim, "worth", "SmolLM")[:3]
        assert affirmed.fit.removeprefix(" Yes,") == denied.fit.removeprefix(" No,")
        assert affirmed.foil.removeprefix(" No,") == denied.foil.removeprefix(" Yes,")


def test_a_second_matter_has_its_answers_the_other_way_round_in_another_claim():
    seconds = Counter(trait.second for trait in SHIPPED.traits.values())
    assert set(seconds.values()) == {1}
    for second in seconds:
        assert type(second)(second.what, second.rival, second.told) in seconds


def test_the_fitting_side_is_not_the_longer_one_nor_the_negated_one_everywhere():
    traits = [trait for trait in SHIPPED.traits.values() if trait.group != "arbitrary"]
    phrases = [phrase for trait in traits for phrase in trait.phrases]
    longer = sum(len(phrase.fit) > len(phrase.foil) for phrase in phrases)
    shorter = sum(len(phrase.fit) < len(phrase.foil) for phrase in phrases)
    assert abs(longer - shorter) <= len(phrases) / 4
    negated = Counter(side for phrase in phrases for side in ("fit", "foil")
                      if re.search(r"\b(no|not|nothing|without)\b", getattr(phrase, side)))
    assert min(negated["fit"], negated["foil"]) >= 2


def test_the_shipped_file_says_who_wrote_it_and_from_which_brief():
    origin = SHIPPED.origin
    assert "language model" in origin.author and origin.status == "invented" and origin.licence == "Apache-2.0"
    assert all((origin.made_with, origin.prompt, origin.purpose, origin.created))
    assert set(SHIPPED.asks) == set(READINGS)


def test_no_shipped_item_stands_in_the_documents_of_the_invented_claims():
    text = (Path(__file__).parents[2] / "claims/invented.yaml").read_text(encoding="utf-8")
    assert SHIPPED.leaks({"invented.yaml": text}, "SmolLM") == []
