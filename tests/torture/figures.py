"""The results of an item of the campaign: numbers whose goal is 0, and examples of harm."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from typing import Final, Literal

Kind = Literal["lost", "wrong", "left", "tracebacks"]
KINDS: Final[dict[Kind, str]] = {
    "lost": "silent losses",
    "wrong": "wrong",
    "left": "left behind",
    "tracebacks": "tracebacks",
}
EXAMPLES: Final = 5


@dataclass
class Figures:
    """``tried`` cases, and how often each kind of harm was found."""

    tried: int = 0
    lost: int = 0
    """Cases in which something was not recorded and the trace does not say so."""
    wrong: int = 0
    """Cases in which something untrue was said, or the wrong thing was done."""
    left: int = 0
    """Cases after which a program, a process, a temporary file or half an output was left."""
    tracebacks: int = 0
    others: dict[str, int] = field(default_factory=dict)
    """Other numbers of interest, by name, without a goal."""
    examples: list[str] = field(default_factory=list)
    kernel: str = field(default_factory=platform.release)

    def found(self, kind: Kind, text: str) -> None:
        """Count one case of harm; the first few are kept as examples."""
        setattr(self, kind, getattr(self, kind) + 1)
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{KINDS[kind]}: {text}")

    def tell(self, name: str, count: int = 1) -> None:
        """Add to a number of interest."""
        self.others[name] = self.others.get(name, 0) + count

    def plus(self, earlier: Figures) -> Figures:
        """Return both together, as from one run."""
        others = dict(earlier.others)
        for name, count in self.others.items():
            others[name] = others.get(name, 0) + count
        return Figures(
            tried=self.tried + earlier.tried,
            others=others,
            examples=[*earlier.examples, *self.examples][:EXAMPLES],
            kernel=self.kernel,
            **{kind: getattr(self, kind) + getattr(earlier, kind) for kind in KINDS},
        )

    @property
    def harm(self) -> int:
        """All harm that was found."""
        return self.lost + self.wrong + self.left + self.tracebacks
