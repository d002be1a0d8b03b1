"""The claims on epoll: registering fds."""

from __future__ import annotations

from typing import Final

from analysis.claims import lectures, notes
from analysis.claims.epoll_register import (
    bytes_picture,
    copies,
    entries,
    entries_picture,
    memory,
    timeline,
)
from analysis.experiments.epoll_life import EPOLL_LIFE
from analysis.verdicts.engine import Answers, Claim
from analysis.verdicts.steps import CALLBACK

EPOLL_CTL_EVENT_DRIVEN: Final = Claim(
    id="epoll-ctl-event-driven",
    lecture=lectures.REGISTER,
    section=notes.EPOLL,
    statement="What epoll_ctl installs on an fd makes epoll event-driven: it stays, and each "
    "event comes through it.",
    otherwise="Corrected if some fds lost their entry between waits or had events without a "
    "callback before them; refuted if all did.",
    answers=Answers(
        supported="epoll_ctl leaves an entry on the fd's wait queue that stays from wait to wait, "
        "and each event comes through its callback.",
        corrected="Some fds keep the entry that epoll_ctl queued and get their events through its "
        "callback; others do not.",
        refuted="The entry that epoll_ctl queued does not stay, or events come without its "
        "callback.",
    ),
    functions=(
        "ep_insert",
        "ep_ptable_queue_proc",
        "ep_poll_callback",
    ),
    experiment=EPOLL_LIFE,
    needs=("steps", "insertions:epoll_ctl", "removals", f"hook:{CALLBACK}", "truth"),
    judge=entries.epoll_ctl_event_driven,
    picture=entries_picture.DRIVEN,
    timeline=timeline.add_then_wait,
)
QUEUE_ONCE_AT_CTL: Final = Claim(
    id="queue-once-at-ctl",
    lecture=lectures.REGISTER,
    section=notes.DEFECT_2,
    statement="The entry on an fd's wait queue is made once, by epoll_ctl, and not per wait.",
    otherwise="Corrected if some ADD queued none or some epoll_wait queued one; refuted if no "
    "ADD did or every epoll_wait did.",
    answers=Answers(
        supported="EPOLL_CTL_ADD queues one entry on the fd's wait queue, and no epoll_wait queues"
        " another there.",
        corrected="EPOLL_CTL_ADD does not always queue just one entry, or some epoll_waits queue "
        "one as well.",
        refuted="EPOLL_CTL_ADD queues no entry on the fd's wait queue, or every epoll_wait does.",
    ),
    functions=(
        "ep_insert",
        "ep_ptable_queue_proc",
    ),
    experiment=EPOLL_LIFE,
    needs=("insertions:epoll_ctl", "insertions:epoll_wait", "truth"),
    judge=entries.queue_once_at_ctl,
    picture=entries_picture.QUEUED,
)
CTL_COPIES_ONCE: Final = Claim(
    id="ctl-copies-once",
    lecture=lectures.REGISTER,
    section=notes.DEFECT_1,
    statement="EPOLL_CTL_ADD copies all the fds into the kernel, so that each is copied just once.",
    otherwise="Supported if each ADD copied all fds of the set and no wait did again; refuted if "
    "ADD copied one and the waits copied the set.",
    answers=Answers(
        supported="Each EPOLL_CTL_ADD copies in all the fds of the set, and no epoll_wait copies "
        "them again.",
        corrected="EPOLL_CTL_ADD copies in only the fd that it adds, and no epoll_wait copies it "
        "again.",
        refuted="The fds are copied in by epoll_wait, not once and for all by EPOLL_CTL_ADD.",
    ),
    functions=("ep_insert",),
    experiment=EPOLL_LIFE,
    needs=("bytes_in:epoll_wait", "bytes_in:epoll_ctl", "truth"),
    judge=copies.ctl_copies_once,
    picture=bytes_picture.CTL_BYTES,
)
WAIT_COPIES_NOTHING_IN: Final = Claim(
    id="wait-copies-nothing-in",
    lecture=lectures.REGISTER,
    section=notes.DEFECT_1,
    statement="epoll_wait does not copy the set of fds into the kernel again.",
    otherwise="Corrected if some epoll_wait copied anything in; refuted if all copied as much as "
    "the set.",
    answers=Answers(
        supported="epoll_wait copies no fds in: the set stays in the kernel from one wait to the "
        "next.",
        corrected="Some epoll_waits copy something in, though not each the whole set.",
        refuted="Each epoll_wait copies the whole set of fds in again.",
    ),
    functions=("ep_send_events",),
    experiment=EPOLL_LIFE,
    needs=("bytes_in:epoll_wait", "bytes_in:epoll_ctl", "truth"),
    judge=copies.wait_copies_nothing_in,
    picture=bytes_picture.WAIT_BYTES,
)
EPOLL_MMAP: Final = Claim(
    id="epoll-mmap",
    lecture=lectures.REGISTER,
    section=notes.EPOLL,
    statement="Kernel and program share memory by mmap, and events are passed through it.",
    otherwise="Supported if mmap of the epoll fd gave a mapping and events were in the program's "
    "memory before epoll_wait; corrected if only one of its signs was missing.",
    answers=Answers(
        supported="An epoll fd can be mapped, and events are in the program's memory before "
        "epoll_wait is called.",
        corrected="Some signs of memory shared between epoll and the program are present, others "
        "are not.",
        refuted="epoll shares no memory with the program: mmap of an epoll fd is refused, and "
        "epoll_wait copies each event out.",
    ),
    functions=("ep_send_events",),
    experiment=EPOLL_LIFE,
    needs=("truth",),
    judge=memory.epoll_mmap,
    picture=bytes_picture.CANARIES,
)
