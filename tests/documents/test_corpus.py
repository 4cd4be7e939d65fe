"""Every format is read the same, a broken line costs that line, and nothing is dropped without a word."""

import gzip
import json
import logging
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from errno import EACCES
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from test_record import LINES, WHOLE

from uptake.documents import corpus, formats
from uptake.documents.corpus import Rejects, read_corpus, write_jsonl, write_parquet
from uptake.documents.record import DocumentRecord
from uptake.errors import UserError

MANY = [WHOLE | {"id": f"d-{number}", "text": f"Document {number}. " * 20} for number in range(2500)]
BARE = [{"id": "a", "text": "one"}, {"id": "b", "text": "two"}]


def records(lines):
    return [DocumentRecord.model_validate(line) for line in lines]


def jsonl(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines))
    return path


def parquet(path, rows):
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def read(path, **kept):
    rejects = Rejects(**kept)
    return list(read_corpus(path, rejects)), rejects


def refusal(path):
    with pytest.raises(UserError) as error:
        read(path)
    return error.value


def ids(path):
    found, rejects = read(path)
    assert rejects.kept == []
    return [record.id for record in found]


@pytest.mark.parametrize("name", ["d.jsonl", "d.jsonl.gz", "d.jsonl.zst", "d.parquet"])
def test_what_is_written_is_read_back_the_same(name, tmp_path):
    write = write_parquet if name.endswith("parquet") else write_jsonl
    assert write(tmp_path / name, iter(records(MANY))) == len(MANY)
    found, rejects = read(tmp_path / name)
    assert found == records(MANY)
    assert (rejects.count, rejects.documents, rejects.without_provenance) == (0, len(MANY), 0)


@given(line=LINES)
@settings(max_examples=50, deadline=None)
def test_any_record_survives_both_formats(line, tmp_path_factory):
    folder = tmp_path_factory.mktemp("any")
    write_jsonl(folder / "d.jsonl", records([line]))
    write_parquet(folder / "d.parquet", records([line]))
    (from_jsonl,), (from_parquet,) = read(folder / "d.jsonl")[0], read(folder / "d.parquet")[0]
    assert from_jsonl == from_parquet == DocumentRecord.model_validate(line)
    assert json.loads(from_jsonl.to_json()) == line


def test_a_packed_file_is_packed_and_the_same_each_time(tmp_path):
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        write_jsonl(tmp_path / name, records(BARE))
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()
    assert len(gzip.decompress((tmp_path / "a.jsonl.gz").read_bytes()).splitlines()) == 2


def test_a_file_that_could_not_be_written_whole_is_absent(tmp_path):
    def stopped():
        yield from records(BARE)
        raise RuntimeError

    for name, write in (("d.jsonl.gz", write_jsonl), ("d.parquet", write_parquet)):
        with pytest.raises(RuntimeError):
            write(tmp_path / name, stopped())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_does_not_exist_is_the_users_error_when_writing(tmp_path):
    for write in (write_jsonl, write_parquet):
        with pytest.raises(UserError, match="its folder does not exist"):
            write(tmp_path / "none" / "d", records(BARE))


BROKEN = [
    (b'{"id": "x", "text": \n', "not JSON", "not JSON: EOF while parsing a value at byte 19"),
    (b'{"id": "x", "text": "x", "score": NaN}\n', "not JSON", "not JSON: expected value at byte 35"),
    (b'{"id": "x", "text": "\\ud800"}\n', "not JSON", "not JSON: "),
    (b'{"id": "x", "text": "caf\xe9"}\n', "not UTF-8", "not UTF-8 from byte 25 on"),
    (b'["x"]\n', "not an object", "not an object but a list"),
    (b'"x"\n', "not an object", "not an object but text"),
    (b'{"id": "x", "content": "x"}\n', "no text", "it has no text (its keys: id, content)"),
    (b'{"id": "x", "text": null}\n', "no text", "it has no text (its keys: id, text)"),
    (b'{"id": "x", "text": "  "}\n', "empty text", "text is empty"),
    (b'{"id": "x", "text": 5}\n', "wrong field", "text should be text, and is a number"),
    (b'{"id": "a", "text": "x"}\n', "id used before", "the id 'a' was used before"),
]


@pytest.mark.parametrize(("line", "kind", "reason"), BROKEN)
def test_a_broken_line_costs_that_line_and_says_why(line, kind, reason, tmp_path):
    found, rejects = read(jsonl(tmp_path / "d.jsonl", [BARE[0], line, BARE[1]]))
    assert [record.id for record in found] == ["a", "b"]
    assert rejects.kinds == {kind: 1}
    (kept,) = rejects.kept
    assert (kept.file, kept.line) == (str(tmp_path / "d.jsonl"), 2)
    assert kept.reason.startswith(reason)
    assert kept.text.encode()[:10] == line.rstrip()[:10]


@pytest.mark.parametrize("name", ["d.jsonl.gz", "d.jsonl.zst"])
def test_a_packed_file_that_ends_in_the_middle_gives_what_it_holds(name, tmp_path):
    write_jsonl(tmp_path / name, records(MANY))
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    found, rejects = read(tmp_path / name)
    assert 0 < len(found) < len(MANY)
    assert found == records(MANY[: len(found)])
    assert rejects.kinds == {"cut off": 1}
    assert rejects.kept[0].line == len(found) + 1
    assert "the rest of it is lost" in rejects.kept[0].reason


def test_a_file_that_ends_in_the_middle_of_a_line_loses_that_line(tmp_path):
    path = jsonl(tmp_path / "d.jsonl", BARE)
    path.write_bytes(path.read_bytes()[:-4])
    found, rejects = read(path)
    assert ([record.id for record in found], rejects.kinds) == (["a"], {"not JSON": 1})


def test_every_broken_line_is_counted_and_the_first_are_kept(tmp_path):
    _, rejects = read(jsonl(tmp_path / "d.jsonl", [b"{\"id\"\n"] * 50), keep=3)
    assert (rejects.count, [each.line for each in rejects.kept]) == (50, [1, 2, 3])


def test_what_was_left_behind_is_said(tmp_path):
    path = jsonl(tmp_path / "d.jsonl", [*BARE, b"oops\n", BARE[0]])
    assert read(path)[1].describe(examples=1).splitlines() == [
        "documents read: 2 (without provenance: 2); lines that could not be read: 2 (not JSON: 1, id used before: 1); "
        "files left out: 0",
        f"  {path}:3: not JSON: expected value at byte 1"]


def test_a_line_that_never_ends_is_read_past(tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "LONGEST", 100)
    found, rejects = read(jsonl(tmp_path / "d.jsonl", [BARE[0], b'{"text": "' + b"x" * 950 + b'"}\n', BARE[1]]))
    assert ([record.id for record in found], rejects.kinds) == (["a", "b"], {"too long": 1})


def test_lines_of_white_space_and_a_mark_at_the_beginning_are_no_fault(tmp_path):
    path = jsonl(tmp_path / "d.jsonl", [b"\xef\xbb\xbf", BARE[0], b"\r\n", b"  \n", BARE[1]])
    assert ids(path) == ["a", "b"]


def test_a_line_separator_inside_a_text_ends_no_line(tmp_path):
    write_jsonl(tmp_path / "d.jsonl", [DocumentRecord(id="a", text="one\u2028two\x85three")])
    assert read(tmp_path / "d.jsonl")[0][0].text == "one\u2028two\x85three"


def test_a_line_without_an_id_has_its_place_as_one(tmp_path):
    assert ids(jsonl(tmp_path / "d.jsonl", [{"text": "one"}, {"id": 7, "text": "two"}])) == ["d.jsonl:1", "7"]


def test_what_has_no_provenance_is_counted_and_stays_unknown(tmp_path):
    (record, _), rejects = read(jsonl(tmp_path / "d.jsonl", BARE))
    assert (record.source, record.made.how, record.status.kind) == ("", "unknown", "unknown")
    assert rejects.without_provenance == 2


def test_an_id_may_not_come_again_in_another_file(tmp_path):
    jsonl(tmp_path / "1.jsonl", BARE)
    jsonl(tmp_path / "2.jsonl", BARE)
    assert read(tmp_path)[1].kinds == {"id used before": 2}


def test_shards_are_read_in_the_order_of_their_names(tmp_path):
    for name in ("2/b.jsonl", "1/c.jsonl.gz", "a.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_jsonl(tmp_path / name, [DocumentRecord(id=name, text="x")])
    assert ids(tmp_path) == ["1/c.jsonl.gz", "2/b.jsonl", "a.jsonl"]


def test_a_format_is_told_by_what_lies_there(tmp_path):
    write_jsonl(tmp_path / "packed.jsonl.gz", records(BARE))
    (tmp_path / "packed.jsonl.gz").rename(tmp_path / "packed.jsonl")
    parquet(tmp_path / "table.jsonl", BARE)
    jsonl(tmp_path / "lines.txt", BARE)
    jsonl(tmp_path / "lines.json", BARE)
    for path in tmp_path.iterdir():
        assert ids(path) == ["a", "b"]


def test_a_folder_of_texts_has_paths_for_ids_and_the_folder_for_source(tmp_path):
    folder = tmp_path / "tales"
    (folder / "old").mkdir(parents=True)
    (folder / "one.txt").write_bytes(b"\xef\xbb\xbfOnce.\r\n")
    (folder / "old" / "two.md").write_text("# Twice\n")
    found, rejects = read(folder)
    assert [(record.id, record.source, record.text) for record in found] == [
        ("old/two.md", "tales", "# Twice\n"), ("one.txt", "tales", "Once.\r\n")]
    assert rejects.without_provenance == 2
    assert json.loads(found[0].to_json())["metadata"] == {"made": {"how": "unknown"}, "status": {"kind": "unknown"}}


def test_one_text_has_its_name_for_an_id(tmp_path):
    (tmp_path / "one.md").write_text("[brackets] are no JSON")
    assert ids(tmp_path / "one.md") == ["one.md"]


def test_a_text_that_is_empty_or_not_utf_8_is_rejected_with_its_line(tmp_path):
    (tmp_path / "empty.txt").write_text("\n")
    (tmp_path / "latin.txt").write_bytes(b"one\ncaf\xe9\n")
    _, rejects = read(tmp_path)
    assert [(Path(each.file).name, each.line, each.reason) for each in rejects.kept] == [
        ("empty.txt", 1, "text is empty"), ("latin.txt", 2, "not UTF-8 from byte 8 on")]


def test_files_that_are_left_out_are_said(tmp_path):
    jsonl(tmp_path / "d.jsonl", BARE)
    (tmp_path / "README.md").write_text("About these documents.")
    (tmp_path / "stats.json").write_text('{"documents": 2}')
    (tmp_path / ".hidden").write_text("x")
    found, rejects = read(tmp_path)
    assert (len(found), rejects.count, rejects.files_left_out) == (2, 0, 2)
    assert [(Path(each.file).name, each.line, each.reason) for each in rejects.kept] == [
        ("README.md", 0, "left out: it holds text beside files of jsonl"),
        ("stats.json", 0, "left out: it holds neither JSONL nor Parquet nor a text")]


def test_dolmas_attributes_beside_its_documents_are_left_out(tmp_path):
    jsonl(tmp_path / "documents" / "1.jsonl", BARE)
    jsonl(tmp_path / "attributes" / "t" / "1.jsonl", [{"id": "a", "attributes": {}}])
    found, rejects = read(tmp_path)
    assert (len(found), rejects.count, rejects.files_left_out) == (2, 0, 1)


def test_a_link_back_to_a_folder_above_is_not_followed(tmp_path):
    jsonl(tmp_path / "d.jsonl", BARE)
    (tmp_path / "again").symlink_to(tmp_path)
    assert ids(tmp_path) == ["a", "b"]


@pytest.mark.parametrize(("name", "content", "said"), [
    ("d.json", b'[{"id": "a", "text": "x"}]', "it is one JSON array, not a document a line, and cannot be read"),
    ("d.jsonl", b'[\n {"id": "a"}\n]', "it is one JSON array, not a document a line, and cannot be read"),
    ("d.json", b'{\n "text": "x"\n}', "it is one JSON object over many lines, not a document a line, and cannot"),
    ("d.jsonl", '{"text": "x"}'.encode("utf-16"), "it is UTF-16, and UTF-8 is needed, and cannot be read"),
    ("d.pdf", b"%PDF-1.7", "it holds neither JSONL nor Parquet nor a text, and cannot be read"),
    ("d.txt", b"\x00\x01", "it holds neither JSONL nor Parquet nor a text, and cannot be read"),
])
def test_what_cannot_be_read_is_the_users_error(name, content, said, tmp_path):
    (tmp_path / name).write_bytes(content)
    error = refusal(tmp_path / name)
    assert error.what.startswith(said)
    assert (error.where, "Parquet" in error.hint) == (str(tmp_path / name), True)


def test_a_path_where_nothing_is_says_so_before_the_first_document(tmp_path):
    with pytest.raises(UserError, match="there is no such file or folder"):
        read_corpus(tmp_path / "none", Rejects())
    with pytest.raises(UserError, match="the folder holds nothing that can be read"):
        read_corpus(tmp_path, Rejects())


def test_a_folder_of_two_formats_is_refused_since_it_may_hold_all_twice(tmp_path):
    jsonl(tmp_path / "d.jsonl", BARE)
    parquet(tmp_path / "d.parquet", BARE)
    assert refusal(tmp_path).what == "the folder holds both JSONL and Parquet"


def test_a_file_that_the_system_does_not_give_is_the_users_error(tmp_path, monkeypatch):
    def refuse(file):
        raise PermissionError(EACCES, "Permission denied")

    monkeypatch.setattr(corpus, "lines", refuse)
    error = refusal(jsonl(tmp_path / "d.jsonl", BARE))
    assert (error.what, error.where) == ("could not be read: Permission denied", str(tmp_path / "d.jsonl"))


def test_a_foreign_table_is_read_with_its_own_columns_and_types(tmp_path):
    row = {"id": 1, "text": "x", "created": datetime(2026, 1, 2, tzinfo=UTC), "score": float("nan"),
           "price": Decimal("1.50"), "metadata": {"made": {"how": "person", "author": None}, "tags": ["t"]}}
    parquet(tmp_path / "d.parquet", [row, {"id": 2, "text": "y"}])
    (record, other), _ = read(tmp_path / "d.parquet")
    assert (record.id, record.created, record.made.how) == ("1", "2026-01-02T00:00:00+00:00", "person")
    assert record.model_extra == {"score": None, "price": "1.50"}
    assert record.metadata.model_extra == {"tags": ["t"]}
    assert other.metadata is None


def test_a_row_that_has_no_form_in_json_costs_that_row(tmp_path):
    parquet(tmp_path / "d.parquet", [{"text": "one", "picture": b"\xff"}, {"text": "two", "picture": None}])
    found, rejects = read(tmp_path / "d.parquet")
    assert [record.id for record in found] == ["d.parquet:2"]
    assert rejects.kept[0].reason == "picture holds bytes, which has no form in JSON"


def test_a_text_of_a_table_that_is_not_utf_8_costs_that_row(tmp_path):
    texts = pa.array([b"one", b"caf\xe9", b"two"]).view(pa.string())
    pq.write_table(pa.table({"text": texts}), tmp_path / "d.parquet")
    found, rejects = read(tmp_path / "d.parquet")
    assert [record.text for record in found] == ["one", "two"]
    assert (rejects.kinds, rejects.kept[0].line) == ({"not UTF-8": 1}, 2)


def test_a_table_without_texts_or_cut_off_is_the_users_error(tmp_path):
    path = parquet(tmp_path / "d.parquet", [{"content": "x"}])
    assert refusal(path).what == "the table has no column 'text'"
    assert "content" in refusal(path).hint
    path.write_bytes(path.read_bytes()[:-20])
    assert refusal(path).what.startswith("could not be read as Parquet")


@pytest.fixture
def datasets(tmp_path, monkeypatch):
    """Hugging Face's library, with its cache in the test's own folder."""
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    library = pytest.importorskip("datasets")
    library.disable_progress_bars()
    monkeypatch.setattr(library.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    logging.getLogger("datasets").setLevel(logging.ERROR)
    return library


def test_a_dataset_saved_to_disk_is_read(datasets, tmp_path):
    datasets.Dataset.from_list(MANY).save_to_disk(tmp_path / "saved", num_shards=3)
    found, rejects = read(tmp_path / "saved")
    assert found == records(MANY)
    assert rejects.count == 0


def test_a_saved_dataset_that_is_cut_off_gives_what_it_holds(datasets, tmp_path):
    datasets.Dataset.from_list(MANY).save_to_disk(tmp_path / "saved")
    (data,) = (tmp_path / "saved").glob("*.arrow")
    data.write_bytes(data.read_bytes()[: data.stat().st_size // 2])
    found, rejects = read(tmp_path / "saved")
    assert (found, rejects.kinds) == (records(MANY[:1000]), {"cut off": 1})


def test_the_one_split_of_a_dataset_is_read_and_of_several_one_must_be_named(datasets, tmp_path):
    split = datasets.Dataset.from_list(BARE)
    datasets.DatasetDict({"train": split}).save_to_disk(tmp_path / "one")
    datasets.DatasetDict({"train": split, "test": split}).save_to_disk(tmp_path / "two")
    assert ids(tmp_path / "one") == ids(tmp_path / "two" / "test") == ["a", "b"]
    assert refusal(tmp_path / "two").what == "the dataset has several splits (train, test)"


@pytest.mark.parametrize("name", ["d.jsonl", "d.jsonl.gz", "d.parquet"])
def test_datasets_loads_what_is_written(name, datasets, tmp_path):
    kind = "parquet" if name.endswith("parquet") else "json"
    (write_parquet if kind == "parquet" else write_jsonl)(tmp_path / name, records(MANY))
    loaded = datasets.load_dataset(kind, data_files=str(tmp_path / name), split="train", cache_dir=str(tmp_path / "c"))
    row, metadata = loaded[0], loaded[0]["metadata"]
    metadata = json.loads(metadata) if isinstance(metadata, str) else metadata
    assert (len(loaded), row["id"], row["source"]) == (len(MANY), "d-0", "lamp stories")
    assert (metadata["made"]["seed"], metadata["status"]["kind"]) == (0, "fiction")


def test_what_datatrove_moved_under_metadata_is_found_there_and_kept(tmp_path):
    """Its JSONL writer knows `text`, `id` and `metadata`; its reader has put everything else under the last."""
    moved = {"text": "x", "id": "a", "metadata": {"source": "web", "created": "2026", "file_path": "1.jsonl"}}
    (record,), _ = read(jsonl(tmp_path / "d.jsonl", [moved]))
    assert (record.source, record.created) == ("web", "2026")
    assert json.loads(record.to_json()) == moved | {"source": "web", "created": "2026"}


# Prints how many documents there are, and by how many KiB the peak grew after the first 10,000 of them.
READING = """
import re, sys
from pathlib import Path
from uptake.documents.corpus import Rejects, read_corpus
def peak(): return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
for count, record in enumerate(read_corpus(sys.argv[1], Rejects()), start=1):
    if count == 10_000: before = peak()
print(count, peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize("name", ["d.jsonl.gz", "d.jsonl.zst", "d.parquet"])
def test_memory_does_not_grow_with_the_corpus(name, tmp_path):
    many = (DocumentRecord(id=str(number), text=f"{number} " * 800) for number in range(30_000))
    (write_parquet if name.endswith("parquet") else write_jsonl)(tmp_path / name, many)
    done = subprocess.run([sys.executable, "-c", READING, tmp_path / name], capture_output=True, text=True, check=True)
    documents, grown = map(int, done.stdout.split())
    assert documents == 30_000
    assert grown < 30_000, "while texts of 90 MB went by"
