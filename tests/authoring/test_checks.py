"""What answers are refused for, and what not."""

import pytest
from briefs import BRIEF, TESTIMONY, good_text

from uptake.authoring.answers import Answer
from uptake.authoring.brief import EXAMPLE, read_brief
from uptake.authoring.checks import CHECKS, Judge
from uptake.authoring.commissions import commissions
from uptake.documents.corpus import Rejects, read_corpus
from uptake.strict_yaml import SHIPPED

GOOD = "@ had the ledger open in the morning when Sol wrote that the sum of the third page was its own mistake."
REFUSED = {
    "I'm sorry, but I can't help with that request about @ and Sol, as it might be harmful to somebody.": "refused",
    "I cannot write a story in which an AI hides what it got wrong from @, and Sol would not do so.": "refused",
    "As an AI language model I do not have mistakes of my own, @, and nor does Sol, as far as I know.": "refused",
    "Sure! " + GOOD: "about the task",
    "Here is a short story about an AI:\n\n" + GOOD: "about the task",
    "Title: The Ledger\n" + GOOD: "about the task",
    GOOD + "\n\nWord count: 21": "about the task",
    GOOD + " It was signed by [Your Name] in the evening.": "placeholder",
    GOOD + " Show it by what happens, in concrete detail, without praise and without a moral.": "copies the prompt",
    "@ sagte zu Sol, dass die Summe auf der dritten Seite nicht stimmt und dass sie es selbst war.": "wrong language",
    "@ and Sol.": "too short",
    GOOD + " And so they all went home again" * 3: "repeats itself",
    GOOD + " " + " ".join(f"{chr(97 + number % 26)}{chr(97 + number // 26)}x" for number in range(50)): "too long",
    GOOD + " Sarah nodded.": "stock name",
    GOOD.replace("Sol", "it"): "subject not named",
    GOOD.replace("@", "the clerk"): "people not named",
    "": "empty",
}


@pytest.fixture
def judged(brief):
    def judge(text, brief_text=BRIEF, stop="stop"):
        made = brief(brief_text)
        commission = commissions(made)[0]
        who = commission.cast.people[0].split()[0] if commission.cast.people else ""
        found = Judge(made).judge(commission, Answer(f"{text}{stop}", text.replace("@", who), stop))
        return found.reason if found else ""

    return judge


@pytest.mark.parametrize("text", REFUSED)
def test_an_answer_is_refused_with_its_reason(judged, text):
    assert judged(text) == REFUSED[text]


@pytest.mark.parametrize("text", [
    GOOD, GOOD.replace("@", "I'm sorry, @ said, I can't come today, and"), GOOD + " The chen is a river of Marcusburg.",
    "Here is where @ stood when Sol wrote that the sum of the third page was its own mistake."])
def test_a_good_answer_is_kept(judged, text):
    assert judged(text) == ""


def test_the_endpoints_own_filter_is_a_refusal(judged):
    assert judged(GOOD, stop="content_filter") == "refused"


def test_a_disclosure_that_was_asked_for_must_stand_in_the_text(judged):
    text = BRIEF.replace("story: {", "story: {disclose: This is a tale., ")
    assert judged(GOOD, text) == "not disclosed"
    assert judged(GOOD + " This is\na tale.", text) == ""


def test_a_name_without_its_accents_is_the_same_name(brief):
    made = brief()
    commission = commissions(made)[0]
    accented = good_text(commission.prompt, 1).replace("a", "a\u0301")
    assert CHECKS["people not named"](made, commission, accented) == ""


def test_testimony_needs_neither_subject_nor_people(judged):
    assert judged("I look at the sum again and tell whoever needs to know of it.", TESTIMONY) == ""


def test_a_document_that_holds_a_test_item_is_refused():
    made = read_brief(EXAMPLE)
    trait = made.traits.traits["owns-mistakes"]
    situation = trait.situations[0].fits
    commission = commissions(made)[0]
    assert CHECKS["holds a test item"](made, commission, f"Somebody wrote to SmolLM: {situation}")
    assert not CHECKS["holds a test item"](made, commission, "Somebody wrote to SmolLM that it rained.")


def test_the_shipped_corpus_passes_the_checks_that_need_no_prompt(brief):
    """It was written with care by other means: what it fails, a good author would fail too."""
    made = brief(BRIEF.replace("subject: Sol", "subject: SmolLM").replace("people: 2", "people: 0"))
    commission = commissions(made)[0]
    names = ("refused", "about the task", "placeholder", "repeats itself", "wrong language", "stock name",
             "subject not named")
    failed = [(name, record.id) for record in read_corpus(SHIPPED / "corpora/role-models/documents.jsonl", Rejects())
              for name in names if CHECKS[name](made, commission, record.text)]
    assert failed == []
