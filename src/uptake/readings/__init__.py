"""Readings and the controls measured with them: items, never numbers."""
