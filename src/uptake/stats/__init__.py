"""From scored items to estimates, verdicts and what a design can see. Start reading at `verdicts.py`."""
