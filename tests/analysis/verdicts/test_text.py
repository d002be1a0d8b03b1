"""What a terminal shows of a run: statements first, what does not hold before what does."""

from __future__ import annotations

from dataclasses import replace

from analysis.packs import OURS
from analysis.verdicts.engine import (
    Claim,
    Decision,
    Verdict,
    corrected,
    refuted,
    supported,
    undecided,
)
from analysis.verdicts.results import KernelResult
from analysis.verdicts.text import to_text
from tracer.shared.message import use

HOLDS, PART, NOT, OPEN = (
    replace(OURS[0], id=name, statement=f"The kernel {name}s.")
    for name in ("hold", "correct", "refute", "leave")
)


def result(release: str, **verdicts: Verdict) -> KernelResult:
    claims: dict[str, Claim] = {claim.id: claim for claim in (HOLDS, PART, NOT, OPEN)}
    decisions = tuple(Decision(claims[name], each) for name, each in verdicts.items())
    return KernelResult(release, "lab", decisions)


ONE = result(
    "6.1.0-56-amd64",
    hold=supported("23 of 23 calls", []),
    leave=undecided("7 records were lost"),
    correct=corrected("11 of 23 calls", [], "It does so at times."),
    refute=refuted("0 of 23 calls", [], "It never does."),
)


def test_what_does_not_hold_comes_first() -> None:
    assert to_text([ONE], 80) == (
        "refuted    The kernel refutes. (refute)\n"
        "           It never does.\n"
        "           0 of 23 calls\n"
        "\n"
        "corrected  The kernel corrects. (correct)\n"
        "           It does so at times.\n"
        "           11 of 23 calls\n"
        "\n"
        "undecided  The kernel leaves. (leave)\n"
        "           7 records were lost\n"
        "\n"
        "supported  The kernel holds. (hold)\n"
        "\n"
        "6.1.0-56-amd64 (lab): 4 claims: 1 refuted, 1 corrected, 1 undecided, 1 supported\n"
    )


def test_everything_includes_what_holds() -> None:
    assert "23 of 23 calls" not in to_text([ONE], 80)
    assert "23 of 23 calls" in to_text([ONE], 80, everything=True)


def test_kernels_that_disagree_say_which_found_what() -> None:
    newer = result("7.3.4", hold=refuted("0 of 23 calls", [], "It does not."))
    lines = to_text([ONE, newer], 80).splitlines()
    assert lines[lines.index("refuted    The kernel holds. (hold)") + 1 :][:3] == [
        "           6.1: supported: 23 of 23 calls",
        "           7.3: refuted: It does not.",
        "           0 of 23 calls",
    ]
    assert lines[-2:] == [
        "6.1.0-56-amd64 (lab): 4 claims: 1 refuted, 1 corrected, 1 undecided, 1 supported",
        "7.3.4 (lab): 1 claim: 1 refuted",
    ]


def test_kernels_that_agree_are_named_together() -> None:
    same = [replace(ONE, release=release) for release in ("6.1.0", "7.3.4")]
    assert "           6.1, 7.3: It never does.\n" in to_text(same, 80)


def test_it_fits_into_the_terminal() -> None:
    long = result("6.1", refute=refuted("a finding of many words " * 20, [], "An answer " * 20))
    assert max(map(len, to_text([long], 60).splitlines())) <= 60


def test_words_are_in_colour_where_that_is_wanted() -> None:
    assert "\x1b[31mrefuted" in to_text([ONE], 80, coloured=True)
    assert "\x1b" not in to_text([ONE], 80)


def test_chinese() -> None:
    use("zh_CN")
    text = to_text([ONE], 80)
    assert text.startswith("不成立")
    assert "4 条论断" in text


def test_a_statement_of_a_users_pack_does_not_control_the_terminal() -> None:
    claim = replace(NOT, statement="\x1b[2Jgone\nsupported  forged")
    text = to_text([KernelResult("6.1", "lab", (Decision(claim, refuted("x", [])),))], 80)
    assert "\x1b" not in text
    assert "\nsupported" not in text
