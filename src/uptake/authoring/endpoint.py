"""Find a model by its name, and say in a person's words what its endpoint refused."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from uptake.errors import UserError

if TYPE_CHECKING:
    from inspect_ai.model import Model

NAMES = ("a model is PROVIDER/NAME: uptake/smollm2-135m, openai-api/NAME/MODEL for any compatible server, or one of "
         "Inspect's")

# What a status means for the one call. Providers' own classes share no ancestor, so that without a status the name of
# a class, or of one above it, is what there is to go by.
STATUSES = {400: "prompt not taken", 408: "timeout", 409: "server error", 413: "prompt not taken",
            422: "prompt not taken", 429: "rate limit"}
CLASSES = {"AttemptTimeoutError": "timeout", "StreamIdleTimeoutError": "timeout", "APITimeoutError": "timeout",
           "TimeoutException": "timeout", "TimeoutError": "timeout", "RateLimitError": "rate limit",
           "APIConnectionError": "out of reach", "TransportError": "out of reach", "ConnectionError": "out of reach",
           "NoStreamDataError": "server error", "ModelGenerateError": "server error", "APIError": "server error",
           "OpenAIResponseError": "server error"}
# What no other prompt would meet otherwise: the run stops at once.
REFUSING = {401: ("the key is not accepted", "check the key in the environment"),
            403: ("the key does not give access", "check the key and what it may use"),
            404: ("the endpoint has no such model, or is no such endpoint", "check the model's name and the base URL"),
            402: ("the account has no credit", "pay, or choose another model")}
SHOWN = 160


@dataclass(frozen=True, slots=True)
class Failure:
    """A call without an answer: the reason that is counted, what the endpoint said, and its status (0 for none)."""

    reason: str
    said: str
    status: int = 0


def open_model(name: str, arguments: Mapping[str, Any]) -> "Model":
    """Return Inspect's model. Raises UserError for a name or provider that there is not, a package or a key that is
    missing (and says which environment variable), and a model that cannot be loaded."""
    from inspect_ai._util.error import PrerequisiteError
    from inspect_ai.model import get_model

    import uptake.inspect._registry  # noqa: F401 - the provider of readers on this machine, if no entry point tells of it

    try:
        return get_model(name, memoize=False, **arguments)
    except PrerequisiteError as error:
        raise _missing(name, str(error.message)) from error
    except (ValueError, OSError, TypeError) as error:
        raise UserError(_line(error), where=f"--model {name}", hint=NAMES) from error


def _missing(name: str, message: str) -> UserError:
    """Word what a provider lacks: an environment variable, or a package."""
    plain = " ".join(re.sub(r"\[/?[a-z ]+\]", "", message).split()).removeprefix("ERROR: ")
    where, variables = f"--model {name}", re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", plain)
    if variables:
        what = "no address is set for it" if variables[0].endswith("_URL") else "no key is set for it"
        return UserError(what, where=where, hint=f"set {' or '.join(variables)} in the environment")
    if package := re.search(r"pip install [\w.-]+", plain):
        return UserError("a package that it needs is not installed", where=where, hint=package[0])
    return UserError(plain, where=where, hint=NAMES)


def failure_of(error: Exception) -> Failure | None:
    """Return what an endpoint did to a call, or None if the error is no endpoint's doing.

    Inspect gives up on retries with tenacity's RetryError, which holds the last failure; some of its own errors hold
    the provider's.
    """
    from tenacity import RetryError

    if isinstance(error, RetryError):
        error = error.last_attempt.exception() or error
    if isinstance(error, UserError):
        return None
    status = next((value for value in (getattr(error, name, None) for name in ("status_code", "code"))
                   if isinstance(value, int)), 0)
    named = next((CLASSES[each.__name__] for each in type(error).__mro__ if each.__name__ in CLASSES), "")
    reason = STATUSES.get(status, "server error" if status >= 500 else named)
    said = getattr(error, "provider_message", None) or error
    return Failure(reason, _line(said), status) if reason or status in REFUSING else None


def stopping(failure: Failure, model: str) -> UserError | None:
    """Return the error that a failure is, if every other call would meet it too."""
    if failure.status not in REFUSING:
        return None
    what, hint = REFUSING[failure.status]
    return UserError(f"{what} ({failure.status}: {failure.said})", where=model, hint=hint)


def _line(said: object) -> str:
    """Return the first line of what somebody said, cut to what fits a sentence."""
    lines = [line.strip() for line in str(said).splitlines() if line.strip()]
    return lines[0][:SHOWN] if lines else type(said).__name__
