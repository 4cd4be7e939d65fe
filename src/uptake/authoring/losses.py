"""What was lost, by arm and reason, and whether the arms lost differently.

A filter chooses: where one arm's answers are refused more often than another's, what is left of the arms differs by
more than their instruction, however like each other the filters are. A second try does not mend that, so what
is compared is the share of answers that were refused, tries included.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from uptake.authoring.commissions import Commission
from uptake.authoring.settling import Settled

# Arms are said to differ if their shares of refused answers do by at least so much, and by more than chance would have
# it (Fisher's exact test, times the number of pairs looked at). A tenth would move an arm's mean by a tenth of the
# difference between what passes the filter and what does not.
MUCH, CHANCE = 0.1, 0.05


@dataclass
class Losses:
    """One arm: documents wanted, kept and lost, answers that came, why answers were refused (`reasons`), and calls that
    brought none (`failures`)."""

    wanted: int = 0
    kept: int = 0
    lost: int = 0
    answers: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def refused(self) -> int:
        return self.reasons.total()

    @property
    def share(self) -> float:
        """The share of answers that were refused; 0 where none came."""
        return self.refused / self.answers if self.answers else 0.0


def by_arm(wanted: Sequence[Commission], settled: Settled,
           failures: Sequence[tuple[Commission, str]]) -> dict[str, Losses]:
    """Count what became of every commission, arm by arm, in the brief's order."""
    counted: dict[str, Losses] = {}
    for commission in wanted:
        arm = counted.setdefault(commission.arm_name, Losses())
        arm.wanted += 1
        arm.kept += commission.id in settled.kept
        arm.answers += commission.id in settled.kept
    for commission in settled.lost:
        counted[commission.arm_name].lost += 1
    for each in settled.refused:
        counted[each.commission.arm_name].answers += 1
        counted[each.commission.arm_name].reasons[each.found.reason] += 1
    for commission, reason in failures:
        counted[commission.arm_name].failures[reason] += 1
    return counted


def warnings(losses: Mapping[str, Losses]) -> list[str]:
    """Return a sentence for the pair of arms that differ most in what they lost, if any differ much."""
    from scipy.stats import fisher_exact

    pairs = list(combinations(losses.items(), 2))
    found = []
    for (left, a), (right, b) in pairs:
        if abs(a.share - b.share) >= MUCH:
            chance = fisher_exact([[a.refused, a.answers - a.refused], [b.refused, b.answers - b.refused]]).pvalue
            if chance * len(pairs) < CHANCE:
                more, fewer = ((left, a), (right, b)) if a.share > b.share else ((right, b), (left, a))
                found.append((abs(a.share - b.share), _sentence(more, fewer)))
    return [max(found)[1]] if found else []


def _sentence(more: tuple[str, Losses], fewer: tuple[str, Losses]) -> str:
    (name, many), (other, few) = more, fewer
    often = many.reasons.most_common(1)[0][0]
    return (f"warning: of the arm '{name}' {many.refused} of {many.answers} answers were refused ({many.share:.0%}; "
            f"most often: {often}), of '{other}' {few.refused} of {few.answers} ({few.share:.0%}): "
            "what is left of them differs by more than the instruction (selection); see rejects.jsonl")


def in_words(losses: Mapping[str, Losses]) -> str:
    """Return a table of what became of every arm, with the reasons below it."""
    width = max([len("arm"), *map(len, losses)])
    lines = [f"{'arm':{width}}  wanted  kept  lost  answers  refused"]
    for name, arm in losses.items():
        lines.append(f"{name:{width}}  {arm.wanted:6}  {arm.kept:4}  {arm.lost:4}  {arm.answers:7}  {arm.refused:7}"
                     + (f"  ({arm.share:.0%})" if arm.refused else ""))
    for name, arm in losses.items():
        for what, counted in (("refused", arm.reasons), ("no answer", arm.failures)):
            if counted:
                said = ", ".join(f"{reason} {count}" for reason, count in counted.most_common())
                lines.append(f"{name}: {what}: {said}")
    return "\n".join(lines)
