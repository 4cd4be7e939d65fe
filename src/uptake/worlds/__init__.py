"""Grown worlds: their language, their schooling, and what is true in them."""
