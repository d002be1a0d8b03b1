"""The I/O model notes, lecture notes that most claims are taken from, and their sections."""

from __future__ import annotations

from typing import Final

from tracer.shared.message import message

DOCUMENT: Final = message(
    "“IO模型” (I/O models), lecture notes in Chinese: 1 blocking, 2 non-blocking, 3 multiplexed "
    "I/O (select and poll; epoll and how it remedies three defects of theirs; summary 1 and 2)"
)

BLOCKING: Final = message("notes 1")
NONBLOCKING_RETURNS: Final = message("notes 2.1")
NONBLOCKING_BACKGROUND: Final = message("notes 2.2, 2.4")
NONBLOCKING_REPOLLS: Final = message("notes 2.3, 2.5")
MUX_1: Final = message("notes 3, select/poll 1")
MUX_2: Final = message("notes 3, select/poll 2")
MULTIPLEXING: Final = message("notes 3")
EPOLL: Final = message("notes 3, epoll")
EPOLL_AND_SUMMARY_1: Final = message("notes 3, epoll and summary 1")
DEFECT_1: Final = message("notes 3, defect 1")
DEFECT_2: Final = message("notes 3, defect 2")
DEFECT_3: Final = message("notes 3, defect 3")
SUMMARY_1: Final = message("notes 3, summary 1")
SUMMARY_2: Final = message("notes 3, summary 2")

SECTIONS: Final = (
    BLOCKING,
    NONBLOCKING_RETURNS,
    NONBLOCKING_BACKGROUND,
    NONBLOCKING_REPOLLS,
    MUX_1,
    MUX_2,
    MULTIPLEXING,
    EPOLL,
    EPOLL_AND_SUMMARY_1,
    DEFECT_1,
    DEFECT_2,
    DEFECT_3,
    SUMMARY_1,
    SUMMARY_2,
)
"""In the order of the notes."""
