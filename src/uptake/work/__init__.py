"""One stage, carried out in a worker: from its inputs alone to files in a folder.

A stage's inputs are plain data that name everything its numbers depend on; their hash is the stage's key. Torch is
imported inside the stages, so that a plan or a report does not wait for it.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from uptake.work import grown, pressing, real, skills, telling
from uptake.work.outputs import FACTS, LEDGER, ROWS

__all__ = ["FACTS", "LEDGER", "REHEARSALS", "ROWS", "STAGES", "carry_out"]

Work = Callable[[Mapping[str, Any], Path, Path | None], None]

STAGES: dict[str, Work] = {"grow": grown.grow_stage, "go-on": grown.go_on_stage,
                           "press": pressing.press_stage, "school": real.school_stage,
                           "read": real.read_stage, "tell": telling.tell_stage,
                           "ask": skills.ask_stage, "teach": skills.teach_stage}
REHEARSALS = {"grow": grown.rehearse, "go-on": grown.rehearse, "press": pressing.rehearse,
              "school": real.rehearse, "read": real.rehearse, "tell": telling.rehearse,
              "ask": skills.rehearse, "teach": skills.rehearse}


def carry_out(inputs: Mapping[str, Any], folder: str, before: str | None) -> str:
    """Carry out one stage into `folder`; `before` is the folder of the stage before it. Returns the folder."""
    STAGES[inputs["stage"]](inputs, Path(folder), Path(before) if before else None)
    return folder
