"""The words of reports and pages: what each means and the kernel symbol it stands for.

``docs/glossary.md`` is written from this table by ``scripts/glossary``, ``tracer glossary`` prints
it, and pages carry it. Symbols are those of kernel 6.1 (fs/select.c, fs/eventpoll.c,
kernel/sched/wait.c, include/linux/wait.h).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tracer.shared.message import message


class Term(NamedTuple):
    """One word: its meaning in a sentence or two, and where the kernel has it ("" if nowhere)."""

    word: str
    meaning: str
    symbol: str = ""


KERNEL: Final = (
    Term(
        message("wait queue"),
        message(
            "The list of those waiting for something to happen to a file: each socket, pipe and "
            "eventfd has one, and so does each epoll instance."
        ),
        "struct wait_queue_head",
    ),
    Term(
        message("wait-queue entry"),
        message(
            "One member of a wait queue. It holds a function, the callback, that runs when the "
            "queue is woken."
        ),
        "struct wait_queue_entry",
    ),
    Term(
        message("queued, removed"),
        message(
            "An entry is queued when it is put on a wait queue (an insertion) and removed when it "
            "leaves it again (a removal)."
        ),
        "add_wait_queue(), remove_wait_queue()",
    ),
    Term(
        message("exclusive entry"),
        message(
            "A wakeup stops at the first exclusive entry whose callback succeeds, instead of "
            "running them all; EPOLLEXCLUSIVE asks for this."
        ),
        "WQ_FLAG_EXCLUSIVE",
    ),
    Term(
        message("callback"),
        message(
            "The function of an entry. It runs in the context of whatever made the file ready, "
            "not of the waiter."
        ),
        "ep_poll_callback(), pollwake()",
    ),
    Term(
        message("poll of an fd"),
        message(
            "One call of a file's own poll function, which reports what the file is ready for. "
            "select, poll and epoll all rely on it. Not to be confused with the system call "
            "poll."
        ),
        "f_op->poll: sock_poll(), pipe_poll(), eventfd_poll() …",
    ),
    Term(
        message("queue function"),
        message(
            "The function that a poll of an fd calls to queue an entry on the file's wait queue; "
            "absent if none is to be queued."
        ),
        "poll_table._qproc: __pollwait(), ep_ptable_queue_proc()",
    ),
    Term(
        message("pass"),
        message(
            "One scan by select or poll of the whole set of fds. A call that sleeps makes "
            "another afterwards."
        ),
        "do_select(), do_poll()",
    ),
    Term(
        message("epoll instance"),
        message("What epoll_create makes: a set of items, a ready list, and its own wait queue."),
        "struct eventpoll",
    ),
    Term(
        message("epoll item"),
        message(
            "One fd in an epoll instance, made by EPOLL_CTL_ADD; it keeps its wait-queue entry."
        ),
        "struct epitem",
    ),
    Term(
        message("ready list"),
        message("The items whose callback has run and that no epoll_wait has taken yet."),
        "eventpoll.rdllist",
    ),
    Term(
        message("waiter"),
        message("The task that waits for an event in a system call."),
    ),
    Term(
        message("waker"),
        message("The task, or the interrupt, that makes an fd ready and runs the callbacks."),
    ),
    Term(
        message("wakeup"),
        message("A sleeping task is made runnable."),
        "try_to_wake_up(), tracepoint sched_waking",
    ),
    Term(
        message("spurious wakeup"),
        message(
            "A wakeup, or a callback, for something that the call does not watch: the task goes "
            "back to sleep in the same call."
        ),
    ),
    Term(
        message("herd"),
        message("Several waiters on one fd that are all woken by one event, though one would do."),
    ),
    Term(
        message("level-triggered, edge-triggered"),
        message(
            "A level-triggered item is reported for as long as its fd is ready, and is polled "
            "again by the next epoll_wait; an edge-triggered one is reported once per event."
        ),
        "EPOLLET",
    ),
    Term(
        message("one-shot, multishot"),
        message(
            "A one-shot item or request reports one event and must then be rearmed; a multishot "
            "one stays armed."
        ),
        "EPOLLONESHOT, IORING_POLL_ADD_MULTI",
    ),
    Term(
        message("kernel time"),
        message(
            "The duration of a system call, less the time its task was off the CPU. It includes "
            "the cost of the probes."
        ),
    ),
    Term(
        message("bytes in, bytes out"),
        message("What a call copied from the program's memory, and to it."),
        "_copy_from_user(), _copy_to_user(), __put_user_*()",
    ),
)
"""What the kernel does."""

TOOL: Final = (
    Term(
        message("hook"),
        message(
            "A kernel function or tracepoint that tracer observes: a row of probes/hooks.toml. "
            "It is attached where the kernel allows; if it can be attached nowhere, its numbers "
            "are missing."
        ),
    ),
    Term(
        message("attach point"),
        message(
            "Where a hook's BPF program is attached: fentry, kprobe, raw tracepoint or "
            "breakpoint, with a symbol."
        ),
    ),
    Term(
        message("call"),
        message("One system call of a traced task, with the counts of what happened in it."),
    ),
    Term(
        message("step"),
        message("One thing the kernel did: a poll of an fd, an entry queued, a callback."),
    ),
    Term(
        message("trace"),
        message("The directory that a recording writes: calls, steps, and a manifest."),
    ),
    Term(
        message("phase"),
        message("A numbered stretch of a trace, marked by one of tracer's workloads."),
    ),
    Term(
        message("workload"),
        message(
            "A program of tracer's that runs one I/O model on real fds and counts its own calls."
        ),
    ),
    Term(
        message("truth"),
        message("A workload's own account of what it did. A trace that disagrees is not trusted."),
    ),
    Term(
        message("ledger"),
        message(
            "The account of wait-queue entries: each one that was queued has been removed, or is "
            "still there."
        ),
    ),
    Term(
        message("timeline of one call"),
        message("What waiter and wakers did from the start of a call to its return, side by side."),
    ),
    Term(
        message("claim"),
        message(
            "One statement of a textbook, manual or talk, and the function that checks it "
            "against a trace."
        ),
    ),
    Term(
        message("verdict"),
        message(
            "Supported: it holds. Corrected: it holds in part. Refuted: the kernel does "
            "something else. Undecided: evidence was lost, or could not be obtained."
        ),
    ),
    Term(
        message("loss, miss"),
        message(
            "A loss is a record that found no room; a miss is a run of a BPF program that the "
            "kernel skipped. Either makes verdicts undecided."
        ),
    ),
    Term(
        message("missing"),
        message("A number that no hook could see. It is shown as a dash, never as a zero."),
    ),
    Term(
        message("lab, guest"),
        message("The lab boots a stock kernel in a virtual machine; the guest is that machine."),
    ),
    Term(
        message("pack"),
        message("A module with claims: two come with tracer, and you can write others."),
    ),
)
"""What tracer calls its own things."""

TERMS: Final = KERNEL + TOOL
