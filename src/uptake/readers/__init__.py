"""Readers: load, grow, score and train a causal language model. torch lives in this package only."""
