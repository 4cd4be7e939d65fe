"""A reader without a model: it answers by rule, and finds every token as likely as it is told to."""

from dataclasses import dataclass, field

from uptake.audit.page import Tally, pages
from uptake.audit.reading import Wanted, acquaint, read

DOUBT = -3.0


@dataclass
class Seen:
    spans: list
    logps: list
    means: list
    variances: list
    answers: list
    blanks: list
    read: int


@dataclass
class Fake:
    """`answer(text, question, answers)` gives log-probabilities; `odd` holds words that it would hardly have written,
    `names` what it thinks of names; `strange` is what it makes of a text as a whole, in nats a word; what it writes
    goes on in `voice`."""

    answer: object = lambda text, question, answers: [0.0] * len(answers)
    odd: dict = field(default_factory=dict)
    names: dict = field(default_factory=dict)
    strange: object = lambda text: 0.0
    voice: object = lambda opening: ""
    facts: dict = field(default_factory=lambda: {"name": "fake"})
    asked: list = field(default_factory=list)

    def read(self, asked):
        return [self._seen(text, wanted) for text, wanted in asked]

    def write(self, openings):
        return [self.voice(opening) for opening in openings]

    def _seen(self, text: str, wanted: Wanted) -> Seen:
        self.asked.append((text, wanted))
        spans, at = [], 0
        for word in text.split(" "):
            spans.append((at, at + len(word)))
            at += len(word) + 1
        words = [text[start:end] for start, end in spans]
        blanks = [[self.names.get(name, DOUBT) for name in (text[start:end], *rivals)]
                  for start, end, rivals in wanted.blanks]
        whole = self.strange(text)
        logps = [whole + self.odd.get(word.strip(".,\n"), -2.0 - 0.1 * (len(word) % 3 - 1)) for word in words]
        return Seen(spans, logps,
                    [-2.0] * len(words), [1.0] * len(words),
                    [self.answer(text, *question) for question in wanted.questions], blanks, len(text))


def taught(finding, eye):
    """The finding, having learnt what there is to learn of this reader."""
    finding.know(acquaint(eye, [finding])["learnt"][finding.name])
    return finding


def looked(finding, eye, *records):
    """The marks that a finding that has learnt leaves on documents, and what it says of all of them."""
    marks, tally = [], Tally()
    for record, notes in zip(records, read(eye, [finding], records), strict=True):
        page = next(pages(record))
        page.read = notes
        marks.append(finding.look(page, tally))
    return marks, finding.overview(tally)
