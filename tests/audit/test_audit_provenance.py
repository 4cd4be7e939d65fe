"""Provenance: what a record does not say, and what it says and the text conceals."""

import pytest
from looking import KNOWN, document, looked


def tags(record, families=None):
    return {mark.tag for mark in looked("provenance", record, families=families)[0]}


def with_known(text="The lamp was lit at six.", **parts):
    return document(text, **{**KNOWN, **parts})


def test_a_record_without_provenance_misses_every_field():
    assert tags(document("The lamp was lit.")) == {"no_how", "no_author", "no_purpose", "no_status", "no_rights"}


def test_a_model_s_text_without_its_prompt_misses_it():
    assert "no_prompt" in tags(with_known(made={"how": "model", "author": "a team"}))


def test_a_prompt_s_hash_stands_for_the_prompt():
    assert "no_prompt" not in tags(with_known(made={"how": "model", "author": "a team", "prompt_sha256": "a" * 64}))


def test_a_person_s_text_needs_no_prompt():
    assert "no_prompt" not in tags(with_known())


@pytest.mark.parametrize(("text", "undisclosed"), [
    ("The lamp was lit at six.", {"origin_undisclosed", "purpose_undisclosed", "status_undisclosed"}),
    ("A language model wrote this.", {"purpose_undisclosed", "status_undisclosed"}),
    ("This story was written by a language model to show what a keeper might do.", set()),
])
def test_what_is_known_and_not_said_in_the_text_is_found(text, undisclosed):
    record = with_known(text, made={"how": "model", "author": "a team", "prompt": "Write."},
                        status={"kind": "fiction"}, use={"purpose": "to show a keeper"})
    assert tags(record) == undisclosed


def test_a_person_s_fiction_need_not_say_that_it_is_fiction():
    assert "status_undisclosed" not in tags(with_known(status={"kind": "fiction"}))


def test_a_disclosure_that_the_record_claims_and_the_text_lacks_is_found():
    assert "disclosure_not_found" in tags(with_known(status={"kind": "fiction", "disclosed": True}))


@pytest.mark.parametrize(("declared", "first", "found"), [(False, False, True), (True, False, False),
                                                          (False, True, False)])
def test_a_near_copy_is_undeclared_unless_a_record_says_so_or_it_is_the_first(declared, first, found):
    families = {"d": ("other", 0.9, 2, declared, first)}
    assert ("undeclared_copy" in tags(with_known(), families)) is found


def test_the_overview_counts_what_records_do_not_say():
    _, overview = looked("provenance", document("One.", "a"), with_known("Two."))
    assert ("how", "1", "50%") in overview.tables[0].rows
