"""The commands that stand beside a study, one file each; `cli.py` gives them their options."""
