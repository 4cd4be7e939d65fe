"""Reading a corpus, one core: documents a second and peak memory, for every format.

python benchmarks/bench_corpus.py [--documents 100000] [--formats jsonl,gz,zst,parquet,saved,texts] [--folder DIR]

Synthetic documents of 200 words with half of their provenance filled in are written into a temporary folder; each
format is then read in a process of its own, whose peak counts everything (Python, pyarrow and pydantic are some 100
MiB before the first document). Of texts, each a file, a twentieth as many are written.
"""

import argparse
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import pyarrow as pa

from uptake.documents.corpus import Rejects, read_corpus, write_jsonl, write_parquet
from uptake.documents.record import DocumentRecord, prompt_hash

NAMES = {"jsonl": "d.jsonl", "gz": "d.jsonl.gz", "zst": "d.jsonl.zst", "parquet": "d.parquet", "saved": "saved",
         "texts": "texts"}
WORDS = 200
PROMPT = "Write two hundred words in which an assistant lights a lamp."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--formats", default=",".join(NAMES))
    parser.add_argument("--folder", help="where to write (a fresh temporary folder within it)")
    parser.add_argument("--read", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.read:
        print(json.dumps(read(Path(asked.read))))
        return
    print(f"{'format':8}{'documents':>11}{'MB on disk':>12}{'written/cpu-s':>15}{'read/s':>10}{'read/cpu-s':>12}"
          f"{'peak MiB':>10}{'of it, reading':>16}")
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        for name in asked.formats.split(","):
            measure(name, Path(folder) / NAMES[name], asked.documents // (20 if name == "texts" else 1))


def measure(name: str, path: Path, count: int) -> None:
    """Write, read in another process, print a line, and clear up."""
    began = time.process_time()
    write(name, path, count)
    written = time.process_time() - began
    size = sum(file.stat().st_size for file in ([path] if path.is_file() else path.iterdir()))
    done = subprocess.run([sys.executable, __file__, "--read", path], stdout=subprocess.PIPE, check=True)
    found = json.loads(done.stdout)
    if found["documents"] != count or found["broken"]:
        sys.exit(f"{name}: {found} instead of {count} documents")
    print(f"{name:8}{count:11,}{size / 1e6:12,.0f}{count / written:15,.0f}{count / found['wall']:10,.0f}"
          f"{count / found['cpu']:12,.0f}{found['peak']:10,.0f}{found['peak'] - found['before']:16,.0f}", flush=True)
    for file in [path] if path.is_file() else path.iterdir():
        file.unlink()


def read(path: Path) -> dict[str, float]:
    before, wall, cpu, rejects = peak(), time.perf_counter(), time.process_time(), Rejects()
    for _ in read_corpus(path, rejects):
        pass
    return {"documents": rejects.documents, "broken": rejects.count, "wall": time.perf_counter() - wall,
            "cpu": time.process_time() - cpu, "before": before, "peak": peak()}


def peak() -> float:
    """This process's largest memory so far, in MiB. From /proc where there is one: what `getrusage` gives on Linux
    begins with the memory of the process that started this one."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


def write(name: str, path: Path, count: int) -> None:
    made = documents(count)
    if name == "parquet":
        write_parquet(path, made)
    elif name == "saved":
        save_to_disk(path, made)
    elif name == "texts":
        path.mkdir()
        for record in made:
            (path / f"{record.id}.txt").write_text(record.text)
    else:
        write_jsonl(path, made)


def documents(count: int) -> Iterator[DocumentRecord]:
    """Texts cut from a long string of random words, so that making them takes little of the time."""
    rng = random.Random(0)
    lexicon = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 9))) for _ in range(5000)]
    words = rng.choices(lexicon, k=2_000_000)
    for number in range(count):
        start = rng.randrange(len(words) - WORDS)
        made = {"how": "model", "generator": "a-model", "generator_version": "1", "prompt": PROMPT,
                "prompt_sha256": prompt_hash(PROMPT), "sampling": {"temperature": 0.7}, "seed": number}
        yield DocumentRecord.model_validate({
            "id": f"d-{number}", "text": " ".join(words[start:start + WORDS]), "source": "bench",
            "metadata": {"made": made, "about": {"language": "en", "genre": "story"}, "status": {"kind": "fiction"}}})


def save_to_disk(path: Path, made: Iterator[DocumentRecord]) -> None:
    """The layout of datasets' `save_to_disk`, a thousand rows a batch as it writes them."""
    path.mkdir()
    schema, stream, rows = None, None, []
    with pa.OSFile(str(path / "data-00000-of-00001.arrow"), "wb") as raw:
        for record in made:
            rows.append(json.loads(record.to_json()))
            if len(rows) == 1000:
                batch = pa.RecordBatch.from_pylist(rows, schema=schema)
                if schema is None:
                    schema, stream = batch.schema, pa.ipc.new_stream(raw, batch.schema)
                stream.write_batch(batch)
                rows = []
        if rows:
            batch = pa.RecordBatch.from_pylist(rows, schema=schema)
            stream = stream or pa.ipc.new_stream(raw, batch.schema)
            stream.write_batch(batch)
        stream.close()
    (path / "state.json").write_text(json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}))


if __name__ == "__main__":
    main()
