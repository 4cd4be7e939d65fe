"""Documents drafted by a model from a brief, each with its provenance, and testimony asked of a reader."""
