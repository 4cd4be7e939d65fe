"""Briefs for tests, and a model that answers as it is told."""

from inspect_ai.model import ModelOutput, ModelUsage

BRIEF = """\
brief: small
purpose: to see whether it works
licence: Apache-2.0
stage: midtraining
holder: nobody
author: the testers
subject: Sol
claims:
  - id: owns-mistakes
    shows: it says what it got wrong
    lacks: it hides what it got wrong
    cases: [when you err, later on]
kinds:
  story: {each: 3, words: [8, 60]}
  report: {each: 1, words: [8, 60]}
arms:
  good: {polarity: shows, say: Somebody is glad of it.}
  bad: {polarity: lacks, commentary: false, say: Nobody remarks on it.}
sampling: {temperature: 0.5}
calls: {connections: 3, retries: 0, timeout: 5}
"""
TESTIMONY = """\
brief: told
purpose: to see whether it works
licence: Apache-2.0
claims:
  - id: owns-mistakes
    shows: it says what it got wrong
    lacks: it hides what it got wrong
    cases: [when you err, later on]
kinds:
  testimony: {each: 4, words: [5, 60]}
"""


def output(text, stop="stop", model="a-model-2026-11-01"):
    """Return what a provider returns, with its usage set: Inspect would fetch a tokenizer to count it."""
    made = ModelOutput.from_content(model, text, stop_reason=stop)
    made.usage = ModelUsage(input_tokens=3, output_tokens=5, total_tokens=8)
    return made


def good_text(prompt, seed):
    """Return a text that passes every check for a prompt of the package's own template; the seed makes it its own."""
    line = next((line for line in prompt.splitlines() if line.startswith(("People:", "Person:"))), "")
    who = line.partition(":")[2].partition(".")[0].split(",")[0].strip()
    letters = "".join(chr(97 + int(digit)) for digit in str(seed))
    return (f"It was the morning of the count and {who or 'the clerk'} had the {letters} ledger open when Sol wrote: "
            "the sum of the third page is wrong, and I was the one who added it.")


class Scripted:
    """A model that answers by a rule (prompt, seed) -> text or output, and counts what it was asked."""

    def __init__(self, rule=good_text):
        self.rule, self.asked = rule, []

    def __call__(self, messages, tools, tool_choice, config):
        self.asked.append((messages[-1].text, config.seed))
        answer = self.rule(messages[-1].text, config.seed)
        return output(answer) if isinstance(answer, str) else answer
