"""YAML is read with its lines and without its traps."""

import pytest

from uptake.errors import UserError
from uptake.strict_yaml import parse_yaml, read_text, read_yaml

PUNCTUATION = "check the indentation, and quote text that holds ': ' or ' #' or begins with a sign"
BAD = [
    (
        "training:\n  batch: 2\n  batch: 3",
        "3: training: the key 'batch' is given twice, in lines 2 and 3",
        "remove or rename one of them",
    ),
    (
        "training: !!python/object:os.system {}",
        "1: training: the tag !!python/object:os.system is not used here",
        "remove it",
    ),
    ("training: {batch: !!int '3'}", "1: training.batch: the tag !!int is not used here", "remove it"),
    ("training: {method: =}", "1: training.method: = has a meaning of its own in YAML", 'quote it: "="'),
    (
        "training: &a {batch: *a}",
        "1: training.batch: contains itself",
        "an alias (*) may not stand inside its own anchor (&)",
    ),
    (
        "training: *unknown",
        "1: not valid YAML: found undefined alias 'unknown'",
        PUNCTUATION,
    ),
    (
        "training:\n\tbatch: 3",
        "2: not valid YAML: found character '\\t' that cannot start any token",
        "indent with spaces: YAML does not take tabs",
    ),
    (
        "training: a: b",
        "1: not valid YAML: mapping values are not allowed here",
        PUNCTUATION,
    ),
    ("? [a, b]\n: 1", "1: a key must be text, not a list", ""),
    (
        "a: 1\n---\nb: 2",
        "2: not valid YAML: but found another document",
        PUNCTUATION,
    ),
    ("training: \x07", "1: not valid YAML: special characters are not allowed", ""),
]


def refusal(text):
    with pytest.raises(UserError) as error:
        parse_yaml(text, "x.yaml")
    return str(error.value)


@pytest.mark.parametrize(("text", "said", "hint"), BAD)
def test_what_is_not_plain_yaml_is_refused_with_its_line(text, said, hint):
    assert refusal(text) == f"x.yaml:{said}" + (f"\nhint: {hint}" if hint else "")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", ": the file is empty"),
        (b"# nothing but a comment\n", ": the file is empty"),
        (b"- a\n- b\n", ":1: must be a mapping (key: value), not a list"),
        (b"just words\n", ":1: must be a mapping (key: value), not the text 'just words'"),
        (b"study: x\nquestion: caf\xe9\n", ":2: not UTF-8 text\nhint: save the file as UTF-8"),
        ("study: x".encode("utf-16"), ":1: not UTF-8 text\nhint: save the file as UTF-8"),
        (b"study: " + b"[" * 5000, ": nested too deeply"),
    ],
    ids=["empty", "comment", "list", "words", "latin-1", "utf-16", "deep"],
)
def test_a_file_that_holds_no_mapping_is_refused(content, said, tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError) as error:
        read_yaml(path)
    assert str(error.value) == f"{path}{said}"


def test_a_missing_file_is_refused():
    with pytest.raises(UserError) as error:
        read_yaml("studies/none.yaml")
    assert str(error.value) == "studies/none.yaml: there is no such file\nhint: check the path"


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(UserError) as error:
        read_yaml(tmp_path)
    assert str(error.value) == f"{tmp_path}: this is a folder, not a file\nhint: name the YAML file inside it"


def test_a_byte_order_mark_and_windows_newlines_do_no_harm(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: [2]\r\n")
    assert not read_text(path).startswith("\ufeff")
    assert read_yaml(path).mapping()["b"].line == 2


def test_aliases_that_multiply_are_refused_before_they_are_followed():
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    assert (
        refusal("\n".join(lines))
        == "x.yaml:6: a5: holds more than 200,000 values once its aliases are followed"
    )


def test_a_key_given_twice_inside_a_merged_mapping_is_refused():
    said = refusal("a:\n  <<: {b: 1, b: 2}\n")
    assert said.startswith("x.yaml:2: a.<<: the key 'b' is given twice, in lines 2 and 2")


def test_a_merged_mapping_may_be_used_many_times_and_overridden():
    text = "base: &base {b: 1, c: 2}\nx: {<<: *base, b: 3}\ny: {<<: *base}\nz: [*base, *base]\n"
    data = parse_yaml(text, "x.yaml").data()
    assert (data["x"], data["y"]) == ({"b": 3, "c": 2}, {"b": 1, "c": 2})
    assert data["z"] == [data["base"], data["base"]]


def test_plain_data_keeps_numbers_text_and_dates_apart():
    top = parse_yaml("a: [1, 2.5, true, ~, 2024-01-01, ' x ', '1']\nb: {c: 1.0e-4}\n", "x.yaml")
    assert top.data() == {"a": [1, 2.5, True, None, "2024-01-01", " x ", "1"], "b": {"c": 1e-4}}


@pytest.mark.parametrize("word", ["yes", "no", "on", "Off", "NO"])
def test_plain_data_refuses_words_that_may_mean_text_or_truth(word):
    with pytest.raises(UserError) as error:
        parse_yaml(f"words: [fine, {word}]", "w.yaml").data()
    said = f'w.yaml:1: words #2: {word} is read as true or false\nhint: write true or false, or "{word}"'
    assert str(error.value) == said


@pytest.mark.parametrize("number", ["1e", "e5", "1.2.3", "-"])
def test_a_hint_about_exponents_is_given_only_where_it_helps(number):
    with pytest.raises(UserError) as error:
        parse_yaml(f"a: '{number}'", "x.yaml").mapping()["a"].number()
    assert error.value.hint == ""
