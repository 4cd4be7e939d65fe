"""Whether anything as plain as words or length tells a study's arms apart, and which words give it away.

Words together: naive Bayes on word counts (1 + log(count), each text of length 1), cross-validated; its
held-out balanced accuracy is compared with the same on permuted arms (Ojala and Garriga, "Permutation tests for
studying classifier performance", 2010). Single words: in how many documents of each arm they are (chi-squared with
Yates's correction, Bonferroni over words). Lengths, how many different words begin a text, and how likely a reader
finds it (the mean log-probability of its tokens), if there is one: Kruskal and Wallis's.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import count
from typing import Any

import numpy as np

from uptake.audit.page import Mark, Overview, Page, Table, Tally, sampled
from uptake.audit.reading import LIKELIHOOD
from uptake.documents.record import DocumentRecord

# Documents of each arm that are drawn: enough to see a balanced accuracy of .55, and a minute's work.
DRAWN = 400
FEWEST, MOST_ARMS = 10, 12
# Words of a text that count: a longer one is told by its beginning.
WORDS = 2000
FOLDS, PERMUTATIONS = 5, 199
# Added to each word's count, so that a rare one hardly counts.
ADDED = 0.1
# Words met in fewer documents cannot tell held-out documents apart; more words than this add only time.
LEAST_DOCUMENTS, MOST_WORDS = 3, 5000
BEGINNING = 100
TOLD = 12
# Together the tests call like arms different in about 1 corpus of 100. The first is the least p that 199 permutations
# can give.
LEVEL = {"words": 0.005, "single words": 0.002, "length": 0.002, "variety of words": 0.002, "likelihood": 0.002}


class ArmsDiffer:
    """Marks nothing in the texts: it speaks of the corpus alone. `at` is a dotted path such as `metadata.arm`; `meant`
    are words that the arms are meant to differ in, which are left out; `documents` is how many there are, if known;
    `weighs` says whether a reader tells how likely it finds them."""

    name = "arms-differ"

    def __init__(self, at: str | None, meant: Collection[str] = (), documents: int = 0, weighs: bool = False) -> None:
        self.idle = at is None
        self.weighs = weighs and not self.idle
        self._at, self._meant = at, frozenset(word.lower() for word in meant)
        # So many that even an arm of one document in a hundred gives as many as are drawn.
        self._share = min(1.0, 100 * DRAWN / max(1, documents))
        self._settled: Mapping[str, Any] = {}

    def see(self, page: Page) -> Any | None:
        if page.at:
            return None
        arm, place = value_at(page.record, self._at), sampled(page.record.id)
        if arm is not None and place >= self._share:
            return None
        return {"arm": arm, "place": place, "length": len(page.words), "words": page.words[:WORDS]}

    def settle(self, notes: Iterable[Any]) -> Any:
        """Draw from each arm the documents whose ids have the least hashes, and compare."""
        drawn: dict[str, list] = defaultdict(list)
        without, order = 0, count()
        for note in notes:
            if note["arm"] is None:
                without += 1
                continue
            if note["arm"] not in drawn and len(drawn) >= MOST_ARMS:
                return {"reason": f"{self._at} has more than {MOST_ARMS} values; name the field that holds the arm"}
            heap = drawn[note["arm"]]
            heapq.heappush(heap, (-note["place"], next(order), note))
            if len(heap) > DRAWN:
                heapq.heappop(heap)
        small = sorted(name for name, heap in drawn.items() if len(heap) < FEWEST)
        if len(drawn) < 2:
            return {"reason": f"{self._at}: documents of at least two arms are needed"}
        if small:
            return {"reason": f"{self._at}: fewer than {FEWEST} documents in {', '.join(small)}"}
        arms = {name: [each[2] for each in sorted(drawn[name], key=lambda each: -each[0])] for name in sorted(drawn)}
        return {"tests": compare(arms, self._meant), "without": without}

    def know(self, settled: Any) -> None:
        self._settled = settled

    def look(self, page: Page, tally: Tally) -> list[Mark]:
        return []

    def overview(self, tally: Tally) -> Overview:
        if self._at is None:
            return Overview(reason="no field was given that names the arms (--arms)")
        if "reason" in self._settled:
            return Overview(reason=self._settled["reason"])
        tests = self._settled["tests"]
        found = [what for what, level in LEVEL.items() if what in tests and tests[what]["p"] <= level]
        rows = tuple((what, each["value"], each["against"], f"p = {each['p']:.2g}") for what, each in tests.items()
                     if what in LEVEL)
        left_out = f"; left out: {', '.join(sorted(self._meant))}" if self._meant else ""
        note = f"{tests['documents']:,} documents drawn; without an arm: {self._settled['without']:,}{left_out}"
        tables = [Table(f"What tells the arms of {self._at} apart", ("by", "value", "read against", ""), rows, note)]
        if tests["giveaways"]:
            columns = ("arm", "word", "documents of it", "of the others")
            tables.append(Table("Words that give an arm away", columns, tuple(map(tuple, tests["giveaways"]))))
        return Overview(tuple(tables), f"the arms differ in {', '.join(found)}" if found else "")


def value_at(record: DocumentRecord, path: str) -> str | None:
    """Return what stands at a dotted path of the record, as text; None where nothing does. A key of one's own is found
    at the top and under `metadata` alike: datatrove's reader moves it."""
    whole = record.model_dump(mode="json", exclude_unset=True)
    path = path.removeprefix("metadata.")
    for value in (whole.get("metadata"), whole):
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None:
            return str(value)
    return None


def compare(arms: Mapping[str, list[dict[str, Any]]], meant: Collection[str]) -> dict[str, Any]:
    """Test whether words, length, variety and likelihood tell the arms apart; return each test's p, value, and what to
    read it against, and the words that weigh most."""
    names = list(arms)
    notes = [note for name in names for note in arms[name]]
    truth = np.repeat(np.arange(len(names)), [len(arms[name]) for name in names])
    counts, vocabulary = _bag([[word for word in note["words"] if word not in meant] for note in notes])
    told, null, p = _told(counts, truth)
    low, high = _interval(told, truth)
    said = {"words": {"p": p, "value": f"told apart: {told:.2f} [{low:.2f}, {high:.2f}]",
                      "against": f"chance {1 / len(names):.2f}, permuted at most {max(null, default=1):.2f}"}}
    single = _single(counts, truth)
    lead = int(single.argmin()) if len(single) else 0
    said["single words"] = {"p": min(1.0, float(single.min(initial=1.0)) * max(1, len(single))),
                            "value": vocabulary[lead] if vocabulary else "", "against": f"{len(vocabulary):,} words"}
    lengths = np.array([note["length"] for note in notes])
    variety = np.array([len(set(note["words"][:BEGINNING])) / max(1, len(note["words"][:BEGINNING])) for note in notes])
    likely = np.array([np.nan if (each := note.get(LIKELIHOOD)) is None else each for note in notes], float)
    for what, values in (("length", lengths), ("variety of words", variety), ("likelihood", likely)):
        known = np.isfinite(values)
        if (np.bincount(truth[known], minlength=len(names)) < FEWEST).any():
            continue
        medians = " / ".join(f"{np.median(values[known & (truth == arm)]):.3g}" for arm in range(len(names)))
        said[what] = {"p": _kruskal(values[known], truth[known]), "value": f"medians: {medians}",
                      "against": " / ".join(names)}
    differ = any(said[what]["p"] <= LEVEL[what] for what in ("words", "single words"))
    giveaways = _giveaways(counts, truth, vocabulary, names) if differ else []
    return {**said, "giveaways": giveaways, "documents": len(notes)}


def _bag(texts: list[list[str]]) -> tuple[Any, list[str]]:
    """Return documents by words, and the words."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    held = Counter(word for words in texts for word in set(words))
    if not any(count >= LEAST_DOCUMENTS for count in held.values()):
        return None, []
    made = TfidfVectorizer(analyzer=list, min_df=LEAST_DOCUMENTS, max_features=MOST_WORDS, use_idf=False,
                           sublinear_tf=True)
    return made.fit_transform(texts), made.get_feature_names_out().tolist()


def _single(counts: Any, truth: np.ndarray) -> np.ndarray:
    """Each word's p: whether the arms' documents hold it equally often."""
    from scipy.stats import chi2

    if counts is None:
        return np.empty(0)
    sizes = np.bincount(truth).astype(float)
    held = np.array([np.asarray((counts[truth == arm] > 0).sum(axis=0)).ravel() for arm in range(len(sizes))], float)
    expected = np.outer(sizes / sizes.sum(), held.sum(axis=0))
    lacking = sizes[:, None] - expected
    off = np.maximum(0, abs(held - expected) - 0.5) ** 2
    return chi2.sf((off / expected + off / np.maximum(lacking, 1e-9)).sum(axis=0), len(sizes) - 1)


def _told(counts: Any, truth: np.ndarray) -> tuple[float, list[float], float]:
    """The held-out balanced accuracy, the same on permuted arms, and its p."""
    if counts is None:
        return float(1 / (truth.max() + 1)), [], 1.0
    rng = np.random.default_rng(0)
    truths = np.stack([truth, *(rng.permutation(truth) for _ in range(PERMUTATIONS))])
    told, *null = _held_out(counts, truths, rng.permutation(np.arange(len(truth)) % FOLDS)).tolist()
    return told, null, (1 + sum(each >= told for each in null)) / (1 + PERMUTATIONS)


def _held_out(counts: Any, truths: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """For each way in which the arms may lie (a row of `truths`), the mean over arms of the share of their documents
    that are told by a classifier that has not seen them. All rows are fitted at once, which is why this is not
    scikit-learn's `MultinomialNB`: a thousand fits of it take seconds, and these take hundredths."""
    arms = np.arange(truths[0].max() + 1)
    wanted = (truths[:, :, None] == arms).transpose(1, 0, 2)  # documents x rows x arms
    said = np.empty(truths.T.shape, int)
    for fold in range(FOLDS):
        inside = folds != fold
        weights = _weights(counts[inside], wanted[inside].reshape(inside.sum(), -1))
        said[~inside] = (counts[~inside] @ weights).reshape(-1, *wanted.shape[1:]).argmax(axis=2)
    right = (said == truths.T)[:, :, None] & wanted
    return (right.sum(axis=0) / wanted.sum(axis=0)).mean(axis=1)


def _weights(counts: Any, chosen: np.ndarray) -> np.ndarray:
    """Multinomial naive Bayes: for each choice of documents (a column), the log share of each word in them, with
    `ADDED` of a word added to each; arms weigh the same however large they are."""
    held = counts.T @ chosen.astype(float) + ADDED
    return np.log(held / held.sum(axis=0))


def _giveaways(counts: Any, truth: np.ndarray, vocabulary: list[str], names: list[str]) -> list[tuple[str, ...]]:
    logs = _weights(counts, truth[:, None] == np.arange(len(names))).T
    weights = np.array([logs[arm] - np.delete(logs, arm, axis=0).max(axis=0) for arm in range(len(names))])
    present = (counts > 0).astype(float)
    rows = []
    for arm, name in enumerate(names):
        inside, outside = (np.asarray(present[chosen].mean(axis=0)).ravel() for chosen in (truth == arm, truth != arm))
        rows += [(name, vocabulary[word], f"{inside[word]:.0%}", f"{outside[word]:.0%}")
                 for word in np.argsort(-weights[arm])[:TOLD].tolist()]
    return rows


def _interval(share: float, truth: np.ndarray, z: float = 1.96) -> tuple[float, float]:
    """Wilson's 95 % interval of a balanced accuracy, for as many documents as the smallest arm times the arms."""
    count = float(np.bincount(truth).min() * len(np.unique(truth)))
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return float(middle - half), float(middle + half)


def _kruskal(values: np.ndarray, truth: np.ndarray) -> float:
    from scipy.stats import kruskal

    if len(np.unique(values)) == 1:
        return 1.0
    return float(kruskal(*(values[truth == arm] for arm in np.unique(truth))).pvalue)
