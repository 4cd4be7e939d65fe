"""Find the numbers of a study: which cell of the profile stands where. Nothing is computed here but
differences.
"""

from dataclasses import dataclass
from functools import cached_property

CONTEXTS = ("untouched", "in_context", "trained", "with_frame", "with_paraphrase")
EQUAL_CONTENT = "equal-content"


@dataclass(frozen=True)
class Profile:
    """A view of `results`, the dict that is written to results.json. Entries are its own dicts, never
    copies.
    """

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
    def about(self) -> dict[str, dict[str, str]]:
        """What the study's own world or claims say of its `frames` and `readings`."""
        return self.results.get("about") or {}

    @property
    def outcomes(self) -> list[str]:
        """The readings that a frame may move apart from what the text says; `content` alone if there is no
        other.
        """
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

    def course(self, arm: str, frame: str, reading: str) -> list[dict]:
        """Return a trained cell's entries from before any stage to the last checkpoint; empty if it was
        not trained.
        """
        trained = self.series(arm, frame, reading)
        return self.series(arm, frame, reading, "untouched") + trained if trained else []

    def last(self, arm: str, frame: str, reading: str, context: str = "trained") -> dict | None:
        """Return a cell's entry at the last checkpoint, or None if it was never measured.

        In context it is the first: what the reader made of the frame before it was trained on any document.
        """
        entries = self.series(arm, frame, reading, context)
        return entries[0 if context == "in_context" else -1] if entries else None

    def equal_content(self, arm: str, frame: str, reading: str) -> dict | None:
        """Return a cell's entry at the point where all compared cells know the text equally well."""
        for entry in self.results.get("profile", ()):
            place = (entry["arm"], entry["frame"], entry["reading"])
            if entry.get("at") == EQUAL_CONTENT and place == (arm, frame, reading):
                return entry
        return None

    def has(self, context: str) -> bool:
        """Say whether any cell has a number in this context."""
        return any(
            has_mean(entry) for entry in self.results.get("profile", ()) if entry["context"] == context
        )

    def control_frame(self, control: dict) -> str:
        """Return the frame of a control that is a cell of the profile, written `frame.reading`; else ""."""
        frame, _, reading = control["control"].partition(".")
        return frame if frame in self.frames and reading in self.readings else ""

    def learnt_less_read(self, arm: str, frame: str, reading: str) -> float | None:
        """Return a frame's number after training less that in context; None without both."""
        read, learnt = self.last(arm, frame, reading, "in_context"), self.last(arm, frame, reading)
        return learnt["mean"] - read["mean"] if has_mean(read) and has_mean(learnt) else None


def has_mean(entry: dict | None) -> bool:
    """Say whether an entry exists and holds a number."""
    return entry is not None and entry.get("mean") is not None


def cell_key(entry: dict) -> str:
    """Name a cell of the profile and a group of rows alike, so that a number leads to its items."""
    parts = (entry["arm"], entry["frame"], entry["reading"], entry["context"], str(_checkpoint(entry)))
    return "|".join(parts)


def _checkpoint(entry: dict) -> int:
    return round(entry.get("checkpoint") or 0)
