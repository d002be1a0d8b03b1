"""Findings of one's own: fds on which a program asks again and again for a byte at a time."""

from analysis.findings.parts import Largest, Parts, Sums
from analysis.findings.rule import Finding, Instance, Number, Rule, Threshold
from analysis.findings.selecting import calls

FEW = Threshold(1, "bytes", "bytes asked for, up to which a read is a tiny one")
TIMES = Threshold(100, "calls", "tiny reads of an fd, at least")


def gather(window):
    """Return by process and fd the tiny reads in ``window``."""
    reads = calls(window, ("read",), ("pid", "tid", "seq", "fd", "nr", "wall_ns"))
    tiny = reads[reads["nr"] <= FEW.value].assign(tiny=1)
    return Parts(
        {
            "tiny": Sums.of(tiny, ("pid", "fd"), ("tiny", "wall_ns")),
            "longest": Largest.of(tiny, ("pid", "fd"), "wall_ns"),
        }
    )


def judge(parts, facts):
    """Find fds with many tiny reads."""
    for row in parts.sums("tiny").rows("pid", "fd"):
        if row["tiny"] < TIMES.value:
            continue
        call = parts.largest("longest").row(pid=row["pid"], fd=row["fd"])
        yield Finding(
            rule="tiny-reads",
            pid=row["pid"],
            fd=row["fd"],
            text=f"{row['tiny']:,} reads of fd {row['fd']} asked for a single byte",
            numbers=(Number("tiny", row["tiny"], "calls"),),
            time_ns=row["wall_ns"],
            instance=Instance(call["tid"], call["seq"]),
        )


RULES = (
    Rule(
        id="tiny-reads",
        title="Reads of a single byte",
        needs=(),
        gather=gather,
        judge=judge,
        thresholds=(FEW, TIMES),
        why="Each byte costs a system call.",
        change="Read into a buffer.",
        read=("read(2)",),
    ),
)
