"""Pages as text: what is in them, what is escaped. How they look: tests/browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.checks.undecided import Undecided
from analysis.claims.mux.polls_picture import MUX_POLLS
from analysis.frames import read_trace
from analysis.packs import OURS, claim_named
from analysis.page.cards import Finding, Row, cards_of
from analysis.page.charts import chart_slot
from analysis.page.document import HERE, json_block
from analysis.page.trace import trace_html
from analysis.page.verdicts import Run, verdicts_html
from analysis.pictures.of_trace import OF_TRACE
from analysis.pictures.picture import Picture
from analysis.pictures.shares import share_rows
from analysis.verdicts.engine import Decision, Evidence, corrected, refuted, supported, undecided
from analysis.verdicts.exhibits import Exhibit
from analysis.verdicts.kernel_functions import KernelFunction
from analysis.verdicts.results import KernelResult
from analysis.windows.recording import open_recording
from tests.analysis import epoll_scenes, scenes
from tests.analysis.findings.cases import CASES
from tests.analysis.handmade import Maker
from tests.browser.pixels import Colour, contrast

CLAIM = OURS[0]
EVIL = "</script><script>alert('&')</script>\u2028\x1b"


def result(release: str, *decisions: Decision, where: str = "lab") -> KernelResult:
    return KernelResult(release, where, decisions)


def test_kernels_that_found_the_same_share_a_sentence() -> None:
    evidence = [Evidence("calls", 23, "calls", CLAIM.experiment.id)]
    same = Decision(CLAIM, supported("23 calls waited", evidence))
    other = Decision(CLAIM, supported("11 calls waited", [replace(evidence[0], value=11)]))
    lost = Decision(CLAIM, undecided("1 call lost"))
    (card,) = cards_of([result("5.10", same), result("6.1", same), result("6.12", other),
                        result("7.3", lost)])  # fmt: skip
    assert [(each.outcome, each.sentences) for each in card.findings] == [
        ("supported", ((("5.10", "6.1"), "23 calls waited"), (("6.12",), "11 calls waited"))),
        ("undecided", ((("7.3",), "1 call lost"),)),
    ]
    assert isinstance(card.findings[0], Finding)
    assert card.findings[0].kernels == ("5.10", "6.1", "6.12")
    assert card.evidence == (Row("calls", "calls", "", (23, 23, 11, None)),)
    assert not card.evidence[0].same
    assert card.differs
    assert card.command.startswith(
        "tracer verify --claim blocking-waits --kernel 5.10 --kernel 6.1"
    )


def test_a_claim_of_a_users_pack_is_repeated_with_the_pack() -> None:
    claim = replace(CLAIM, id="of-my-own")
    (card,) = cards_of(
        [result("6.1", Decision(claim, refuted("1", [])), where="host")], ["my pack.py"]
    )
    assert card.command == "tracer verify --claim of-my-own --pack 'my pack.py'"
    assert not card.differs


def test_a_picture_of_all_or_none_becomes_words() -> None:
    claim = claim_named("callback-fills-list")
    assert claim.picture
    whole = share_rows([("callbacks", 11, 11), ("wakes", 0, 11)])
    part = share_rows([("callbacks", 11, 11), ("wakes", 4, 11)])
    decision = Decision(claim, supported("11 of 11", []))
    for rows, counts in ((whole, (("callbacks", 11, 11), ("wakes", 0, 11))), (part, ())):
        shown = replace(result("6.1", decision), exhibits={claim.id: Exhibit(rows, ())})
        (card,) = cards_of([shown])
        assert card.counts == counts
        assert (card.chart is None) == bool(counts)


def test_functions_have_the_files_and_remarks_of_all_kernels() -> None:
    old = KernelFunction("ep_poll", "fs/eventpoll.c", "5.10.2", "https://x/5", "")
    new = KernelFunction("ep_poll", "fs/eventpoll.c", "6.1.9", "https://x/6", "inlined into f")
    claim = replace(CLAIM, functions=("ep_poll", "unknown"))
    decision = Decision(claim, supported("1", []))
    (card,) = cards_of([
        replace(result(kernel, decision), exhibits={claim.id: Exhibit(None, (), None, (each,))})
        for kernel, each in (("5.10", old), ("6.1", new))
    ])  # fmt: skip
    (function,) = card.functions
    assert [tag for _, tag, _ in function.places] == ["5.10.2", "6.1.9"]
    assert function.remarks == (("inlined into f", ("6.1",)),)


def test_only_what_is_supported_everywhere_is_folded() -> None:
    for verdicts, folded in (
        ([supported("1", [])] * 2, True),
        ([supported("1", []), refuted("1", [])], False),
        ([undecided("1")], False),
    ):
        (card,) = cards_of([
            result(str(n), Decision(CLAIM, each)) for n, each in enumerate(verdicts)
        ])  # fmt: skip
        assert card.open != folded


def test_json_cannot_end_its_script() -> None:
    text = json_block({EVIL: [EVIL, 1, None]})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {EVIL: [EVIL, 1, None]}


def test_only_scripts_of_its_own_are_allowed() -> None:
    page = verdicts_html([result("6.1", Decision(CLAIM, corrected("1 of 2", [])))])
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = [
        f"&#39;sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}&#39;"
        for each in scripts
    ]
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].replace("&#39;", "'").split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"].split() == [each.replace("&#39;", "'") for each in hashes]
    assert scripts
    assert "vegaEmbed = " not in page, "no chart, no library"


def test_texts_are_escaped() -> None:
    claim = replace(CLAIM, statement=EVIL, section=EVIL, otherwise=EVIL)
    verdict = supported(EVIL, [Evidence(EVIL, 1, EVIL)])
    page = verdicts_html([result(EVIL, Decision(claim, verdict))], Run(EVIL))
    assert "<script>alert" not in page
    assert "\x1b" not in page
    assert page.count("&lt;/script&gt;&lt;script&gt;alert(&#39;&amp;&#39;)") >= 8


def test_a_picture_that_fails_says_so(tmp_path: Path) -> None:
    def fails(_rows: pd.DataFrame) -> None:
        raise ValueError("no such column")

    picture = Picture("t", "s", rows=lambda _trace: pd.DataFrame(), chart=fails)  # type: ignore[arg-type]
    slot = chart_slot("chart-x", picture, {"6.1": pd.DataFrame({"a": [1]})})
    assert slot.spec is None
    assert slot.failed == "ValueError: no such column"


def test_a_spec_has_its_rows_as_columns() -> None:
    rows = pd.DataFrame({"model": ["poll"], "fds": [11], "fd_polls": [11.0], "calls": [23]})
    slot = chart_slot("chart-x", MUX_POLLS, {"5.10": rows, "6.1": rows})
    assert slot.spec, slot.failed
    (table,) = slot.spec["datasets"].values()
    assert table["kernel"] == ["5.10", "6.1"]
    assert table["calls"] == [23, 23]
    assert slot.kernels == ("5.10", "6.1")


@pytest.fixture
def trace_path(tmp_path: Path) -> Path:
    maker = Maker(detail="steps", detached={"sock_poll": "fentry: EPERM"})
    epoll_scenes.epoll(maker, asleep=True)
    scenes.mux(maker, ready=41, asleep=True)
    maker.manifest["losses"]["steps"] = 1204
    return maker.write(tmp_path / "x.trace")


def test_a_traces_page_has_losses_checks_and_what_is_missing(trace_path: Path) -> None:
    page = trace_html(read_trace(trace_path))
    text = re.sub(r"<[^>]*>", "\n", page.partition("<main")[0].partition("<dl")[2])
    assert text.index("losses") < text.index("1,204 steps") < text.index("kernel")
    assert "The timeline of one call" in page
    assert "hook sock_poll: fentry: EPERM" in page
    assert "<td>–</td>" in page  # noqa: RUF001 - the dash of a missing number


def test_rows_of_a_traces_pictures(tmp_path: Path) -> None:
    maker = Maker()
    scenes.mux(maker, ready=41)
    trace = read_trace(maker.write(tmp_path / "x.trace"))
    fd_polls = OF_TRACE["fd_polls"].rows(trace)
    assert fd_polls.to_dict("records") == [{"model": "poll", "fds": 41, "fd_polls": 41, "calls": 3}]
    per_call = OF_TRACE["per-call"].rows(trace).set_index(["family", "kind"])["mean"]
    assert per_call["poll", "fds polled"] == 41
    assert OF_TRACE["when"].rows(trace)["calls"].sum() == len(trace.calls)


def test_missing_columns_are_not_drawn(trace_path: Path) -> None:
    rows = OF_TRACE["per-call"].rows(read_trace(trace_path))
    assert "fds polled" not in set(rows["kind"])
    assert "sleeps" in set(rows["kind"])


def test_no_picture_of_zeros(tmp_path: Path) -> None:
    maker = Maker()
    maker.call("read", ret=1)
    trace = read_trace(maker.write(tmp_path / "x.trace"))
    with pytest.raises(Undecided, match="nothing to draw"):
        OF_TRACE["per-call"].rows(trace)


STYLE = (HERE / "page.css").read_text()
SCHEMES = dict(
    zip(("light", "dark"), re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL), strict=True)
)


def colour_of(scheme: str, name: str) -> Colour:
    found = re.search(rf"--{name}: #([0-9a-f]{{6}});", SCHEMES[scheme])
    assert found, name
    red, green, blue = bytes.fromhex(found[1])
    return red, green, blue


@pytest.mark.parametrize("scheme", SCHEMES)
def test_contrast(scheme: str) -> None:
    """Text needs a contrast of 4.5, graphics 3 (WCAG 2.2, 1.4.3 and 1.4.11)."""
    for ground in ("paper", "card"):
        for name in ("ink", "quiet", "accent"):
            assert contrast(colour_of(scheme, name), colour_of(scheme, ground)) >= 4.5, name
    for verdict in ("supported", "corrected", "refuted", "undecided"):
        for ground in ("card", f"{verdict}-wash"):
            assert contrast(colour_of(scheme, verdict), colour_of(scheme, ground)) >= 4.5, verdict
    for number in range(1, 7):
        assert contrast(colour_of(scheme, f"model-{number}"), colour_of(scheme, "card")) >= 3


def test_a_trace_page_begins_with_what_is_wrong(tmp_path: Path) -> None:
    maker = Maker(detached={"sched_waking": "EPERM"})
    maker.task(71, EVIL[:14])
    CASES["busy-poll"].faulty(maker)
    page = trace_html(read_trace(maker.write(tmp_path / "x.trace")))
    wrong = page.partition("What is wrong with the event loop")[2].partition("</section>")[0]
    assert "Busy polling: short waits that find nothing" in wrong
    assert "23 of 23 waits found nothing" in wrong
    assert "Why it matters: " in wrong
    assert "Not judged: late-wakeups, woken-in-vain (hooks are not attached)" in wrong
    assert "<script" not in wrong
    assert page.index("What is wrong with") < page.index('id="pictures"')


def test_a_trace_page_without_a_finding_says_so(tmp_path: Path) -> None:
    maker = Maker()
    scenes.mux(maker, ready=41)
    page = trace_html(read_trace(maker.write(tmp_path / "x.trace")))
    assert "Nothing wrong was found; 19 rules were judged." in page


@pytest.mark.slow
def test_a_page_of_a_long_trace_says_what_it_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(__file__).parents[1] / "traces" / "mux.trace"
    whole = trace_html(read_trace(path))
    assert trace_html(open_recording(path)) == whole
    monkeypatch.setattr("analysis.page.trace.MOST_WHOLE", 0)
    page = trace_html(open_recording(path))
    assert "the trace has more than 0 calls and steps" in page
    assert 'id="chart-time"' in page
    assert 'id="chart-when"' in whole
    assert 'id="chart-when"' not in page
