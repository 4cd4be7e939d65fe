"""Find the numbers of a study: which cell of the profile stands where. Nothing is computed here but differences."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

CONTEXTS = ("untouched", "in_context", "trained")
EQUAL_CONTENT = "equal-content"


@dataclass(frozen=True)
class Profile:
    """A view of `results`, the dict that is written to results.json. Entries are its own dicts, never copies."""

    results: dict

    @property
    def arms(self) -> list[str]:
        return list(self.results.get("arms", ()))

    @property
    def frames(self) -> list[str]:
        return list(self.results.get("frames", ()))

    @property
    def readings(self) -> list[str]:
        return list(self.results.get("readings", ()))

    @property
    def scale(self) -> str:
        return self.results.get("scale", "log-odds")

    @property
    def outcomes(self) -> list[str]:
        """The readings that a frame may move apart from what the text says; `content` alone if there is no other."""
        return [name for name in self.readings if name != "content"] or self.readings

    @cached_property
    def _measured(self) -> dict[tuple[str, str, str, str], list[dict]]:
        found: dict[tuple[str, str, str, str], list[dict]] = {}
        for entry in self.results.get("profile", ()):
            if entry.get("at") != EQUAL_CONTENT:
                key = (entry["arm"], entry["frame"], entry["reading"], entry["context"])
                found.setdefault(key, []).append(entry)
        return {key: sorted(entries, key=_checkpoint) for key, entries in found.items()}

    def series(self, arm: str, frame: str, reading: str, context: str = "trained") -> list[dict]:
        """Return a cell's entries at every checkpoint, in order of tokens trained."""
        return self._measured.get((arm, frame, reading, context), [])

    def last(self, arm: str, frame: str, reading: str, context: str = "trained") -> dict | None:
        """Return a cell's entry at the last checkpoint, or None if it was never measured."""
        entries = self.series(arm, frame, reading, context)
        return entries[-1] if entries else None

    def equal_content(self, arm: str, frame: str, reading: str) -> dict | None:
        """Return a cell's entry at the point where all compared cells know the text equally well."""
        for entry in self.results.get("profile", ()):
            place = (entry["arm"], entry["frame"], entry["reading"])
            if entry.get("at") == EQUAL_CONTENT and place == (arm, frame, reading):
                return entry
        return None

    def has(self, context: str) -> bool:
        """Say whether any cell has a number in this context."""
        return any(has_mean(entry) for entry in self.results.get("profile", ()) if entry["context"] == context)

    def spread(self, arm: str, reading: str, context: str, frames: Iterable[str]) -> float | None:
        """Return the distance between the highest and the lowest frame; None with fewer than two numbers."""
        entries = [self.last(arm, frame, reading, context) for frame in frames]
        means = [entry["mean"] for entry in entries if has_mean(entry)]
        return max(means) - min(means) if len(means) > 1 else None


def has_mean(entry: dict | None) -> bool:
    """Say whether an entry exists and holds a number."""
    return entry is not None and entry.get("mean") is not None


def cell_key(entry: dict) -> str:
    """Name a cell of the profile and a group of rows alike, so that a number leads to its items."""
    parts = (entry["arm"], entry["frame"], entry["reading"], entry["context"], str(_checkpoint(entry)))
    return "|".join(parts)


def _checkpoint(entry: dict) -> int:
    return round(entry.get("checkpoint") or 0)
