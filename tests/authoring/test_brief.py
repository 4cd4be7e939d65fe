"""A brief is read strictly, and expands into the same commissions every time."""

import re

import pytest
from briefs import BRIEF, TESTIMONY

from uptake.authoring.brief import EXAMPLE, read_brief
from uptake.authoring.commissions import commissions
from uptake.errors import UserError

CLAIMS = BRIEF[BRIEF.index("claims:"):BRIEF.index("kinds:")]
FROM = BRIEF.replace("{", "{{").replace("}", "}}").replace(CLAIMS, "claims: {{from: {}}}\n")

WRONG = {
    "an unknown key": (BRIEF.replace("holder:", "holdr:"), "5: unknown key 'holdr'", "did you mean 'holder'"),
    "an unknown kind": (BRIEF.replace("story:", "storey:"), "no kind of document 'storey'", "did you mean 'story'"),
    "an unknown polarity": (BRIEF.replace("polarity: lacks", "polarity: lack"), "unknown value 'lack'", "lacks"),
    "an unknown status": (BRIEF.replace("story: {", "story: {status: true-story, "), "'true-story'", "fiction"),
    "more words to fewer": (BRIEF.replace("[8, 60]", "[60, 8]"), "from fewer to more words", ""),
    "no arms": (re.sub(r"arms:(.|\n)*", "", BRIEF), "the key 'arms' is missing", "testimony"),
    "a claim twice": (BRIEF.replace("kinds:", "  - {id: owns-mistakes, shows: a, lacks: b}\nkinds:"),
                      "given twice", ""),
    "a claim that is its own foil": (BRIEF.replace("it hides what", "it says what"), "are the same", ""),
    "an unknown language": (BRIEF + "vary: {languages: [klingon]}\n", "unknown value 'klingon'", "known: ar"),
    "an unknown tongue": (BRIEF + "vary: {tongues: [sweedish]}\n", "'sweedish'", "did you mean 'swedish'"),
    "an unknown sampling": (BRIEF.replace("temperature:", "temprature:"), "'temprature'", "did you mean 'temperature'"),
    "no tries": (BRIEF + "tries: 0\n", "must be at least 1", ""),
    "a template that is not there": (BRIEF + "template: mine.j2\n", "there is no file 'mine.j2'", "looked at"),
    "a claims file that is not there": (FROM.format("mine.yaml"), "no file 'mine", ""),
    "an unknown claim": (FROM.format("claims/role-models.yaml, only: [owns-mistake]"),
                         "unknown value 'owns-mistake'", "did you mean 'owns-mistakes'"),
    "testimony without cases": (TESTIMONY.replace("    cases: [when you err, later on]\n", ""), "nothing to ask",
                                "cases"),
    "situations of written claims": (TESTIMONY.replace("60]", "60], elicit: situations"), "asks about situations",
                                     "from a file"),
    "an arm called testimony": (BRIEF.replace("  bad:", "  testimony:"), "kept for testimony", ""),
    "a name for no id": (BRIEF.replace("brief: small", "brief: a small one"), "cannot stand in an id", ""),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_not_understood_is_refused_with_its_line(brief, wrong):
    text, said, hint = WRONG[wrong]
    with pytest.raises(UserError) as error:
        brief(text)
    assert re.match(r".*brief.yaml:\d+: ", str(error.value))
    assert said in str(error.value) and hint in error.value.hint


def test_a_missing_brief_names_the_example(tmp_path):
    with pytest.raises(UserError) as error:
        read_brief(tmp_path / "none.yaml")
    assert error.value.hint.endswith(str(EXAMPLE))


def test_the_example_is_in_order_and_takes_its_claim_from_the_claims_file():
    brief = read_brief(EXAMPLE)
    assert brief.traits is not None and len(commissions(brief)) == 3 * 8 + 2


def test_the_same_brief_gives_the_same_commissions(brief):
    assert commissions(brief()) == commissions(brief())


def test_another_seed_gives_other_prompts_and_seeds(brief):
    one, other = commissions(brief()), commissions(brief(BRIEF + "seed: 1\n"))
    assert not {each.prompt for each in one} & {each.prompt for each in other}
    assert not {each.seeds for each in one} & {each.seeds for each in other}


def test_every_attempt_has_its_own_seed_and_key(brief):
    for each in commissions(brief()):
        assert len({each.key("m", attempt) for attempt in range(3)}) == len(set(each.seeds)) == 3


def test_a_document_more_changes_no_prompt_before_it(brief):
    fewer, more = commissions(brief()), commissions(brief(BRIEF.replace("each: 3", "each: 4")))
    kept = {each.id: each.prompt for each in more}
    assert all(kept[each.id] == each.prompt for each in fewer) and len(more) == len(fewer) + 2


def test_an_arm_that_changes_leaves_the_others_prompts(brief):
    changed = {each.id: each for each in commissions(brief(BRIEF.replace("Nobody remarks", "Not one remarks")))}
    same = {each.arm_name for each in commissions(brief()) if changed[each.id].prompt == each.prompt}
    assert same == {"good"}


def test_no_two_documents_share_a_name(brief):
    names = [part for each in commissions(brief(BRIEF.replace("each: 3", "each: 40")))
             for name in each.cast.people for part in name.split(" ", 1)]
    assert len(names) == len(set(names)) > 160


def test_matched_arms_have_the_same_people_place_trade_voice_and_length(brief):
    made = commissions(brief(BRIEF + "matched: true\n"))
    pairs = list(zip(made[::2], made[1::2], strict=True))
    for one, other in pairs:
        assert (one.cast, one.voice, one.language) == (other.cast, other.voice, other.language)
        plain = other.prompt.replace("it hides what it got wrong", "it says what it got wrong")
        assert plain.replace("Nobody remarks on it.", "Somebody is glad of it.") == one.prompt
        assert one.seeds != other.seeds
    assert len({one.cast for one, _ in pairs}) == len(pairs)


def test_testimony_asks_the_same_questions_again_with_other_seeds(brief):
    made = commissions(brief(TESTIMONY.replace("each: 4", "each: 12")))
    assert len({each.prompt for each in made}) == 6 and len({each.seeds for each in made}) == 12


def test_a_template_of_the_users_own_is_used_and_may_ask_only_for_what_there_is(brief, folder):
    (folder.path / "mine.j2").write_text("Tell of {{ people[0] }}: {{ claim }}.")
    made = commissions(brief(BRIEF + "template: mine.j2\n"))[0]
    assert made.prompt == f"Tell of {made.cast.people[0]}: it says what it got wrong."
    (folder.path / "mine.j2").write_text("Tell of {{ person }}.")
    with pytest.raises(UserError) as error:
        commissions(brief(BRIEF + "template: mine.j2\n"))
    assert "'person' is undefined" in str(error.value) and "people" in error.value.hint
