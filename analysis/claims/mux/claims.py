"""The claims on select and poll."""

from __future__ import annotations

from typing import Final

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
from analysis.verdicts.engine import Claim
from analysis.verdicts.timelines import ASLEEP, waits

MUX_ONE_CALL: Final = Claim(
    id="mux-one-call",
    section="notes 3, select/poll 1",
    statement="One call hands over many fds and blocks for all of them together.",
    otherwise="Corrected if some calls queued fewer entries than fds or slept more than once; "
    "refuted if none queued an entry for each fd and slept once.",
    experiment=MUX,
    needs=(*both("insertions", "sleep_calls"), "truth"),
    judge=scan.mux_one_call,
    picture=per_call_picture.MUX_ONE_CALL,
    timeline=waits("poll", waker=ASLEEP),
)
MUX_CONTINUOUS_SCAN: Final = Claim(
    id="mux-continuous-scan",
    section="notes 3, select/poll 2",
    statement="While it waits, the kernel keeps going round all the fds.",
    otherwise="Supported if every call that waited made more passes than its event explains; "
    "corrected if some did, or if they were on the CPU for most of the wait.",
    experiment=MUX,
    needs=(*both("passes", "sleep_calls", "off_cpu_ns"), "truth"),
    judge=scan.mux_continuous_scan,
    picture=per_call_picture.MUX_CONTINUOUS,
    timeline=waits("select", waker=ASLEEP),
)
MUX_LINEAR_SCAN: Final = Claim(
    id="mux-linear-scan",
    section="notes 3",
    statement="Every call goes through the whole set of fds in a line.",
    otherwise="Corrected if some passes left fds out; refuted if more fds did not mean more "
    "polls of fds.",
    experiment=MUX,
    needs=(*both("fd_polls", "passes"), "truth"),
    judge=scan.mux_linear_scan,
    picture=polls_picture.MUX_POLLS,
)
MUX_QUEUES_EACH_CALL: Final = Claim(
    id="mux-queues-each-call",
    section="notes 3, summary 2",
    statement="Every call queues its caller on the wait queue of each fd once.",
    otherwise="Supported if every call queued an entry for each fd, whatever was ready; "
    "refuted if none queued one for each.",
    experiment=MUX,
    needs=(*both("insertions", "removals", "fd_polls"), "truth"),
    judge=each_call.mux_queues_each_call,
    picture=entries_picture.MUX_ENTRIES,
    timeline=waits("poll", waker="before", position="middle"),
)
MUX_COPIES_EACH_CALL: Final = Claim(
    id="mux-copies-each-call",
    section="notes 3, summary 2",
    statement="Every call copies the whole set of fds into the kernel.",
    otherwise="Supported if every call copied the full set as the program passed it; refuted if "
    "some copied nothing, or none the full set.",
    experiment=MUX,
    needs=(*both("bytes_in"), "truth"),
    judge=each_call.mux_copies_each_call,
    picture=bytes_picture.MUX_BYTES,
)
