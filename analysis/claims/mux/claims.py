"""The claims on select and poll."""

from __future__ import annotations

from typing import Final

from analysis.claims import lectures, notes
from analysis.claims.mux import (
    bytes_picture,
    each_call,
    entries_picture,
    per_call_picture,
    polls_picture,
    scan,
)
from analysis.claims.mux.experiment import MUX
from analysis.claims.mux.scan import both
from analysis.verdicts.engine import Answers, Claim
from analysis.verdicts.timelines import ASLEEP, waits

MUX_ONE_CALL: Final = Claim(
    id="mux-one-call",
    lecture=lectures.MUX,
    section=notes.MUX_1,
    statement="One call hands over many fds and blocks for all of them together.",
    otherwise="Corrected if some calls queued fewer entries than fds or slept more than once; "
    "refuted if none queued an entry for each fd and slept once.",
    answers=Answers(
        supported="One call of select or poll queues an entry on every fd's wait queue and sleeps "
        "once; any of the fds ends the sleep.",
        corrected="A call of select or poll does not always wait for all its fds with an entry on "
        "each and a single sleep.",
        refuted="A call of select or poll does not wait for all its fds together: it does not "
        "sleep, or queues one entry at most.",
    ),
    functions=(
        "do_select",
        "do_poll",
        "__pollwait",
    ),
    experiment=MUX,
    needs=(*both("insertions", "sleep_calls"), "truth"),
    judge=scan.mux_one_call,
    picture=per_call_picture.MUX_ONE_CALL,
    timeline=waits("poll", waker=ASLEEP),
)
MUX_CONTINUOUS_SCAN: Final = Claim(
    id="mux-continuous-scan",
    lecture=lectures.MUX,
    section=notes.MUX_2,
    statement="While it waits, the kernel keeps scanning all the fds.",
    otherwise="Supported if every call that waited made more passes than its event explains; "
    "corrected if some did, or if they were on the CPU for most of the wait.",
    answers=Answers(
        supported="While they wait, select and poll make more passes over their fds than the event"
        " explains.",
        corrected="Some calls of select and poll scan their fds with no event to explain it, or "
        "stay on the CPU while they wait.",
        refuted="select and poll go over their fds once and sleep; they go over them again only "
        "when the sleep is over.",
    ),
    functions=(
        "do_select",
        "do_poll",
    ),
    experiment=MUX,
    needs=(*both("passes", "sleep_calls", "off_cpu_ns"), "truth"),
    judge=scan.mux_continuous_scan,
    picture=per_call_picture.MUX_CONTINUOUS,
    timeline=waits("select", waker=ASLEEP),
)
MUX_LINEAR_SCAN: Final = Claim(
    id="mux-linear-scan",
    lecture=lectures.MUX,
    section=notes.MULTIPLEXING,
    statement="Every call scans the whole set of fds linearly.",
    otherwise="Corrected if some passes left fds out; refuted if more fds did not mean more "
    "polls of fds.",
    answers=Answers(
        supported="In each pass, select and poll poll every fd of the set, wherever the ready "
        "one is.",
        corrected="Some passes of select and poll leave fds out, yet more fds mean more polls.",
        refuted="select and poll do not poll every fd: more fds do not mean more polls in a pass.",
    ),
    functions=(
        "do_select",
        "do_poll",
        "sock_poll",
    ),
    experiment=MUX,
    needs=(*both("fd_polls", "passes"), "truth"),
    judge=scan.mux_linear_scan,
    picture=polls_picture.MUX_POLLS,
)
MUX_QUEUES_EACH_CALL: Final = Claim(
    id="mux-queues-each-call",
    lecture=lectures.MUX,
    section=notes.SUMMARY_2,
    statement="Every call queues its caller on the wait queue of each fd once.",
    otherwise="Supported if every call queued an entry for each fd, whatever was ready; "
    "refuted if none queued one for each.",
    answers=Answers(
        supported="Every call of select and poll queues an entry on the wait queue of each of its "
        "fds.",
        corrected="select and poll queue entries only up to the first fd that is ready: on all fds"
        " if none is, on none with a timeout of 0.",
        refuted="No call of select or poll queues an entry on each of its fds.",
    ),
    functions=(
        "__pollwait",
        "poll_freewait",
    ),
    experiment=MUX,
    needs=(*both("insertions", "removals", "fd_polls"), "truth"),
    judge=each_call.mux_queues_each_call,
    picture=entries_picture.MUX_ENTRIES,
    timeline=waits("poll", waker="before", position="middle"),
)
MUX_COPIES_EACH_CALL: Final = Claim(
    id="mux-copies-each-call",
    lecture=lectures.MUX,
    section=notes.SUMMARY_2,
    statement="Every call copies the whole set of fds into the kernel.",
    otherwise="Supported if every call copied the full set as the program passed it; refuted if "
    "some copied nothing, or none the full set.",
    answers=Answers(
        supported="Every call of select and poll copies in its whole set: select n bits per "
        "bitmap, poll 8 bytes per fd.",
        corrected="Every call copies fds in: poll its whole array, select its bitmaps only as far "
        "as the process's table of fds reaches.",
        refuted="Some calls of select and poll copy no fds in, or none copies its whole set.",
    ),
    functions=("core_sys_select",),
    experiment=MUX,
    needs=(*both("bytes_in"), "truth"),
    judge=each_call.mux_copies_each_call,
    picture=bytes_picture.MUX_BYTES,
)
