"""The page docs/findings.md, made of the rules (scripts/findings writes it)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from analysis.findings.duration import lasting
from analysis.findings.registry import RULES
from analysis.findings.rule import Rule, Threshold

HEAD = """\
# Findings

`tracer report` begins with what is wrong with a program's event loop, for any program: with its
numbers, why it matters, what to change, where to read more, and an example call. Findings are
sorted by the time that the calls in question took, or that a thread was held up. Nothing is judged
where calls were lost; a rule whose hooks are not attached is not judged, and the report says so in
one line. All rules below that need no more than `off_cpu_ns`, `sleeps` and `wakeups` also work on a
locked-down kernel, where only system calls and the scheduler's tracepoints are available.

    tracer report server.trace                         the findings first
    tracer report server.trace --fail-on busy-poll     exit code 4 if it is found, 3 if not judged
    tracer report server.trace --fail-on any           exit code 4 if anything is found

Each threshold is a named constant in its rule's module in `analysis/findings/rules/`. A rule
gathers what it needs from a window of calls; the results of windows are combined, so a trace of
any length is read once. This page is generated from the rules by `scripts/findings`.
`tests/subjects/faults/` has for each rule a small program with the fault, and its corrected twin.
"""

CHECKED = """\
## Findings in real programs, checked by hand

Each was recorded once at `--detail calls` under a load of some 4,000 requests on loopback (`tests/servers/`), on a busy machine with
two CPUs. The figures were counted again from the records of the calls without the rules (system call by system call,
in order of time), those of redis-benchmark also by `strace -f` in another run: they agree.

| program | finding | figure | why it is true |
|---|---|---|---|
| redis-server 7.0.15 | none | 4,037 events in 1,278 waits, 20 of them empty; no read in vain; 19 fds added, 19 removed | an fd stays as long as its connection, and is read when it is ready |
| redis-benchmark 7.0.15 | `epoll-readded` | 8,026 of 8,044 fds added had been removed, and were open | it asks for EPOLLOUT to send and EPOLLIN to receive, one after the other, with EPOLL_CTL_DEL and ADD: twice a request. strace: 8,044, 8,044 and 8,026, too |
| redis-benchmark 7.0.15 | `epoll-same-events` | 4,014 of 4,014 changes | it asks again for what it has asked for, once a request. strace: 4,014 of 4,014 |
| nginx 1.22.1, four workers, reuseport | none | 6,045 events in 4,136 waits, none of them empty; no accept and no read in vain | each worker has its own listener, edge-triggered fds are added once |
| ab 2.4 | `epoll-readded` | 2,008 of 4,016 fds added | EPOLLOUT to see the connection made, then removed and added for EPOLLIN: once a request |
| memcached 1.6.18 | none | 4,046 events in 2,456 waits, 3 of them empty | an fd stays with its thread |
| haproxy 2.6.12 | `empty-reads` | 1,306 of 5,868 reads, 537 of them right after a short one | it reads a new connection before it knows of data, and what wakes its threads until EAGAIN. Before this check the rule said 1,299: it took a number of an fd that was closed and given again for the same file |
| asyncio, Python 3.11 | `busy-poll` | 283 waits with timeout 0 found nothing, of 561 | its loop asks for events with timeout 0 whenever callbacks are due, and most often they are alone (`_run_once` in `base_events.py`) |
| node 20 | `held-up` | 45 times, 903 ms in all, of which 687 ms outside of calls | the times are right; they are not all its own: `/proc/PID/schedstat` says that it was ready and waited 3.9 s for a CPU, and ran for 1.6 s. Before this check one hold-up was missing: it followed a wait that was under way when tracer attached |
| ab, curl, redis-benchmark, select | `held-up` | ab 10 times, 135 ms | as of node: ab waited 0.85 of 1.34 s for a CPU. In a calmer run redis-benchmark and select had none. A recording at `--detail calls` cannot tell a thread that computes from one that waits for a CPU outside of calls |
| curl 7.88, 64 MiB at once | none but `held-up` | 698 of 725 polls had timeout 0, 27 of them found nothing | data was always there |
| curl 7.88, 1,000 bytes every 10 ms | none | 258 of 522 polls with timeout 0 found nothing | 49%, just below the threshold of 50%: for each piece it polls once in vain and once not, and then waits |
"""  # noqa: E501

OWN = """\
## Your own findings

A Python file with a tuple `RULES` adds rules to the built-in ones; `--fail-on` knows them too. This one,
[`example_findings.py`](example_findings.py), is run by the tests:

```python
{example}
```

    tracer report server.trace --findings docs/example_findings.py
    tracer report server.trace --findings docs/example_findings.py --fail-on tiny-reads
    tracer report web-*.trace --findings docs/example_findings.py         for each of several traces (not for a dataset)

- `gather` takes a window of the trace (`analysis/windows/window.py`) and returns `Parts` that combine: sums, the largest row,
  how a number is spread, each by a key (`analysis/findings/parts.py`). `calls` selects the finished calls of
  some families; their columns and units are described in `analysis/frames.py`. Columns are arrays of NumPy, `.frame()`
  makes a frame of pandas of what was selected (`analysis/findings/rows.py`). What lies between other calls is found with `Following` and `Runs`, which join windows (`analysis/findings/following.py`, `turns.py`).
- `judge` takes the combined result of all windows, and `Facts` (names of programs and threads), and yields findings.
- `needs` are the columns and hooks without which the rule is not judged: `off_cpu_ns`, `sleeps:read`,
  `hook:sched_waking`, `steps`.
- An error in the rule's own code is reported with its line, and the exit code is 2.

Such a file is a program. As root, `report` runs one only if root owns it and nobody else may write to it; under sudo,
and for any other file, read it first and add `--trust`.
"""  # noqa: E501

EXAMPLE: Final = Path(__file__).resolve().parents[2] / "docs" / "example_findings.py"

TAIL = """\
## JSON

`tracer report --json` ([report-json.md](report-json.md)) has under `findings` (`schema` 1; a new field does not raise it):

| key | what |
|---|---|
| `findings` | a list: `rule`, `program`, `pid`, `tid` and `fd` (null where it is about several), `fd_name` (what was behind the fd, null where that is not known), `text` in English, `numbers` (each `name`, `value`, `unit`), `time_ns`, `instance` (`tid` and `seq` of one call, or null) |
| `judged` | ids of the rules that were judged |
| `not_judged` | a list: `because`, and the `rules` that could not be judged for that reason |
"""  # noqa: E501 - a row of a table is one line


def findings_page() -> str:
    """Return the text of docs/findings.md."""
    own = OWN.format(example=EXAMPLE.read_text("utf-8").rstrip())
    return "\n".join([HEAD, *("\n".join(_rule(rule)) for rule in RULES), CHECKED, own, TAIL])


def _rule(rule: Rule) -> Iterator[str]:
    needs = ", ".join(f"`{need}`" for need in rule.needs) or "nothing but the calls"
    yield f"## {rule.id}\n"
    yield f"**{rule.title}.** {rule.why}\n"
    yield f"*What to change:* {rule.change}\n"
    yield f"*Read more:* {', '.join(rule.read)}. *Needs:* {needs}.\n"
    yield "| threshold | |"
    yield "|---|---|"
    yield from (f"| {each.meaning} | {_value(each)} |" for each in rule.thresholds)
    yield ""


def _value(threshold: Threshold) -> str:
    if threshold.unit == "ns":
        return lasting(threshold.value)
    if threshold.unit == "of 1":
        return f"{threshold.value:.0%}"
    return f"{threshold.value:g} {threshold.unit}"
