"""The claims on signal-driven I/O, AIO and io_uring."""

from __future__ import annotations

from typing import Final

from analysis.claims import lectures
from analysis.claims.async_io import (
    aio,
    picture,
    sigio,
    timeline,
    uring,
    uring_picture,
    uring_rings,
)
from analysis.claims.async_io.experiment import ASYNC_IO
from analysis.verdicts.engine import Answers, Claim

SIGIO_NO_ENTRY: Final = Claim(
    id="sigio-no-entry",
    lecture=lectures.BEYOND,
    section="fcntl(2), managing signals",
    statement="Signal-driven I/O queues nothing on a wait queue: the fd is put on its file's "
    "list of fds to be signalled, and each time it becomes ready a signal is sent.",
    otherwise="Corrected if events and signals differed in number or idle fds were signalled; "
    "refuted if an entry was queued.",
    answers=Answers(
        supported="Signal-driven I/O queues no wait-queue entry: fcntl puts the fd on its file's "
        "list, and each event sends one signal.",
        corrected="Signal-driven I/O queues no wait-queue entry, but fds, events and signals do "
        "not match one to one.",
        refuted="Signal-driven I/O does queue entries on wait queues.",
    ),
    functions=(
        "fasync_helper",
        "send_sigio",
    ),
    experiment=ASYNC_IO,
    needs=(
        "steps",
        *(f"insertions:{family}" for family in sigio.CALLS),
        "hook:fasync_helper",
        "hook:send_sigio",
        "truth",
    ),
    judge=sigio.sigio_no_entry,
    picture=picture.SIGIO,
    timeline=timeline.sigio,
)
AIO_POLL_ENTRY: Final = Claim(
    id="aio-poll-entry",
    lecture=lectures.BEYOND,
    section="io_submit(2), IOCB_CMD_POLL",
    statement="An AIO poll queues one entry on its fd's wait queue as it is submitted, and "
    "whoever makes the fd ready completes it there and then, by the entry's callback.",
    otherwise="Corrected if entries and polls differed in number or a callback ran outside of the "
    "write that made its fd ready; refuted if no callback ran, or none in such a write.",
    answers=Answers(
        supported="io_submit queues one entry for each AIO poll; the callback of whoever makes the"
        " fd ready completes the poll and removes the entry.",
        corrected="Not every AIO poll has one entry that the callback of whoever makes its fd "
        "ready completes and removes.",
        refuted="An AIO poll is not completed by the callback of whoever makes its fd ready.",
    ),
    functions=(
        "aio_poll_queue_proc",
        "aio_poll_wake",
    ),
    experiment=ASYNC_IO,
    needs=(
        "steps",
        "insertions:io_submit",
        "insertions:io_getevents",
        f"hook:{aio.CALLBACK}",
        f"hook:{aio.CALLBACK}_done",
        "truth",
    ),
    judge=aio.aio_poll_entry,
    picture=picture.AIO,
    timeline=timeline.aio,
)
URING_POLL_ONESHOT: Final = Claim(
    id="uring-poll-oneshot",
    lecture=lectures.BEYOND,
    section="io_uring_enter(2), IORING_OP_POLL_ADD",
    statement="A poll of io_uring queues one entry, and the callback of its first event "
    "removes it.",
    otherwise="Corrected if an entry outlived its first event or some poll queued more or less "
    "than one; refuted if the entries stayed.",
    answers=Answers(
        supported="A one-shot poll of io_uring queues one entry, and the callback of its first "
        "event removes it.",
        corrected="A one-shot poll of io_uring queues one entry; its callback leaves the entry "
        "queued, but no further event runs it.",
        refuted="The entry of a one-shot poll of io_uring stays, and further events run its "
        "callback again.",
    ),
    functions=(
        "io_poll_queue_proc",
        "io_poll_wake",
    ),
    experiment=ASYNC_IO,
    needs=uring.NEEDS,
    judge=uring.uring_poll_oneshot,
    picture=uring_picture.URING_ONESHOT,
    timeline=timeline.uring("oneshot"),
)
URING_POLL_MULTISHOT: Final = Claim(
    id="uring-poll-multishot",
    lecture=lectures.BEYOND,
    section="io_uring_enter(2), IORING_OP_POLL_ADD",
    statement="A multishot poll of io_uring queues one entry that stays: each event completes it "
    "again, without rearming.",
    otherwise="Corrected if an event removed an entry or gave no completion; refuted if no "
    "entry ran its callback twice.",
    answers=Answers(
        supported="A multishot poll of io_uring queues one entry that stays; each event runs its "
        "callback and gives a completion.",
        corrected="Entries of multishot polls serve several events, but some are removed, or "
        "events and completions do not match.",
        refuted="No entry of a multishot poll of io_uring serves more than one event.",
    ),
    functions=(
        "io_poll_queue_proc",
        "io_poll_wake",
    ),
    experiment=ASYNC_IO,
    needs=uring.NEEDS,
    judge=uring.uring_poll_multishot,
    picture=uring_picture.URING_MULTISHOT,
    timeline=timeline.uring("multishot"),
)
URING_RINGS_MAPPED: Final = Claim(
    id="uring-rings-mapped",
    lecture=lectures.BEYOND,
    section="io_uring(7), the rings",
    statement="The rings of io_uring are memory that kernel and program share by mmap, and a "
    "completion is read from it without a copy or a system call.",
    otherwise="Corrected if the completions could be read only after a system call; refuted if "
    "the rings could not be mapped.",
    answers=Answers(
        supported="The rings of io_uring are memory shared by mmap: completions are read from it "
        "without a system call.",
        corrected="The rings of io_uring are shared by mmap, but some completions can be read only"
        " after a call that waits.",
        refuted="The rings of io_uring cannot be mapped, or completions are not in them before a "
        "call that waits.",
    ),
    functions=("io_poll_wake",),
    experiment=ASYNC_IO,
    needs=("truth",),
    judge=uring_rings.uring_rings_mapped,
    picture=picture.RINGS,
)
