"""Files are whole or absent; a digest depends on the content alone."""

import errno
import json
import math
import os
import pickle
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uptake import files
from uptake.errors import UserError
from uptake.files import atomic_write, changes, digest, file_digest, read_json, write_json

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)


@dataclass(frozen=True)
class Point:
    x: float
    names: tuple[str, ...]


def shuffled(value):
    """The same value with every mapping's keys put in the opposite order and every list made a tuple."""
    if isinstance(value, dict):
        return {key: shuffled(value[key]) for key in reversed(value)}
    return tuple(shuffled(each) for each in value) if isinstance(value, list) else value


@given(JSON)
def test_a_digest_does_not_depend_on_the_order_of_keys_or_on_tuple_or_list(value):
    assert digest(shuffled(value)) == digest(value)


@given(JSON)
def test_a_digest_outlives_writing_and_reading_back(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("digest") / "value.json"
    write_json(path, value)
    assert digest(read_json(path)) == digest(value)


@given(JSON, JSON)
def test_two_values_share_a_digest_only_if_they_share_their_canonical_json(left, right):
    texts = [json.dumps(value, sort_keys=True) for value in (left, right)]
    assert (digest(left) == digest(right)) is (texts[0] == texts[1])


@given(JSON, JSON)
def test_nothing_changed_exactly_where_the_digests_agree(left, right):
    assert (changes(left, right, "at") == {}) is (digest(left) == digest(right))


def test_a_digest_is_the_same_in_another_process_with_another_hash_seed():
    value = {"b": [1, 2.5, "ü"], "a": {"y": None, "x": True}}
    code = f"from uptake.files import digest; print(digest({value!r}))"
    source = str(Path(files.__file__).parents[1])
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": source}
        said = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        assert said.stdout.strip() == digest(value)


def test_the_digest_is_this_for_ever():
    assert (
        digest({"b": 1, "a": [0.1, "x"]})
        == "e76318e59b3b84b2157af9639ba1fb8e536acb32b4072c8f0b4d79246429d8d3"
    )


def test_a_dataclass_counts_as_the_object_of_its_fields():
    assert digest(Point(1.0, ("a",))) == digest({"names": ["a"], "x": 1.0})


def test_whole_numbers_and_floats_differ():
    assert digest(1) != digest(1.0)
    assert digest(True) != digest(1)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"a": {1, 2}}, "value.a is a set, which has no canonical form"),
        ([b"x"], "value[0] is a bytes, which has no canonical form"),
        ({"a": {1: 2}}, "value.a has the key 1, which is not text and so has no canonical form"),
        (Point(Path("x"), ()), "value.x is a PosixPath, which has no canonical form"),
        (Point, "value is a type, which has no canonical form"),
    ],
)
def test_what_has_no_canonical_form_is_refused_with_its_place(value, said):
    with pytest.raises(TypeError) as error:
        digest(value)
    assert str(error.value) == said


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_one_is_neither_hashed_nor_written(number, tmp_path):
    for refuse in (digest, lambda value: write_json(tmp_path / "x.json", value)):
        with pytest.raises(ValueError, match=r"value\.mean is "):
            refuse({"mean": number})
    assert list(tmp_path.iterdir()) == []


def test_json_is_written_sorted_indented_and_with_a_newline(tmp_path):
    write_json(tmp_path / "x.json", {"b": (1, 2), "a": Point(0.5, ("ü",))})
    expected = '{\n "a": {\n  "names": [\n   "ü"\n  ],\n  "x": 0.5\n },\n "b": [\n  1,\n  2\n ]\n}\n'
    assert (tmp_path / "x.json").read_bytes() == expected.encode()


def test_text_is_written_as_utf_8_with_its_newlines_as_they_are(tmp_path):
    atomic_write(tmp_path / "x.txt", "ü\r\n\n")
    assert (tmp_path / "x.txt").read_bytes() == b"\xc3\xbc\r\n\n"


def test_a_file_is_replaced_whole_and_no_temporary_file_is_left(tmp_path):
    atomic_write(tmp_path / "x.bin", b"old")
    atomic_write(tmp_path / "x.bin", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("x.bin", b"new")]


def test_a_new_file_has_the_permissions_of_any_other(tmp_path):
    (tmp_path / "plain").write_text("x")
    atomic_write(tmp_path / "atomic", "x")
    assert (tmp_path / "atomic").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_link_is_followed_not_replaced(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    atomic_write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_long_name_can_be_written_wherever_the_disk_takes_it(tmp_path):
    atomic_write(tmp_path / ("ü" * 127), "x")
    with pytest.raises(UserError, match="the name is too long for this disk"):
        atomic_write(tmp_path / ("x" * 300), "x")
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("number", "said", "hint"),
    [
        (errno.ENOSPC, "the disk is full", "free some space, then run the same command again"),
        (errno.EDQUOT, "your disk quota is used up", "free some space, then run the same command again"),
        (errno.EACCES, "you may not write here", "choose another folder, or change its permissions"),
        (errno.EROFS, "this disk is read-only", "choose a folder on another disk"),
        (errno.EIO, "Input/output error", "check the disk and the path, then run again"),
    ],
)
def test_a_disk_that_refuses_is_the_users_error_and_leaves_the_old_file(
    number, said, hint, tmp_path, monkeypatch
):
    target = tmp_path / "x.json"
    target.write_text("old")

    def refuse(handle):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files.os, "fsync", refuse)
    with pytest.raises(UserError) as error:
        atomic_write(target, "new")
    assert str(error.value) == f"{target}: could not be written: {said}\nhint: {hint}"
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("x.json", "old")]


def test_a_file_size_limit_of_the_system_is_the_users_error(tmp_path):
    code = (
        "import resource, signal, sys\n"
        "from uptake.files import atomic_write\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "atomic_write(sys.argv[1], b'x' * 5000)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(files.__file__).parents[1])}
    command = [sys.executable, "-c", code, str(tmp_path / "big")]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "could not be written: File too large" in said.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [("missing/x", "its folder does not exist"), ("file/x", "a part of the path is a file, not a folder"),
     ("folder", "a folder of that name stands there already")],
)  # fmt: skip
def test_a_path_that_cannot_be_written_says_why(name, said, tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UserError) as error:
        atomic_write(tmp_path / name, "x")
    assert error.value.what == f"could not be written: {said}"
    assert error.value.where == str(tmp_path / name)


def test_a_bug_while_writing_keeps_its_traceback_and_leaves_nothing(tmp_path):
    with pytest.raises(TypeError):
        atomic_write(tmp_path / "x", 5)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"a": 1', "not valid JSON: Expecting ',' delimiter"),
        (b"", "not valid JSON: Expecting value"),
        (b'{"a": NaN}', "not valid JSON: it holds NaN"),
        (b"[-Infinity]", "not valid JSON: it holds -Infinity"),
        (
            b"\xff\xfe",
            "not valid JSON: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        ),
        (b"[" * 100_000, None),
    ],
)
def test_a_damaged_json_file_is_the_users_error(content, said, tmp_path):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(UserError) as error:
        read_json(path)
    assert error.value.what == said or (said is None and error.value.what.startswith("not valid JSON"))
    assert error.value.where.startswith(str(path))


def test_a_missing_file_or_a_folder_is_the_users_error(tmp_path):
    for read in (read_json, file_digest):
        for path in (tmp_path / "missing", tmp_path):
            with pytest.raises(UserError) as error:
                read(path)
            assert error.value.where == str(path)


@given(st.binary(max_size=300))
def test_a_file_digest_is_the_sha256_of_the_bytes(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("sum") / "x"
    path.write_bytes(data)
    assert file_digest(path) == files.hashlib.sha256(data).hexdigest()


def test_a_users_error_from_writing_can_cross_to_another_process(tmp_path):
    with pytest.raises(UserError) as error:
        atomic_write(tmp_path, "x")
    assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, {"a.b": "a.b changed from 1 to 2"}),
        ({"a": "x" * 60}, {"a": "y"}, {"a": "a changed"}),
        ({"a": [1]}, {"a": [2]}, {"a": "a changed"}),
        ({"a": 1}, {"b": 1}, {"a": "a was removed", "b": "b was added"}),
        ({"a": {"b": 1}}, {"a": 1}, {"a": "a changed"}),
        ({"a": (1, 2)}, {"a": [1, 2]}, {}),
    ],
)
def test_changes_are_named_by_their_path(old, new, said):
    assert changes(old, new) == said
