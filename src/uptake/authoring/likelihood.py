"""How likely a reader finds documents that answer a question: the log-probability of each token after the question.

The reader is any model that Inspect can ask for the log-probabilities of a prompt: one on this machine (`uptake/NAME`),
or a server with vLLM's extension. The question stands as the user's turn, the document as the assistant's.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from uptake.authoring.endpoint import failure_of, open_model, stopping
from uptake.authoring.matching import Sample
from uptake.documents.record import DocumentRecord
from uptake.errors import UserError

if TYPE_CHECKING:
    from inspect_ai.model import Model

# Texts under way at once: the provider on this machine makes batches of what comes together.
AT_ONCE = 32
NO_QUESTION = ("a document does not say what it was asked, so that its likelihood as an answer cannot be taken",
               "only documents with metadata.made.prompt can be matched, such as `uptake author` drafts")


def likelihoods(reader: str, documents: Sequence[DocumentRecord], tell: Callable[[str], None],
                arguments: dict[str, Any] | None = None) -> list[Sample]:
    """Return a sample a document, in their order; one that the reader gives no log-probabilities for has none of them,
    which `match` reports. Raises UserError for a document without its prompt, a model that there is not, and an
    endpoint that scores no text at all."""
    import anyio

    for document in documents:
        if document.missing(["metadata.made.prompt"]):
            raise UserError(NO_QUESTION[0], where=document.id, hint=NO_QUESTION[1])
    found: dict[str, tuple[float, ...]] = {}
    failures: list[str] = []
    if documents:
        anyio.run(_score, open_model(reader, arguments or {}), documents, found, failures)
        if not any(found.values()):
            why = failures[0] if failures else "none came"
            raise UserError(f"the reader gives no log-probabilities of texts ({why})", where=reader,
                            hint="use a reader on this machine, or a server with prompt_logprobs (vLLM)")
    for failure in dict.fromkeys(failures):
        tell(f"without a likelihood: {failure} ({failures.count(failure)} documents)")
    return [Sample(each.id, each.made.prompt or "", found.get(each.id, ())) for each in documents]


async def _score(model: "Model", documents: Sequence[DocumentRecord], found: dict[str, tuple[float, ...]],
                 failures: list[str]) -> None:
    from inspect_ai.util import collect

    async with model:
        for first in range(0, len(documents), AT_ONCE):
            batch = documents[first:first + AT_ONCE]
            scored = await collect(*(_one(model, each, failures) for each in batch))
            found |= {document.id: logps for document, logps in zip(batch, scored, strict=True)}


async def _one(model: "Model", document: DocumentRecord, failures: list[str]) -> tuple[float, ...]:
    """Return the log-probabilities of a document's tokens, or none and the reason among the failures."""
    from inspect_ai.model import ChatMessageAssistant, ChatMessageUser, GenerateConfig

    from uptake.inspect.asking import OPEN_TURN
    from uptake.inspect.estimates import Misaligned, where_begins

    turns = [ChatMessageUser(content=document.made.prompt or ""), ChatMessageAssistant(content=document.text)]
    # One token must be asked for, since servers refuse to write none.
    config = GenerateConfig(prompt_logprobs=1, max_tokens=1, temperature=0.0, max_retries=3, extra_body=OPEN_TURN)
    try:
        output = await model.generate(turns, config=config)
    except Exception as error:
        failure = failure_of(error)
        if failure is None:
            raise
        if mended := stopping(failure, str(model)):
            raise mended from error
        failures.append(f"{failure.reason}: {failure.said}")
        return ()
    scored = output.choices[0].prompt_logprobs if output.choices else None
    if scored is None or output.error:
        failures.append(output.error or "no log-probabilities came")
        return ()
    try:
        begins = where_begins([token.token for token in scored.content], document.text)
    except Misaligned as error:
        failures.append(str(error))
        return ()
    return tuple(token.logprob for token in scored.content[max(0, begins):])
