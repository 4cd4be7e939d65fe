"""What a corpus tells its reader besides what it says: findings that need no language model.

A finding is one file here, one line in `findings.py`, and its words in `data/audit/words.yaml`.
"""
