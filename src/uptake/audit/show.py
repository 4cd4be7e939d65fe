"""Say what was found: on the terminal, as Dolma's attributes, and as one page that opens offline."""

import heapq
import json
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from uptake.audit.page import Finding, Mark, Overview, Tally
from uptake.audit.patterns import data
from uptake.documents.record import DocumentRecord

WIDTH = 80
# Characters of a document on the page, around its first mark; and marks listed beside it.
SHOWN_TEXT, SHOWN_MARKS = 6000, 60
# `json.dumps` makes a new one for every line.
LINE = json.JSONEncoder(ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """A document on the page: pieces of its text, each with the marks that lie on it, and the marks on the whole."""

    id: str
    source: str
    pieces: Sequence[tuple[str, Sequence[Mark]]]
    whole: Sequence[Mark]
    cut: bool

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "Shown":
        pieces = [(text, [Mark(**mark) for mark in marks]) for text, marks in raw["pieces"]]
        return cls(raw["id"], raw["source"], pieces, [Mark(**mark) for mark in raw["whole"]], raw["cut"])


@dataclass
class Found:
    """What has been found so far, in a task or in all. Only the `keep` documents with the weightiest marks are held."""

    findings: Sequence[str]
    keep: int
    tallies: dict[str, Tally]
    documents: int = 0
    marked: int = 0
    by_finding: Counter[str] = field(default_factory=Counter)
    by_tag: Counter[str] = field(default_factory=Counter)
    overviews: dict[str, Overview] = field(default_factory=dict)
    heap: list[tuple[float, int, Shown]] = field(default_factory=list)

    @classmethod
    def of(cls, findings: Sequence[str], keep: int) -> "Found":
        return cls(findings, keep, {name: Tally() for name in findings})

    def add(self, record: DocumentRecord, marks: list[Mark]) -> None:
        self.documents += 1
        if not marks:
            return
        self.marked += 1
        self.by_finding.update({mark.finding for mark in marks})
        self.by_tag.update({f"{mark.finding} {mark.tag}" for mark in marks})
        place = (weight(record, marks), -self.documents)
        if len(self.heap) < self.keep or (self.keep and place > self.heap[0][:2]):
            self._hold((*place, _shown(record, marks)))

    def join(self, text: str) -> None:
        """Add what the next task found, as `to_json` wrote it."""
        raw, before = json.loads(text), self.documents
        self.documents += raw["documents"]
        self.marked += raw["marked"]
        self.by_finding.update(raw["by_finding"])
        self.by_tag.update(raw["by_tag"])
        for name, tally in raw["tallies"].items():
            self.tallies[name].update(tally)
        for much, place, shown in raw["heap"]:
            self._hold((much, place - before, Shown.from_json(shown)))

    def to_json(self) -> str:
        return json.dumps({"documents": self.documents, "marked": self.marked, "by_finding": self.by_finding,
                           "by_tag": self.by_tag, "tallies": self.tallies,
                           "heap": [(much, place, asdict(shown)) for much, place, shown in self.heap]})

    def close(self, findings: Sequence[Finding]) -> None:
        """Ask each finding what it has to say of the whole corpus."""
        self.overviews = {finding.name: finding.overview(self.tallies[finding.name]) for finding in findings}

    def has(self, finding: str) -> bool:
        """Whether a finding found anything, in a document or in the corpus."""
        return bool(self.by_finding[finding] or self.overviews[finding].found)

    def tag(self, finding: str, tag: str) -> int:
        """How many documents have a tag."""
        return self.by_tag[f"{finding} {tag}"]

    @property
    def nothing(self) -> bool:
        return not any(self.has(finding) for finding in self.findings)

    def shown(self) -> list[Shown]:
        """The documents to be shown, in the corpus's order."""
        return [shown for _, _, shown in sorted(self.heap, key=lambda entry: -entry[1])]

    def _hold(self, entry: tuple[float, int, Shown]) -> None:
        heapq.heappush(self.heap, entry)
        if len(self.heap) > self.keep:
            heapq.heappop(self.heap)


def weight(record: DocumentRecord, marks: list[Mark]) -> float:
    """How much a document is worth showing: kinds of marks on spans count ten times as much as on the whole."""
    kinds = {(mark.finding, mark.tag): mark for mark in marks}
    return sum(mark.score * (1 if mark.end - mark.start == len(record.text) else 10) for mark in kinds.values())


def attributes(record: DocumentRecord, marks: list[Mark]) -> str:
    """Return a document's line of Dolma's attributes, without the newline."""
    spans: dict[str, list[list[float]]] = {}
    for mark in marks:
        name = f"uptake__{mark.finding.replace('-', '_')}__{mark.tag}"
        spans.setdefault(name, []).append([mark.start, mark.end, mark.score])
    return LINE.encode({"id": record.id, "source": record.source, "attributes": spans})


def summary(found: Found, read: str) -> str:
    """Return what the terminal shows, at most 80 columns wide."""
    words, lines = data("words"), wrapped(read)
    if found.nothing:
        lines += wrapped(nothing_found(found))
    for name in found.findings:
        said, overview = words["findings"][name], found.overviews[name]
        if overview.reason:
            lines += ["", *wrapped(f"{said['title']}: not looked for; {overview.reason}.")]
        elif found.has(name):
            lines += ["", *wrapped(f"{said['title']} ({name})")]
            for tag, meaning in said["tags"].items():
                if number := found.tag(name, tag):
                    lines += textwrap.wrap(f"  {number:>9,}  {meaning}", WIDTH, subsequent_indent=" " * 13)
            lines += wrapped(overview.found, "  ") if overview.found else []
            lines += wrapped(f"Evidence: {said['evidence']}", "  ") + wrapped(f"Do: {said['do']}", "  ")
    silent = [name for name in found.findings if not found.has(name) and not found.overviews[name].reason]
    if silent and not found.nothing:
        lines += ["", *wrapped(f"Nothing found: {', '.join(silent)}.")]
    return "\n".join(lines)


def nothing_found(found: Found) -> str:
    looked = [name for name in found.findings if not found.overviews[name].reason]
    count = f"{found.documents:,} document{'' if found.documents == 1 else 's'}"
    return data("words")["page"]["nothing"].format(documents=count, findings=", ".join(looked) or "no finding")


def wrapped(text: str, indent: str = "") -> list[str]:
    return [line for part in text.splitlines()
            for line in textwrap.wrap(part, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ")]


def to_html(found: Found, read: str, title: str) -> str:
    """Return the page: one file that asks nothing of the network."""
    shown = found.shown()
    return _environment().get_template("audit.html.j2").render(
        found=found, words=data("words"), read=read, title=title, shown=shown, rest=found.marked - len(shown),
        nothing=nothing_found(found))


def _shown(record: DocumentRecord, marks: list[Mark]) -> Shown:
    length = len(record.text)
    whole = tuple(mark for mark in marks if (mark.start, mark.end) == (0, length))
    spans = sorted((mark for mark in marks if (mark.start, mark.end) != (0, length)),
                   key=lambda mark: (mark.start, mark.end))[:SHOWN_MARKS]
    start = max(0, spans[0].start - SHOWN_TEXT // 4) if spans and spans[0].start > SHOWN_TEXT // 2 else 0
    end = min(length, start + SHOWN_TEXT)
    return Shown(record.id, record.source, tuple(_pieces(record.text, spans, start, end)), whole, end - start < length)


def _pieces(text: str, spans: list[Mark], start: int, end: int) -> Iterator[tuple[str, tuple[Mark, ...]]]:
    """Cut the text wherever a mark begins or ends."""
    edges = sorted({start, end, *(edge for mark in spans for edge in (mark.start, mark.end) if start < edge < end)})
    for first, last in pairwise(edges):
        yield text[first:last], tuple(mark for mark in spans if mark.start <= first and last <= mark.end)


@cache
def _environment() -> Environment:
    environment: Any = Environment(loader=PackageLoader("uptake.audit"), autoescape=True, undefined=StrictUndefined,
                                   trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    return environment
