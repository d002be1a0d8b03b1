"""JUnit XML of a run: what passes, what fails, what is skipped."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as Xml

from analysis.packs import OURS
from analysis.verdicts.engine import Decision, corrected, refuted, supported, undecided
from analysis.verdicts.junit import to_junit
from analysis.verdicts.results import KernelResult
from tracer.shared.message import use

DECISIONS = (
    Decision(OURS[0], supported("23 of 23", [])),
    Decision(OURS[1], corrected("11 of 23", [], "At times.")),
    Decision(OURS[2], refuted("0 of <23>\x1b[2J", [])),
    Decision(OURS[3], undecided("7 records were lost")),
)


def suite() -> Xml.Element:
    (found,) = Xml.fromstring(to_junit([KernelResult("6.1.0", "lab", DECISIONS)]))  # noqa: S314
    return found


def test_they_are_counted() -> None:
    found = suite()
    assert found.attrib == {
        "name": "6.1.0", "tests": "4", "failures": "2", "skipped": "1", "errors": "0",
    }  # fmt: skip


def test_each_claim_is_a_case() -> None:
    cases = list(suite())
    assert [case.get("name") for case in cases] == [claim.id for claim in OURS[:4]]
    assert [[each.tag for each in case] for case in cases] == [
        ["system-out"], ["failure"], ["failure"], ["skipped"],
    ]  # fmt: skip


def test_a_failure_says_what_the_kernel_does() -> None:
    failure = suite()[1][0]
    assert failure.get("type") == "corrected"
    assert failure.get("message") == OURS[1].statement
    assert failure.text == "At times.\n11 of 23"


def test_what_no_xml_may_hold_is_spelt_out() -> None:
    assert suite()[2][0].text == "0 of <23>\\x1b[2J"


def test_a_claim_of_a_users_pack_may_be_called_anything() -> None:
    claim = replace(OURS[0], id="\x00<&\"'")
    text = to_junit([KernelResult("6.1", "host", (Decision(claim, undecided("x")),))])
    (case,) = Xml.fromstring(text)[0]  # noqa: S314
    assert case.get("name") == "\\x00<&\"'"


def test_it_is_english_in_every_language() -> None:
    english = to_junit([KernelResult("6.1.0", "lab", DECISIONS)])
    use("zh_CN")
    assert to_junit([KernelResult("6.1.0", "lab", DECISIONS)]) == english
