"""Near-copies among many documents, by datatrove's MinHash; what it meets is then checked.

MinHash: Broder, "On the resemblance and containment of documents" (1997). datatrove spools signatures, meets documents
whose signatures agree in a whole bucket, and joins what met. With b buckets of r hashes a pair of Jaccard similarity s
meets with probability 1 - (1 - s^r)^b (Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3), so
that unlike texts meet now and then; here a pair is joined only if its whole signatures agree.
"""

import contextlib
import io
import json
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from datatrove.pipeline.base import PipelineStep
from datatrove.utils.hashing import HashConfig
from datatrove.utils.text import TextNormConfig
from datatrove.utils.word_tokenizers import WordTokenizer

from uptake.audit.page import LONGEST, WORD
from uptake.audit.signing import Signing

# Runs of three words: shorter ones are shared by texts on one subject, longer ones break at every changed word.
SHINGLE = 3
# 16 buckets of 5 hashes meet a pair at similarity .75 with probability .99, at .6 with .73, and at .2 with .005.
BUCKETS, HASHES = 16, 5
SIZE = BUCKETS * HASHES
# Similarity from which two texts are near-copies: about one word in twelve changed, if the changes are spread out.
# Estimated from 80 hashes, with a standard error of .055.
NEAR = 0.6
# A text of fewer words is no document of its own: a heading, an answer.
SHORTEST = 8
# Pairs compared at a time, groups that the page lists, and signatures of each task that are read at once (datatrove's
# own 5 take longer to ask for than to read).
BLOCK, LISTED, LINES = 4096, 20, 100


class OurWords(WordTokenizer):
    """The audit's own words, where datatrove would ask spaCy. Texts of fewer than `SHORTEST` words have none; of a text
    longer than `LONGEST` characters that many count."""

    def word_tokenize(self, text: str) -> list[str]:
        return self._enough(WORD.findall(text[:LONGEST]))

    def settled(self, text: str) -> list[str]:
        """The words of a text that has nothing but them and gaps."""
        return self._enough(text.split())

    def sent_tokenize(self, text: str) -> list[str]:
        return [text]

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        return [(0, len(text))]

    def _enough(self, words: list[str]) -> list[str]:
        return words if len(words) >= SHORTEST else []


def signing(signatures: Path) -> PipelineStep:
    """A signature for each document: datatrove's first step, done faster."""
    return Signing(partial(datatroves_signing, str(signatures)))


def datatroves_signing(signatures: str) -> Any:
    """datatrove's own first step, which says what is to be done and where."""
    from datatrove.pipeline.dedup.minhash import MinhashDedupSignature

    return MinhashDedupSignature(signatures, _config(), language=OurWords())


def meeting(signatures: Path, pairs: Path) -> PipelineStep:
    """datatrove's second step: documents that agree in a bucket. It has a task a bucket."""
    from datatrove.pipeline.dedup.minhash import MinhashDedupBuckets

    return MinhashDedupBuckets(str(signatures), str(pairs), config=_config(), lines_to_buffer=LINES)


def _config() -> Any:
    """What datatrove's steps must agree in. Numbers and accents stay as they are: what differs in them is no copy.
    (Imported here, because datatrove's deduplication brings tokenizers with it.)"""
    from datatrove.pipeline.dedup.minhash import MinhashConfig

    norm = TextNormConfig(norm_numbers=False, norm_unicode_diacritics=False)
    return MinhashConfig(SHINGLE, BUCKETS, HASHES, norm_config=norm, hash_config=HashConfig(precision=32))


def families(folder: Path, signatures: Path, pairs: Path, seen: Path) -> dict[str, Any]:
    """Check the pairs that met, join the near-copies (datatrove's third step), and write `folder/<task>.json`: each
    near-copy's place in its group, by its number in the task. Return what the page says of the groups.

    `seen` holds a file a task with a line a document: its id and its parents.
    """
    from datatrove.pipeline.dedup.minhash import MinhashDedupCluster

    folder.mkdir(parents=True, exist_ok=True)
    met = {path.name: np.fromfile(path, "<u4").reshape(-1, 4).astype(np.uint64)
           for path in sorted(pairs.glob("*.dups"))}
    both = np.concatenate(list(met.values()) or [np.empty((0, 4), np.uint64)])
    names = np.unique(np.concatenate((_name(both[:, 0], both[:, 1]), _name(both[:, 2], both[:, 3]))))
    known = _Known(names, signatures, folder / "signatures.tmp")
    near = folder / "near"
    near.mkdir(exist_ok=True)
    for name, each in met.items():
        alike = known.similarity(_name(each[:, 0], each[:, 1]), _name(each[:, 2], each[:, 3])) >= NEAR
        each[alike].astype("<u4").tofile(near / name)
    with contextlib.redirect_stderr(io.StringIO()):  # a progress bar
        MinhashDedupCluster(str(near), str(folder / "groups"), _config(), save_cluster_id=True).run(None, 0, 1)
    groups = _groups(folder / "groups")
    summary = _write(folder, groups, _read_seen(seen, groups), known)
    known.close()
    return summary


class _Known:
    """The whole signatures of the documents that met, in a file: shape (documents, `SIZE`)."""

    def __init__(self, names: np.ndarray, signatures: Path, spool: Path) -> None:
        self._names, self._spool = names, spool
        shape = (max(1, len(names)), SIZE)
        self._rows = np.memmap(spool, np.uint32, "w+", shape=shape)
        row = np.dtype([("hashes", "<u4", HASHES), ("document", "<u4")])
        for bucket in range(BUCKETS):
            for path in sorted((signatures / f"bucket_{bucket:03d}").glob("*.minhash.sig")):
                signed = np.fromfile(path, row)
                which = _name(np.uint64(path.name.partition(".")[0]), signed["document"].astype(np.uint64))
                at = np.searchsorted(names, which)
                there = at < len(names)
                there[there] = names[at[there]] == which[there]
                self._rows[at[there], bucket * HASHES:(bucket + 1) * HASHES] = signed["hashes"][there]

    def similarity(self, ones: np.ndarray, others: np.ndarray) -> np.ndarray:
        """The estimated Jaccard similarity of pairs of documents."""
        ones, others = np.searchsorted(self._names, ones), np.searchsorted(self._names, others)
        alike = [(self._rows[ones[start:start + BLOCK]] == self._rows[others[start:start + BLOCK]]).mean(axis=1)
                 for start in range(0, len(ones), BLOCK)]
        return np.concatenate(alike or [np.empty(0)])

    def close(self) -> None:
        del self._rows
        self._spool.unlink()


def _name(task: Any, document: np.ndarray) -> np.ndarray:
    """One number for a document: its task's and its own within it. Their order is the corpus's."""
    return (np.uint64(task) << np.uint64(32)) | document


def _groups(folder: Path) -> dict[int, int]:
    """The group of each near-copy, by `_name`."""
    found = {}
    for path in sorted(folder.glob("*.clusters")):
        for document, group in np.fromfile(path, "<u4").reshape(-1, 2).tolist():
            found[int(path.stem) << 32 | document] = group
    return found


def _read_seen(folder: Path, groups: dict[int, int]) -> dict[int, tuple[str, frozenset[str]]]:
    """The id and the parents of each near-copy."""
    tasks = {name >> 32 for name in groups}
    found = {}
    for task in sorted(tasks):
        with (folder / f"{task:05d}.jsonl").open(encoding="utf-8") as lines:
            for document, line in enumerate(lines):
                if (task << 32 | document) in groups:
                    identity, parents = json.loads(line)
                    found[task << 32 | document] = (identity, frozenset(parents))
    return found


def _write(folder: Path, groups: dict[int, int], seen: dict[int, tuple[str, frozenset[str]]],
           known: _Known) -> dict[str, Any]:
    members = defaultdict(list)
    for name in sorted(groups):
        members[groups[name]].append(name)
    places: dict[int, dict[int, tuple]] = defaultdict(dict)
    for group in members.values():
        for name, place in _places(group, seen, known):
            places[name >> 32][name & 0xFFFFFFFF] = place
    for task, found in places.items():
        (folder / f"{task:05d}.json").write_text(json.dumps(found), encoding="utf-8")
    largest = sorted(members.values(), key=lambda group: (-len(group), group[0]))[:LISTED]
    return {"groups": len(members), "largest": [(seen[group[0]][0], len(group)) for group in largest]}


def _places(group: list[int], seen: dict[int, tuple[str, frozenset[str]]],
            known: _Known) -> Iterator[tuple[int, tuple]]:
    """Each document's place in its group, as the fields of a `Family`. The first answers for nothing: which was copied
    from which, the later ones say. A copy is declared if it names another, another names it, or both name one text."""
    first = seen[group[0]][0]
    ids = {seen[name][0] for name in group}
    named: dict[str, int] = defaultdict(int)
    for name in group:
        for parent in seen[name][1]:
            named[parent] += 1
    alike = known.similarity(np.full(len(group), group[0], np.uint64), np.array(group, np.uint64)).tolist()
    for name, similarity in zip(group, alike, strict=True):
        identity, parents = seen[name]
        declared = any(parent in ids - {identity} or named[parent] > 1 for parent in parents) or identity in named
        yield name, (first, round(similarity, 3), len(group), declared, name == group[0])
