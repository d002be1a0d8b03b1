"""The topics of the course, and all claims: those that each topic's ``claims.py`` declares."""

from __future__ import annotations

from typing import Final

from analysis.claims.async_io import claims as async_io
from analysis.claims.blocking import claims as blocking
from analysis.claims.cost import claims as cost
from analysis.claims.epoll_modes import claims as epoll_modes
from analysis.claims.epoll_register import claims as epoll_register
from analysis.claims.epoll_wait import claims as epoll_wait
from analysis.claims.herd import claims as herd
from analysis.claims.limits import claims as limits
from analysis.claims.mux import claims as mux
from analysis.claims.spurious_wakeups import claims as spurious_wakeups
from analysis.verdicts.engine import Claim

TOPICS: Final = (
    blocking,
    mux,
    epoll_register,
    epoll_wait,
    spurious_wakeups,
    cost,
    limits,
    epoll_modes,
    herd,
    async_io,
)

CLAIMS: Final[tuple[Claim, ...]] = tuple(
    each for topic in TOPICS for each in vars(topic).values() if isinstance(each, Claim)
)
"""In the order in which a lecture presents them: by topic, and within a topic as in its file."""
