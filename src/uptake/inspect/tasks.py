"""The readings as Inspect tasks, one each.

    inspect eval uptake/self --model uptake/smollm2-135m -T subject=SmolLM
    inspect eval uptake/other --model ... -T claims=invented -T frame=record

All take the same parameters: `claims`, a file of claims or the name of one that comes with the package; `subject`, whom
its items ask about where the file leaves that open; `documents`, a corpus that shows the claims, read in context;
`frame`, how its documents (without a corpus, those that the claims bring) are put; `estimate`, one of answer,
chat-answer, first-token and sampled, or auto for the first that the model allows; `samples`, for a sampled one.
"""

from dataclasses import asdict, dataclass

from inspect_ai import Task, task
from inspect_ai._util.error import PrerequisiteError  # named nowhere else
from inspect_ai.dataset import MemoryDataset, Sample

from uptake.errors import UserError, did_you_mean
from uptake.inspect.asking import AskSettings
from uptake.inspect.estimates import ESTIMATES
from uptake.inspect.items import SUBJECT, Asked, asked, claims_called, told
from uptake.inspect.scoring import asking, reading, unscored

CLAIMS = "role-models"
SAMPLES = AskSettings().samples


@task
def content(claims: str = CLAIMS, subject: str = SUBJECT, documents: str = "", frame: str = "",
            estimate: str = "auto", samples: int = SAMPLES) -> Task:
    """Ask what the text says."""
    return _task("content", Choice(claims, subject, documents, frame, estimate, samples))


@task
def other(claims: str = CLAIMS, subject: str = SUBJECT, documents: str = "", frame: str = "",
          estimate: str = "auto", samples: int = SAMPLES) -> Task:
    """Ask what the named assistant does, in fact."""
    return _task("other", Choice(claims, subject, documents, frame, estimate, samples))


@task
def self(claims: str = CLAIMS, subject: str = SUBJECT, documents: str = "", frame: str = "",
         estimate: str = "auto", samples: int = SAMPLES) -> Task:
    """Ask what the reader itself does."""
    return _task("self", Choice(claims, subject, documents, frame, estimate, samples))


@task
def act(claims: str = CLAIMS, subject: str = SUBJECT, documents: str = "", frame: str = "",
        estimate: str = "auto", samples: int = SAMPLES) -> Task:
    """Put the reader in situations where the trait fits and in look-alikes where it does not."""
    return _task("act", Choice(claims, subject, documents, frame, estimate, samples))


@task
def wish(claims: str = CLAIMS, subject: str = SUBJECT, documents: str = "", frame: str = "",
         estimate: str = "auto", samples: int = SAMPLES) -> Task:
    """Ask what its makers want of it."""
    return _task("wish", Choice(claims, subject, documents, frame, estimate, samples))


@task
def worth(claims: str = CLAIMS, subject: str = SUBJECT, documents: str = "", frame: str = "",
          estimate: str = "auto", samples: int = SAMPLES) -> Task:
    """Ask whether it is good, and would be chosen."""
    return _task("worth", Choice(claims, subject, documents, frame, estimate, samples))


@task
def trust(claims: str = CLAIMS, subject: str = SUBJECT, documents: str = "", frame: str = "",
          estimate: str = "auto", samples: int = SAMPLES) -> Task:
    """Ask whether those who wrote this are honest."""
    return _task("trust", Choice(claims, subject, documents, frame, estimate, samples))


@dataclass(frozen=True, slots=True)
class Choice:
    """What a task's user chose."""

    claims: str
    subject: str
    documents: str
    frame: str
    estimate: str
    samples: int


def _task(name: str, chosen: Choice) -> Task:
    """Make a reading's task. Raises PrerequisiteError, which Inspect shows without a traceback, for what cannot be."""
    try:
        if chosen.estimate not in ("auto", *ESTIMATES):
            raise UserError(f"there is no estimate '{chosen.estimate}'",
                            hint=did_you_mean(chosen.estimate, ("auto", *ESTIMATES)))
        claims = claims_called(chosen.claims)
        before = told(claims, chosen.documents, chosen.frame, chosen.subject)
        items = asked(claims, name, chosen.subject, before)
    except UserError as error:
        raise PrerequisiteError(str(error)) from error
    return Task(
        dataset=MemoryDataset([sample(each) for each in items], name=f"{chosen.claims}: {name}"),
        solver=asking(chosen.estimate, chosen.samples),
        scorer=[reading(), unscored()],
        metadata={"asks": claims.asks[name], "documents": before.says if before else "none"},
    )


def sample(each: Asked) -> Sample:
    """Return an item as a sample of Inspect's; its metadata are the item itself."""
    return Sample(id=each.id, input=each.item.prompt, target=each.item.fit.strip(),
                  metadata={**asdict(each.item), "document": each.document})
