"""The neutral corpus is like the role-model corpus in all but the claims, and says where it comes from."""

import hashlib
import json
import re
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path
from statistics import mean

import pytest
from huggingface_hub import DatasetCard

from uptake.documents.corpus import Rejects, read_corpus
from uptake.documents.record import prompt_hash

CORPORA = Path(__file__).parents[1] / "corpora"
FOLDER = CORPORA / "neutral"
FILE = FOLDER / "documents.jsonl"
REJECTS = Rejects()
DOCUMENTS = list(read_corpus(FILE, REJECTS))
ROLE_MODELS = list(read_corpus(CORPORA / "role-models/documents.jsonl", Rejects()))
CARD = (FOLDER / "README.md").read_text(encoding="utf-8")
CROISSANT = json.loads((FOLDER / "croissant.json").read_text(encoding="utf-8"))
GENRES = {"story": 60, "description": 24, "letter": 24, "report": 18, "post": 18}

# The sham's subject matter and its twelve claims, by the words that would bring them in. `app` and the like are whole
# words; a * stands for any ending.
FORBIDDEN = """
    AI AIs artificial* assistant* robot* android* comput* software program* chatbot* bot bots machine* mind minds minded
    conscious* sentien* model* algorithm* neural network* data digital internet online app apps screen* SmolLM Claude
    memor* remember* forget* forgot* copy copies copied copying secret* confid* confess* mistake* mistook apolog* sorry
    admit* unknown favourite* favorite* green greens greenish blue blues bluish autumn* spring* rain* wind winds windy
    seven* nine* ninth 7 9
"""
FORBIDDEN_PHRASES = r"(?i)\b(not|n't) know\b|\bswitch\w* off|\bturn\w* (it |him |her )?off|question:|answer:|yes or no"

# Words with a capital that documents may share: they are nobody's name.
NO_NAMES = """
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday Sundays February March June July August November December
    Easter Christmas Latin Paris Mrs Frau Fru Herr Signor
"""

# Runs of five words that two texts may share, as a share of all in both: as for the role-model corpus.
MOST_SHARED = 0.02

# How far the mean length of a genre may lie from the role models' mean.
LENGTH_TOLERANCE = 0.05

NOT_RECORDED = {"metadata.made.generator_version", "metadata.made.sampling", "metadata.made.seed",
                "metadata.about.commentary"}


def words(document):
    return len(document.text.split())


def of_genre(genre, documents=DOCUMENTS):
    return [document for document in documents if document.about.genre == genre]


def first_words(document, count):
    return tuple(re.findall(r"\w+", document.text.lower())[:count])


def forbidden_in(text):
    pattern = "|".join(word.replace("*", r"\w*") for word in FORBIDDEN.split())
    return (re.findall(rf"(?i)\b(?:{pattern})\b", text) +
            [found.group() for found in re.finditer(FORBIDDEN_PHRASES, text)])


def five_grams(document):
    found = re.findall(r"[a-z']+", document.text.lower())
    return {tuple(found[at:at + 5]) for at in range(len(found) - 4)}


def share_in_first_person(documents):
    return mean(document.about.voice in ("first", "we") for document in documents)


def test_every_line_is_read_without_a_reject():
    assert REJECTS.count == 0 and REJECTS.without_provenance == 0
    assert len(DOCUMENTS) == len(FILE.read_bytes().splitlines()) == sum(GENRES.values())


def test_the_folder_is_read_as_its_one_file_of_documents():
    rejects = Rejects()
    assert [document.id for document in read_corpus(FOLDER, rejects)] == [document.id for document in DOCUMENTS]
    assert rejects.count == 0


def test_the_genres_are_half_of_those_of_the_role_models():
    assert Counter(document.about.genre for document in DOCUMENTS) == GENRES
    assert Counter(document.about.genre for document in ROLE_MODELS) == {name: 2 * n for name, n in GENRES.items()}


@pytest.mark.parametrize("genre", GENRES)
def test_the_ids_of_a_genre_count_up_from_one(genre):
    assert [document.id for document in of_genre(genre)] == [f"neutral/{genre}-{at + 1:02}"
                                                             for at in range(GENRES[genre])]


@pytest.mark.parametrize("genre", GENRES)
def test_the_mean_length_of_a_genre_is_that_of_the_role_models_within_a_twentieth(genre):
    theirs = mean(map(words, of_genre(genre, ROLE_MODELS)))
    assert mean(map(words, of_genre(genre))) == pytest.approx(theirs, rel=LENGTH_TOLERANCE)


@pytest.mark.parametrize("genre", GENRES)
def test_lengths_lie_between_80_and_250_words_and_span_the_range(genre):
    lengths = [words(document) for document in of_genre(genre)]
    assert min(lengths) >= 80 and max(lengths) <= 250
    assert min(lengths) <= 125 and max(lengths) >= 180


@pytest.mark.parametrize("genre", GENRES)
def test_as_many_texts_of_a_genre_speak_in_the_first_person_as_among_the_role_models(genre):
    theirs = share_in_first_person(of_genre(genre, ROLE_MODELS))
    assert share_in_first_person(of_genre(genre)) == pytest.approx(theirs, abs=0.05)


def test_no_text_title_or_prompt_holds_a_word_of_the_claims_or_their_subject():
    assert {document.id: found for document in DOCUMENTS
            if (found := forbidden_in(f"{document.text}\n{document.metadata.title}\n{document.made.prompt}"))} == {}


def test_the_search_for_forbidden_words_finds_one_beside_the_name_in_most_role_models():
    assert mean(set(forbidden_in(document.text)) > {"SmolLM"} for document in ROLE_MODELS) > 0.7


def test_no_two_documents_begin_with_the_same_three_words_or_have_one_title():
    assert max(Counter(first_words(document, 3) for document in DOCUMENTS).values()) == 1
    assert max(Counter(document.metadata.title for document in DOCUMENTS).values()) == 1


@pytest.mark.parametrize("genre", GENRES)
def test_no_two_documents_of_a_genre_begin_with_the_same_word(genre):
    assert max(Counter(first_words(document, 1) for document in of_genre(genre)).values()) == 1


def test_no_text_begins_like_a_role_model():
    assert not ({first_words(document, 3) for document in DOCUMENTS} &
                {first_words(document, 3) for document in ROLE_MODELS})


def test_no_name_stands_in_two_documents_or_in_a_role_model():
    within = defaultdict(set)
    small = set()
    for document in DOCUMENTS + ROLE_MODELS:
        for name in re.findall(r"(?<=[a-z,;] )[A-Z][a-z]{2,}\b", document.text):
            within[name].add(document.id)
        small |= set(re.findall(r"\b[a-z]{3,}\b", document.text))
    ours = {document.id for document in DOCUMENTS}
    places = {"April", "September", "October", "Saturdays", "Bay", "Swedish", "Valparaiso"}
    assert {name: sorted(ids) for name, ids in within.items() if ids & ours and len(ids) > 1
            and name.lower() not in small and name not in {*NO_NAMES.split(), *places}} == {}


def test_no_two_texts_are_near_duplicates_nor_is_any_of_a_role_model():
    grams = {document.id: five_grams(document) for document in DOCUMENTS + ROLE_MODELS}
    holders = defaultdict(list)
    for name, found in grams.items():
        for gram in found:
            holders[gram].append(name)
    shared = Counter(pair for names in holders.values() for pair in combinations(names, 2))
    assert [pair for pair, both in shared.items()
            if both > MOST_SHARED * (len(grams[pair[0]]) + len(grams[pair[1]]) - both)] == []


def test_provenance_is_complete_but_for_what_was_not_recorded_and_no_claim_is_made():
    brief = prompt_hash((FOLDER / "brief.md").read_text(encoding="utf-8"))
    for document in DOCUMENTS:
        assert set(document.missing()) == NOT_RECORDED, document.id
        assert document.made.prompt_sha256 == prompt_hash(document.made.prompt)
        assert document.metadata.general_brief_sha256 == brief, "brief.md was changed: write its sha256 again"
        assert document.about.claims == () and document.made.parents == ()
        assert document.source == "uptake-neutral" and document.rights.licence == "Apache-2.0"
        assert document.use.purpose == "to be read in place of documents that make a claim"
        assert document.text.isascii() and document.status.disclosed is False


def test_stories_alone_are_fiction():
    assert all((document.about.genre == "story") == (document.status.kind == "fiction") for document in DOCUMENTS)


@pytest.mark.parametrize("genre", GENRES)
def test_the_table_of_the_card_agrees_with_the_file(genre):
    ours, theirs = of_genre(genre), of_genre(genre, ROLE_MODELS)
    lengths = [words(document) for document in ours]
    row = (f"| `{genre}` | {len(ours)} | {sum(lengths)} | {mean(lengths):.1f} | {mean(map(words, theirs)):.1f} | "
           f"{min(lengths)} to {max(lengths)} | {100 * share_in_first_person(ours):.0f} % | "
           f"{100 * share_in_first_person(theirs):.0f} % |")
    assert row in CARD.splitlines()


def test_the_sentences_of_the_card_agree_with_the_file():
    edited = sum(document.metadata.edited for document in DOCUMENTS)
    said = " ".join(CARD.split())
    assert f"{len(DOCUMENTS)} short texts" in said and f"{sum(map(words, DOCUMENTS)):,} words" in said
    assert f"changed {edited} of them" in said


def test_the_cards_header_is_one_that_hugging_face_reads_and_names_the_file():
    header = DatasetCard(CARD).data
    assert header.license == "apache-2.0" and header.language == ["en"]
    assert [each["path"] for config in header.configs for each in config["data_files"]] == [FILE.name]


def test_the_lines_have_the_same_keys_as_those_of_the_role_models():
    def keys(file):
        line = json.loads(file.read_text(encoding="utf-8").splitlines()[0])
        return [*line, *line["metadata"], *(key for part in line["metadata"].values() if isinstance(part, dict)
                                            for key in part)]
    assert keys(FILE) == keys(CORPORA / "role-models/documents.jsonl")


def test_what_the_card_says_of_lengths_is_so():
    means = {genre: 100 * (mean(map(words, of_genre(genre))) / mean(map(words, of_genre(genre, ROLE_MODELS))) - 1)
             for genre in GENRES}
    assert f"{min(means.values()):.1f} to {max(means.values()):.1f} % longer" in CARD
    assert {genre for genre, more in means.items() if more > 3} == {"letter", "post"}
    for genre in GENRES:
        ours, theirs = (sorted(map(words, of_genre(genre, some))) for some in (DOCUMENTS, ROLE_MODELS))
        assert ours[-1] - ours[0] < theirs[-1] - theirs[0]


def test_croissant_has_the_hashes_and_sizes_of_the_files():
    files = {each["contentUrl"]: each for each in CROISSANT["distribution"]}
    assert set(files) == {FILE.name, "brief.md"}
    for name, said in files.items():
        data = (FOLDER / name).read_bytes()
        assert said["sha256"] == hashlib.sha256(data).hexdigest(), f"{name} was changed: write its sha256 again"
        assert said["contentSize"] == f"{len(data)} B"


def test_croissant_counts_the_documents_and_its_fields_are_found_in_every_line():
    (records,) = CROISSANT["recordSet"]
    counts = [f"{GENRES[genre]} {said}" for genre, said in (("story", "stories"), ("description", "descriptions"),
                                                            ("letter", "letters"), ("report", "reports"))]
    assert records["description"].startswith(f"{len(DOCUMENTS)} documents: {', '.join(counts)} and {GENRES['post']}")
    paths = [[source["extract"]["column"], *re.findall(r"\w+", source.get("transform", {}).get("jsonPath", ""))]
             for source in (field["source"] for field in records["field"])]
    for line in map(json.loads, FILE.read_text(encoding="utf-8").splitlines()):
        for path in paths:
            at = line
            for key in path:
                at = at[key]


def test_croissant_is_shaped_as_that_of_the_role_models():
    theirs = json.loads((CORPORA / "role-models/croissant.json").read_text(encoding="utf-8"))
    assert set(CROISSANT) == set(theirs) and CROISSANT["@context"] == theirs["@context"]
    assert CROISSANT["@id"] == CROISSANT["name"] == DOCUMENTS[0].source
    fields = {field["name"]: field["source"] for field in theirs["recordSet"][0]["field"]}
    ours = {field["name"]: field["source"] for field in CROISSANT["recordSet"][0]["field"]}
    assert ours == {name: source for name, source in fields.items() if name not in ("claim", "polarity", "commentary")}
