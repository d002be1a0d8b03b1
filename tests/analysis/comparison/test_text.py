from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from analysis.comparison.as_json import to_json
from analysis.comparison.compare import Comparison, compare
from analysis.comparison.text import to_text
from analysis.findings.registry import BY_ID
from analysis.frames import Trace, read_trace
from tests.analysis import epoll_scenes, scenes
from tests.analysis.comparison.test_compare import TEN, compared, counted, polls
from tests.analysis.findings.cases import polls as busy_polls
from tests.analysis.handmade import MACHINE, Maker

DOCS = Path(__file__).parents[3] / "docs" / "compare.md"


def seen(path: Path, a: Maker, b: Maker, everything: bool = False, width: int = 80) -> str:
    return to_text(compared(path, a, b), everything, width)


def cells(text: str, metric: str) -> list[str]:
    """Return the words of the first row of ``metric``, of one family of calls or of none."""
    lines = [line for line in text.splitlines() if metric in line.split()]
    return next(line.split() for line in lines if line.split()[0] != "all")


def test_what_is_the_same_is_counted_and_not_shown(tmp_path: Path) -> None:
    text = seen(tmp_path, polls(queued=41), polls(queued=7))
    assert cells(text, "insertions") == ["poll", "insertions", "differs", "41", "7", "-34", "0.171"]
    assert cells(text, "removals") == ["removals", "differs", "41", "7", "-34", "0.171"]
    assert "fd_polls" not in text
    counts = "12 the same in every call; 1 with the same spread on both sides; 2 beyond"
    assert f"Metrics: {counts}" in " ".join(text.split())


def test_all_shows_what_is_the_same(tmp_path: Path) -> None:
    text = seen(tmp_path, polls(), polls(), everything=True)
    assert cells(text, "fd_polls") == ["fd_polls", "same", "41", "41", "0", "1"]
    assert cells(text, "sleeps") == ["sleeps", "same", "0", "0", "0"]
    assert "--all" not in text
    assert cells(text, "loader") == ["loader", "core", "core"]


def test_spread_is_shown_below_the_median(tmp_path: Path) -> None:
    text = seen(tmp_path, polls(), polls(each + 7003 for each in TEN))
    lines = text.splitlines()
    (place,) = (n for n, line in enumerate(lines) if line.split()[:2] == ["poll", "kernel_µs"])
    assert lines[place].split() == ["poll", "kernel_µs", "differs", "1.04", "8.05", "+7", "7.7"]
    assert lines[place + 1].split() == ["1.02..1.07", "8.03..8.07"]


def test_few_calls_that_are_unlike_the_others_are_in_brackets(tmp_path: Path) -> None:
    text = seen(tmp_path, counted("fd_polls", (1,) * 9), counted("fd_polls", (*(1,) * 8, 41)))
    lines = text.splitlines()
    (place,) = (number for number, line in enumerate(lines) if "fd_polls" in line.split())
    assert lines[place].split() == ["poll", "fd_polls", "within", "1", "1", "0", "1"]
    assert lines[place + 1].split() == ["spread", "(1..41)"]


def test_only_differences_of_recordings_are_shown_and_losses_always(tmp_path: Path) -> None:
    b = Maker(detail="steps", detached={"sock_poll": "fexit: EPERM"})
    b.manifest |= {
        "loader": "bcc",
        "kernel": {"release": "7.3.4", "version": "", "machine": MACHINE},
    }
    b.manifest["losses"]["calls"] = 1204
    text = seen(tmp_path, Maker(), b, width=120)
    (recorded,) = (part for part in text.split("\n\n") if part.split()[:1] == ["recorded"])
    rows = {line.split("  ")[0].strip(): line for line in recorded.splitlines()}
    assert set(rows) == {
        *("recorded", rows and next(iter(key for key in rows if key.startswith("─")))),
        *("losses", "misses", "state", "kernel", "detail", "loader", "hooks attached"),
    }
    assert rows["losses"].split()[1:] == ["none", "1,204", "calls"]
    assert rows["detail"].split()[1:] == ["calls", "steps"]
    assert "In A, not in B: hook sock_poll: fexit: EPERM" in text
    assert re.search(r"In B, not in A: hooks .*do_select.*: only with --detail steps", flat(text))
    assert (
        "Times are not compared: A was recorded with --detail calls and probes of functions, B "
        "with --detail steps and probes of functions, and times include the cost of the probes."
    ) in flat(text)
    assert "Doubts about B; nothing is judged:\n  1,204 calls lost" in text


def flat(text: str) -> str:
    return " ".join(text.split())


def test_hooks_attached_elsewhere(tmp_path: Path) -> None:
    b = polls()
    (hook,) = (each for each in b.manifest["plan"] if each["hook"] == "ep_poll")
    hook |= {"attached": "kprobe:do_epoll_wait", "stands_for": "ep_poll"}
    text = flat(seen(tmp_path, Maker(detail="steps"), Maker(detail="steps")))
    assert "Attached elsewhere" not in text
    text = flat(seen(tmp_path, polls(), b))
    assert "In B, not in A: hook ep_poll: only with --detail steps" in text
    a = polls()
    (hook,) = (each for each in a.manifest["plan"] if each["hook"] == "ep_poll")
    hook |= {"attached": "fentry:ep_poll"}
    text = flat(seen(tmp_path, a, b))
    assert "Attached elsewhere (A | B): fentry:ep_poll | kprobe:do_epoll_wait" in text


def test_commands_show_the_arguments_that_differ(tmp_path: Path) -> None:
    a, b = Maker(), Maker()
    a.manifest["command"] = ["python3", "--spec", "x" * 300 + "poll" + "y" * 300]
    b.manifest["command"] = ["python3", "--spec", "x" * 300 + "epoll" + "y" * 300]
    (line, *_) = (
        line for line in seen(tmp_path, a, b, width=250).splitlines() if "command" in line
    )
    _, of_a, of_b = line.split()
    assert of_a.startswith(f"…{'x' * 20}polly")
    assert of_b.startswith(f"…{'x' * 20}epolly")
    assert max(len(of_a), len(of_b)) == 62
    b.manifest["command"] = ["./server", "--fast"]
    assert "./server --fast" in seen(tmp_path, a, b, width=250)


def test_two_models(tmp_path: Path) -> None:
    a, b = Maker(), Maker()
    scenes.mux(a, ready=41, label="poll-n41")
    epoll_scenes.epoll(b)
    text = flat(seen(tmp_path, a, b, width=160))
    assert "poll-n41 of A | epoll-1 of B, by their order (model poll | epoll)" in text
    assert "poll | epoll_wait fd_polls differs 41 1 -40 0.0244" in text
    assert "epoll_ctl calls differs 0 41 +41 insertions not called 1" in text


def test_unpaired_phases_are_named(tmp_path: Path) -> None:
    b = polls()
    scenes.mux(b, label="more")
    assert "Only in B, not compared: more" in seen(tmp_path, polls(), b)
    assert "Only in A, not compared: more" in seen(tmp_path / "other", b, polls())


def test_what_differs_in_several_phases_is_named_first(tmp_path: Path) -> None:
    a, b = Maker(), Maker()
    for n in (11, 101):
        scenes.mux(a, n=n, ready=n, label=f"n{n}")
        scenes.mux(b, n=n, ready=1, label=f"n{n}")
    head, _, tables = seen(tmp_path, a, b).partition("\nn11\n")
    assert "\n  insertions of poll: n11, n101\n" in head
    assert "differs" in tables
    assert "and where:" not in seen(tmp_path / "one", polls(queued=7), polls())


def test_missing_in_one_and_in_both(tmp_path: Path) -> None:
    gone = {"sched_switch": "raw_tp: EPERM"}
    makers = polls(detached=gone), polls(detached={"sock_poll": "EINVAL", **gone})
    text = seen(tmp_path, *makers)
    assert cells(text, "fd_polls") == ["poll", "fd_polls", "missing", "41", "–"]  # noqa: RUF001
    assert "not zero, in both:" not in text
    assert "fd_polls; passes: sock_poll" in text[text.index("not zero, in B:") :]
    assert "Not attached in B:\n  hook sock_poll: EINVAL" in text
    assert "in A:" not in text
    text = seen(tmp_path / "all", *makers, everything=True)
    both, in_b = text.index("not zero, in both:"), text.index("not zero, in B:")
    assert "off_cpu_ns; sleeps; preemptions: sched_switch" in text[both:in_b]


def several(path: Path, of_a: list[Maker], of_b: list[Maker]) -> str:
    def written(makers: list[Maker], side: str) -> list[Trace]:
        return [
            read_trace(maker.write(path / f"{side}{n}.trace")) for n, maker in enumerate(makers)
        ]

    return to_text(compare(written(of_a, "a"), written(of_b, "b"), rules=()), width=100)


def test_several_recordings_show_their_spread(tmp_path: Path) -> None:
    of_a = [polls(each + shift for each in TEN) for shift in (0, 400, 100)]
    of_b = [polls(each + shift for each in TEN) for shift in (900, 1400, 1100)]
    text = several(tmp_path, of_a, of_b)
    lines = text.splitlines()
    (place,) = (n for n, line in enumerate(lines) if line.split()[:2] == ["poll", "kernel_µs"])
    assert lines[place].split() == ["poll", "kernel_µs", "differs", "1.15", "2.15", "+1", "1.87"]
    assert lines[place + 1].split() == ["1.04..1.45", "1.95..2.44"]
    assert [line.split()[1] for line in lines if line[:3] in ("A  ", "B  ")] == [
        "a0.trace:", "a1.trace:", "a2.trace:", "b0.trace:", "b1.trace:", "b2.trace:",
    ]  # fmt: skip
    assert "Fewer than" not in text


def test_times_that_are_refused(tmp_path: Path) -> None:
    b = polls(each + 7003 for each in TEN)
    b.manifest["machine"]["clock"] = "instructions"
    text = seen(tmp_path, polls(), b)
    assert "Times are not compared: the clock of A is real, that of B is instructions" in text
    assert "kernel_µs" not in text
    assert "2 that cannot be compared" in flat(text)
    shown = seen(tmp_path, polls(), b, everything=True)
    assert cells(shown, "kernel_µs") == ["kernel_µs", "refused", "1.04", "8.05"]


def test_doubts_about_some_metrics_say_which_runs_were_missed(tmp_path: Path) -> None:
    a = polls(queued=41)
    a.manifest["misses"] = {"add_wait_queue_fentry": 3}
    text = seen(tmp_path, a, polls(queued=7))
    assert "Doubts about some metrics of A:\n  add_wait_queue_fentry missed 3 runs" in text
    assert cells(text, "insertions")[2] == "doubtful"
    assert cells(text, "removals")[1] == "differs"


@pytest.mark.parametrize("width", [80, 120])
def test_width(tmp_path: Path, width: int) -> None:
    a, b = Maker(detached={"sched_switch": "raw_tp: EPERM, and why " * 9}), Maker()
    for number, maker in enumerate((a, b)):
        label = f"select-n101-last-of-a-long-name-{number}"
        scenes.mux(maker, "select", n=101 + number, ready=101, label=label, bytes_in=number)
        epoll_scenes.epoll(maker, asleep=True, n=7 + number, active=(3,))
    lines = seen(tmp_path, a, b, everything=True, width=width).splitlines()
    assert max(map(len, lines)) <= width


def test_names_in_a_trace_cannot_control_the_terminal(tmp_path: Path) -> None:
    evil = "\x1b[2J\x1b]0;gotcha\x07"
    a, b = Maker(), Maker()
    a.manifest["command"], b.manifest["command"] = [evil], ["x"]
    a.phase("poll", name=f"phase {evil}")
    a.call("poll", 1)
    b.phase("poll", name=f"other {evil}")
    b.call("poll", 1, fd_polls=7)
    b.phase("poll", name=f"alone {evil}")
    text = seen(tmp_path, a, b)
    assert text.count("gotcha") >= 4
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)


def test_marks_are_coloured_if_requested(tmp_path: Path) -> None:
    found = compared(tmp_path, polls(queued=41), polls(queued=7))
    assert "\x1b[1;33mdiffers\x1b[0m" in to_text(found, width=80, coloured=True)
    assert "\x1b" not in to_text(found, width=80)


def test_empty_traces(tmp_path: Path) -> None:
    assert "Metrics: 0 the same" in seen(tmp_path, Maker(), Maker())


def test_json(tmp_path: Path) -> None:
    b = polls(queued=7, detached={"sock_poll": "EINVAL"})
    b.manifest["machine"]["clock"] = "instructions"
    b.call("read", 1)
    scenes.mux(b, label="more")
    answer = to_json(compared(tmp_path, polls(queued=41), b))
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    assert answer["phases"] == [
        {
            "a": {"number": 1, "name": "polls"},
            "b": {"number": 1, "name": "polls"},
            "matched": "name",
        },
        {"a": None, "b": {"number": 2, "name": "more"}, "matched": None},
    ]
    rows = {(row["family_b"], row["metric"]): row for row in answer["rows"]}
    queued = rows["poll", "insertions"]
    of_b = dict.fromkeys(("least", "lower", "median", "upper", "most", "mean"), 7.0)
    assert queued["b"] == {"count": 10} | of_b
    assert (queued["difference"], queued["outcome"], queued["unit"]) == (-34, "differs", "per call")
    fd_polls, time = rows["poll", "fd_polls"], rows["poll", "kernel_ns"]
    assert (fd_polls["b"], fd_polls["difference"], fd_polls["outcome"]) == (None, None, "missing")
    assert fd_polls["because"] == "in B: hook sock_poll: EINVAL"
    assert (time["difference"], time["outcome"], time["unit"]) == (None, "refused", "ns per call")
    assert time["because"] == answer["times_refused"]
    assert rows["read", "sleeps"]["a"] is None
    assert rows["read", "sleeps"]["outcome"] == "not called"
    assert answer["recorded_otherwise"] == ["clock", "hooks attached"]
    assert answer["b"]["hooks"]["sock_poll"] == {"attached": None, "reason": "EINVAL"}


def with_findings(path: Path) -> Comparison:
    maker = Maker()
    busy_polls(0, 0)(maker)
    traces = [
        read_trace(each.write(path / f"{n}.trace")) for n, each in enumerate((maker, Maker()))
    ]
    return compare(traces[:1], traces[1:], rules=[BY_ID["busy-poll"]])


def test_documented_schema_names_every_key(tmp_path: Path) -> None:
    answer = to_json(compared(tmp_path, polls(), polls()))
    documented = set(re.findall(r'"(\w+)":', DOCS.read_text(encoding="utf-8")))
    (finding,) = to_json(with_findings(tmp_path / "more"))["findings"]
    of_side = finding["a"]
    objects = (
        answer, answer["a"], answer["phases"][0], answer["rows"][0], answer["rows"][0]["a"],
        finding, of_side, of_side["numbers"][0],
    )  # fmt: skip
    assert {key for each in objects for key in each} <= documented


def test_real_trace_compared_with_itself(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    epoll_scenes.epoll(maker, asleep=True)
    trace = read_trace(maker.write(tmp_path))
    text = to_text(compare([trace], [trace]), width=80)
    assert "that differ by" not in text
    assert "differs  " not in text
