"""What a trial of an early tracer found, and what the campaign and the tests find today."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from tests.torture.figures import Figures, Kind

_EXPLOITS: Final = "`tests/live/test_exploits.py`"


class Then(NamedTuple):
    """One line: ``now`` is in how many tries of ``item`` there was harm of ``kind``, or a text."""

    what: str
    before: str
    item: str = ""
    kind: Kind = "wrong"
    now: str = ""
    shown_by: str = ""

    def line(self, figures_of: Callable[[str], Figures | None]) -> str:
        """Return the line of the table."""
        now, figures = self.now, figures_of(self.item) if self.item else None
        if self.item:
            now = (
                f"{getattr(figures, self.kind):,} of {figures.tried:,}" if figures else "not tried"
            )
        return f"| {self.what} | {self.before} | {now} | {self.shown_by or f'`{self.item}`'} |"


_THEN: Final = (
    Then("a guest changes the owner of the host's directories", "yes", now="refused",
         shown_by=_EXPLOITS),
    Then("under sudo, a racing user gets files of root's", "6 of 6", now="0 of 80",
         shown_by=_EXPLOITS),
    Then("calls of a foreign process under the command's name, in a pid namespace", "599,942",
         now="0", shown_by=_EXPLOITS),
    Then("calls of the command not recorded there, and not reported as lost",
         "1.4 million of 1.4 million", item="namespaces", kind="lost"),
    Then("kill -9: a torn record, or a false statement", "0 of 60", item="kills"),
    Then("kill -9: a temporary directory left behind, or a running command not reported",
         "47 of 47", item="kills", kind="left"),
    Then("forced overflows that were not accounted to the last record", "0 of 50",
         item="overflows", kind="lost"),
    Then("damaged traces that changed a verdict without a doubt", "0 of 6,700", item="damaged"),
    Then("tracebacks on mutated traces", "269 of 6,000, at 25 places", item="mutations",
         kind="tracebacks"),
    Then("absurd reports of mutated traces", "74 of 6,000", item="mutations"),
    Then("claims that keep their verdict on a kernel that behaves differently", "6 of 6 tried",
         now="none of all, three kernels each at least",
         shown_by="`tests/analysis/claims/test_counter_kernels.py`"),
)  # fmt: skip


def before_and_after(figures_of: Callable[[str], Figures | None]) -> Iterator[str]:
    """Yield the lines of the table; ``figures_of`` returns an item's figures on the page."""
    yield from ("", "## Before and after", "")
    yield "The figures under *then* are from a trial of an early version of tracer."
    yield from ("", "| what | then | now | shown by |", "|---|---|---|---|")
    for then in _THEN:
        yield then.line(figures_of)
