"""Deal people, a place and a trade to each document, so that no two documents share a cast.

A person has a given name and a family name of one tongue. While the pool lasts, no name is dealt twice; then names come
again, in other pairs, and no pair ever does.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from uptake.authoring.brief import Vary, pool
from uptake.errors import UserError


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is in a document, where it takes place, and what work it has to do with."""

    people: tuple[str, ...]
    place: str
    trade: str


@dataclass
class Casting:
    """Deals casts from the pool; `dealt` counts how often each name was, so that the least used come first."""

    vary: Vary
    names: dict[str, Any] = field(default_factory=pool)
    dealt: Counter[str] = field(default_factory=Counter)
    pairs: set[str] = field(default_factory=set)

    def deal(self, rng: random.Random, people: int) -> Cast:
        """Return a cast that nobody else has. Raises UserError when every pair of names has been dealt."""
        tongues = self.vary.tongues or tuple(self.names["tongues"])
        drawn = [self._person(rng, tongues) for _ in range(people)]
        home = drawn[0][1] if drawn else rng.choice(tongues)
        place = rng.choice(self.vary.places or self.names["tongues"][home]["places"])
        trade = rng.choice(self.vary.trades or self.names["trades"])
        return Cast(tuple(name for name, _ in drawn), place, trade)

    def _person(self, rng: random.Random, tongues: Sequence[str]) -> tuple[str, str]:
        """Draw a person: the order of tongues and names is the stream's, and of these the least dealt are taken."""
        order = sorted(rng.sample(tongues, len(tongues)), key=self._least_dealt)
        for tongue in order:
            names = self.names["tongues"][tongue]
            given, family = (rng.sample(names[part], len(names[part])) for part in ("given", "family"))
            for first in sorted(given, key=self.dealt.__getitem__):
                for last in sorted(family, key=self.dealt.__getitem__):
                    if f"{first} {last}" not in self.pairs:
                        return self._take(first, last), tongue
        raise UserError(f"the names of the pool are used up after {len(self.pairs):,} persons", where="vary",
                        hint="ask for fewer documents, name more tongues, or set people to 0 for some kinds")

    def _least_dealt(self, tongue: str) -> int:
        return min(self.dealt[name] for name in self.names["tongues"][tongue]["given"])

    def _take(self, first: str, last: str) -> str:
        self.pairs.add(f"{first} {last}")
        self.dealt.update((first, last))
        return f"{first} {last}"
