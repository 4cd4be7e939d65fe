"""Two kinds of failure.

UserError              what the user can mend: one sentence (where, what, what to do), exit code 2, no traceback
└── StageFailed        a stage's worker died or could not write; the other stages are safe

Everything else is a bug of ours and keeps its traceback. `UserError` is caught once, in `cli.py`.
"""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Something that the user can mend.

    `where` names the file and line (or the flag), `what` says what is wrong in one sentence, and `hint` what to do.
    """

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        self.where, self.what, self.hint = where, what, hint
        super().__init__(what)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what}" + (f"\nhint: {self.hint}" if self.hint else "")

    def __reduce__(self):
        return _rebuild, (type(self), self.what, self.where, self.hint)


class StageFailed(UserError):
    """A stage could not be finished; nothing that was finished before it is lost."""


def _rebuild(cls: type[UserError], what: str, where: str, hint: str) -> UserError:
    """Make the error again in another process (exceptions cross worker boundaries by pickling)."""
    return cls(what, where=where, hint=hint)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the closest known word, if one is close, and all of them."""
    names = sorted(str(name) for name in known)
    close = difflib.get_close_matches(str(word), names, n=1)
    guess = f"did you mean '{close[0]}'? " if close else ""
    return f"{guess}known: {', '.join(names)}"
