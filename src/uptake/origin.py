"""Where the texts of a file come from, as the file says it."""

from uptake.records import Provenance
from uptake.strict_yaml import Value

# What a file must say; the other fields of a provenance may stay unknown.
REQUIRED = ("author", "made_with", "prompt", "status", "licence")


def read_origin(value: Value) -> Provenance:
    """Read a file's `origin`. Raises UserError, with file and line, for a field that is unknown or missing."""
    parts = value.mapping(Provenance.__slots__, required=REQUIRED)
    return Provenance(**{key: each.text() for key, each in parts.items()})
