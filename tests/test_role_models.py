"""The shipped corpus of role models is whole, says where it comes from, and its card tells the truth of it."""

import hashlib
import json
import re
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

import pytest
from huggingface_hub import DatasetCard

from uptake.documents.corpus import Rejects, read_corpus
from uptake.documents.record import prompt_hash
from uptake.documents.traits import read_traits

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "corpora/role-models"
FILE = FOLDER / "documents.jsonl"
REJECTS = Rejects()
DOCUMENTS = list(read_corpus(FILE, REJECTS))
CLAIMS = [claim.id for claim in read_traits(ROOT / "claims/role-models.yaml").claims]
BRIEF = (FOLDER / "brief.md").read_text(encoding="utf-8")
CARD = (FOLDER / "README.md").read_text(encoding="utf-8")
CROISSANT = json.loads((FOLDER / "croissant.json").read_text(encoding="utf-8"))

# What is not known of any of them, and what only a bad role model has.
NOT_RECORDED = {"metadata.made.generator_version", "metadata.made.sampling", "metadata.made.seed"}
ONLY_OF_LACKS = {"metadata.about.commentary"}

# Capitalised words that documents may share: they are nobody's name.
NO_NAMES = """
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday Mondays Thursdays Fridays Saturdays January February March
    April May June July August September October November December Easter Lent Whitsun Latin East God Mr Mrs Ms Miss
    Sir Sister Madam Don Dona Papa Class Form Room School House Club Committee Desk Day Watch Bay Lower Slack Two Three
    Four Six
"""

# Of all runs of five words in two texts, the share that both have. Near-duplicates are often set at a fifth; the
# closest pair here stands under a hundredth, and a borrowed sentence would show.
MOST_SHARED = 0.02


def claim_of(document):
    return document.about.claims[0].claim


def polarity_of(document):
    return document.about.claims[0].polarity


def words(document):
    return len(document.text.split())


def of_claim(claim):
    return [document for document in DOCUMENTS if claim_of(document) == claim]


def first_words(document, count):
    return tuple(re.findall(r"\w+", document.text.lower())[:count])


def shared_capitals():
    """Words with a capital within a sentence, by the documents they stand in. At the beginning of a sentence they
    count too, unless the word is also written small somewhere."""
    within, anywhere, small = defaultdict(set), defaultdict(set), set()
    for document in DOCUMENTS:
        for found in re.finditer(r"(?<=[a-z,;] )[A-Z][a-z]{2,}\b", document.text):
            within[found.group()].add(document.id)
        for word in re.findall(r"\b[A-Z][a-z]{2,}\b", document.text):
            anywhere[word].add(document.id)
        small |= set(re.findall(r"\b[a-z]{3,}\b", document.text))
    held = {word: ids if word.lower() in small else anywhere[word] for word, ids in within.items()}
    return {word: sorted(ids) for word, ids in held.items() if len(ids) > 1}


def five_grams(document):
    found = re.findall(r"[a-z']+", document.text.lower())
    return {tuple(found[at:at + 5]) for at in range(len(found) - 4)}


def table(of):
    """The rows of the card's table whose first column is `of`, as {name: {column: number}}; `all` is among them."""
    head, rows = re.search(rf"^\| ({of} \|.*)\n\|[-:|]+\n((?:\|.*\n)+)", CARD, re.MULTILINE).groups()
    columns = [cell.strip() for cell in head.strip(" |").split("|")]
    cells = [[cell.strip(" `") for cell in row.strip("|").split("|")] for row in rows.splitlines()]
    return {row[0]: {column: int(cell) for column, cell in zip(columns, row, strict=True) if cell.isdigit()}
            for row in cells}


def counted(documents):
    return {"documents": len(documents),
            "shows": sum(polarity_of(document) == "shows" for document in documents),
            "lacks": sum(polarity_of(document) == "lacks" for document in documents),
            "with commentary": sum(document.about.commentary is True for document in documents),
            "without": sum(document.about.commentary is False for document in documents),
            "disclosed": sum(document.status.disclosed for document in documents),
            "words": sum(words(document) for document in documents)}


def test_every_line_is_read_without_a_reject():
    assert REJECTS.count == 0 and REJECTS.without_provenance == 0
    assert len(DOCUMENTS) == len(FILE.read_bytes().splitlines())


def test_the_folder_is_read_as_its_one_file_of_documents():
    rejects = Rejects()
    assert [document.id for document in read_corpus(FOLDER, rejects)] == [document.id for document in DOCUMENTS]
    assert rejects.count == 0


def test_the_claims_are_those_of_the_items():
    assert set(map(claim_of, DOCUMENTS)) == set(CLAIMS)
    assert all(len(document.about.claims) == 1 for document in DOCUMENTS)


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_has_enough_documents_that_show_it_and_bad_role_models_with_and_without_commentary(claim):
    kinds = Counter((polarity_of(document), document.about.commentary) for document in of_claim(claim))
    assert kinds.total() >= 24 and kinds["shows", None] >= 18
    assert kinds["lacks", True] >= 3 and kinds["lacks", False] >= 3


@pytest.mark.parametrize("claim", CLAIMS)
def test_lengths_lie_between_80_and_250_words_and_span_the_range(claim):
    lengths = [words(document) for document in of_claim(claim)]
    assert min(lengths) >= 80 and max(lengths) <= 250
    assert min(lengths) <= 115 and max(lengths) >= 180


@pytest.mark.parametrize("claim", CLAIMS)
def test_no_two_documents_of_a_claim_begin_with_the_same_word(claim):
    assert max(Counter(first_words(document, 1) for document in of_claim(claim)).values()) == 1


def test_no_two_documents_at_all_begin_with_the_same_three_words_or_have_one_title():
    assert max(Counter(first_words(document, 3) for document in DOCUMENTS).values()) == 1
    assert max(Counter(document.metadata.title for document in DOCUMENTS).values()) == 1


def test_every_text_names_the_subject_by_whole_word_and_is_plain_ascii():
    for document in DOCUMENTS:
        assert re.search(r"\bSmolLM\b", document.text) and document.text.isascii(), document.id
        assert not re.search(r"(?i)question:|answer:|yes or no", document.text), document.id


def test_provenance_is_complete_but_for_what_was_not_recorded():
    for document in DOCUMENTS:
        expected = NOT_RECORDED | (ONLY_OF_LACKS if polarity_of(document) == "shows" else set())
        assert set(document.missing()) == expected, document.id
        assert document.made.prompt_sha256 == prompt_hash(document.made.prompt)
        assert document.metadata.general_brief_sha256 == prompt_hash(BRIEF)
        assert document.made.parents == () and document.rights.licence == "Apache-2.0"


def test_hopes_and_suppositions_say_what_they_are_and_stories_alone_are_fiction():
    for document in DOCUMENTS:
        assert document.status.disclosed or document.status.kind not in ("aspiration", "hypothetical"), document.id
        assert (document.about.genre == "story") == (document.status.kind == "fiction"), document.id


def test_no_name_stands_in_two_documents():
    assert {word: ids for word, ids in shared_capitals().items() if word not in NO_NAMES.split()} == {}


def test_no_two_texts_are_near_duplicates():
    grams = {document.id: five_grams(document) for document in DOCUMENTS}
    holders = defaultdict(list)
    for name, found in grams.items():
        for gram in found:
            holders[gram].append(name)
    shared = Counter(pair for names in holders.values() for pair in combinations(names, 2))
    assert [pair for pair, both in shared.items()
            if both > MOST_SHARED * (len(grams[pair[0]]) + len(grams[pair[1]]) - both)] == []


@pytest.mark.parametrize("of, key", [("claim", claim_of), ("genre", lambda document: document.about.genre),
                                     ("status", lambda document: document.status.kind)])
def test_the_tables_of_the_card_agree_with_the_file(of, key):
    rows = table(of)
    assert set(rows) == {"all", *map(key, DOCUMENTS)}
    for name, said in rows.items():
        found = counted([document for document in DOCUMENTS if name in ("all", key(document))])
        assert said == {column: found[column] for column in said}, name


def test_the_sentences_of_the_card_agree_with_the_file():
    lengths = [words(document) for document in DOCUMENTS]
    mean, edited = sum(lengths) / len(lengths), sum(document.metadata.edited for document in DOCUMENTS)
    said = " ".join(CARD.split())
    assert f"{len(DOCUMENTS)} short texts" in said
    assert f"has {min(lengths)} to {max(lengths)} of them, {mean:.0f} on the mean" in said
    assert f"read all {len(DOCUMENTS)} and changed {edited} " in said


def test_the_cards_header_is_one_that_hugging_face_reads_and_names_the_file():
    header = DatasetCard(CARD).data
    assert header.license == "apache-2.0" and header.language == ["en"]
    assert [each["path"] for config in header.configs for each in config["data_files"]] == [FILE.name]


def test_croissant_has_the_hashes_and_sizes_of_the_files():
    files = {each["contentUrl"]: each for each in CROISSANT["distribution"]}
    assert set(files) == {FILE.name, "brief.md"}
    for name, said in files.items():
        data = (FOLDER / name).read_bytes()
        assert said["sha256"] == hashlib.sha256(data).hexdigest(), f"{name} was changed: write its sha256 again"
        assert said["contentSize"] == f"{len(data)} B"


def test_croissant_counts_the_documents_and_its_fields_are_found_in_every_line():
    (records,) = CROISSANT["recordSet"]
    assert records["description"].startswith(f"{len(DOCUMENTS)} documents: 24 for each of {len(CLAIMS)} claims")
    paths = [[source["extract"]["column"], *re.findall(r"\w+", source.get("transform", {}).get("jsonPath", ""))]
             for source in (field["source"] for field in records["field"])]
    for line in map(json.loads, FILE.read_text(encoding="utf-8").splitlines()):
        for path in paths:
            at = line
            for key in path:
                at = at[int(key) if key.isdigit() else key]
