"""Readings of a model that was trained elsewhere: ask it a file of claims and the controls, and say what it answers."""
