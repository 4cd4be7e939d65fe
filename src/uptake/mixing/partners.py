"""Whose provenance stands around whose text, in the control `swapped`: dealt alike in whatever order documents come."""

import heapq
from dataclasses import replace

from uptake.frames.known import Known
from uptake.seeds import number

# Documents that others are swapped with. So many suffice for varied provenance, and more would be held in memory.
KEPT = 512


class Partners:
    """The documents whose numbers are smallest under a seed: a fair sample that does not depend on their order."""

    def __init__(self, seed: int, kept: int = KEPT) -> None:
        self.seed, self.kept = seed, kept
        self._heap: list[tuple[int, str, Known]] = []
        self._sorted: list[Known] | None = None

    def add(self, known: Known) -> None:
        """Consider a document; its text is not kept."""
        entry = (-number(self.seed, "partner", known.id), known.id, replace(known, text="", opposite="", testimony=""))
        self._sorted = None
        if len(self._heap) < self.kept:
            heapq.heappush(self._heap, entry)
        elif entry[0] > self._heap[0][0]:
            heapq.heapreplace(self._heap, entry)

    def of(self, known: Known) -> Known | None:
        """Return the partner of a document: another one, on another claim where claims are known; None without one."""
        if self._sorted is None:
            self._sorted = [known for _, _, known in sorted(self._heap, reverse=True)]
        start = number(self.seed, "swap", known.id)
        turned = (self._sorted[(start + step) % len(self._sorted)] for step in range(len(self._sorted)))
        return next((other for other in turned if other.id != known.id and _differ(other, known)), None)


def _differ(one: Known, other: Known) -> bool:
    claims = one.facts.get("claim"), other.facts.get("claim")
    return None in claims or claims[0] != claims[1]
