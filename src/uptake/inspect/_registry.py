"""What Inspect finds in this package, through the entry point `inspect_ai`: the provider, the tasks and their parts.

Inspect loads this whenever it looks for any provider or task at all, so nothing heavy is imported here.
"""

from inspect_ai.model import ModelAPI, modelapi

from uptake.inspect.scoring import asking, counts, numbers, reading, unscored
from uptake.inspect.tasks import act, content, other, self, trust, wish, worth

__all__ = ["act", "asking", "content", "counts", "numbers", "other", "reading", "self", "trust", "unscored", "uptake",
           "wish", "worth"]


@modelapi(name="uptake")
def uptake() -> type[ModelAPI]:
    """Return the provider for readers on this machine."""
    from uptake.inspect.provider import UptakeAPI

    return UptakeAPI
