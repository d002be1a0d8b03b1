"""The verdicts of a run as JUnit XML, for continuous integration: a suite per kernel.

A claim is a test case. It passes if supported, fails if corrected or refuted (the failure's type
says which), and is skipped if undecided.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from analysis.terminal.tables import harmless
from analysis.verdicts.engine import SUPPORTED, Decision, Outcome
from analysis.verdicts.results import KernelResult


def to_junit(results: Sequence[KernelResult]) -> str:
    """Return ``results`` as one XML document, in English: programs read it."""
    root = Xml.Element("testsuites", name="tracer verify")
    for result in results:
        root.append(_suite(result))
    Xml.indent(root, " ")
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(result: KernelResult) -> Xml.Element:
    outcomes = [decision.verdict.outcome for decision in result.decisions]
    skipped = outcomes.count(Outcome.UNDECIDED)
    suite = Xml.Element(
        "testsuite",
        name=harmless(result.release),
        tests=str(len(outcomes)),
        failures=str(len(outcomes) - skipped - outcomes.count(SUPPORTED)),
        skipped=str(skipped),
        errors="0",
    )
    suite.extend(_case(result, decision) for decision in result.decisions)
    return suite


def _case(result: KernelResult, decision: Decision) -> Xml.Element:
    verdict, claim = decision.verdict, decision.claim
    case = Xml.Element("testcase", classname=harmless(result.release), name=harmless(claim.id))
    if verdict.outcome is Outcome.UNDECIDED:
        Xml.SubElement(case, "skipped", message=harmless(str(verdict.undecided_because)))
    elif verdict.outcome is not SUPPORTED:
        found = Xml.SubElement(
            case, "failure", type=str(verdict.outcome), message=harmless(claim.statement)
        )
        found.text = "\n".join(harmless(text) for text in (verdict.answer, verdict.finding) if text)
    else:
        Xml.SubElement(case, "system-out").text = harmless(verdict.finding)
    return case
