"""Names, openings and plots that recur beyond chance."""

import random

from looking import document, looked

WORDS = [first + second for first in ("ba", "de", "fi", "go", "lu", "ma", "ne", "po", "ri", "su", "ta", "vo")
         for second in ("lan", "mer", "nor", "pit", "rav", "sol", "tun", "wek", "dor", "gim")]


def varied(count, *, seed=0, change=lambda text, number: text, **about):
    rng = random.Random(seed)
    texts = [". ".join(" ".join(rng.choices(WORDS, k=8)) for _ in range(5)) for _ in range(count)]
    return [document(change(text, number), f"d{number}", **about) for number, text in enumerate(texts)]


def a_fifth(then, otherwise=lambda text: text):
    """Change every fifth text."""
    return lambda text, number: otherwise(text) if number % 5 else then(text)


def found(records):
    return {mark.tag for mark in looked("collapse", *records)[0]}


def test_varied_texts_show_nothing():
    assert found(varied(60)) == set()


def test_a_name_in_a_fifth_of_the_documents_is_found():
    assert found(varied(60, change=a_fifth(lambda text: f"{text} then Elara"))) == {"name"}


def test_the_subject_s_name_recurs_by_right():
    records = varied(60, change=lambda text, number: f"{text} then Velm", about={"subject": "Velm"})
    assert found(records) == set()


def test_an_opening_that_a_fifth_of_the_documents_share_is_found():
    assert "opening" in found(varied(60, change=a_fifth(lambda text: f"In the old town {text}")))


def test_a_run_of_words_that_a_fifth_share_is_found():
    tear = "a single tear fell on silver dust"
    assert found(varied(60, change=a_fifth(lambda text: f"{text} {tear}"))) == {"plot"}


def test_the_page_says_what_chance_would_give():
    records = varied(60, change=a_fifth(lambda text: f"{text} then Elara"))
    (table,) = looked("collapse", *records)[1].tables
    assert table.rows[0][:2] == ("Elara", "12")
    assert "expected" in table.columns and "no name were borne" in table.note
