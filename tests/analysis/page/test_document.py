"""A page in several languages: the others are packed within it, complete, and say the same."""

from __future__ import annotations

import base64
import gzip
import json
import re

import pytest

from analysis.packs import OURS
from analysis.page.verdicts import verdicts_html
from analysis.verdicts.engine import Decision, Evidence, refuted
from analysis.verdicts.results import KernelResult
from tracer.shared import message

CLAIM = OURS[0]
EVIL = "</script><script>alert('&')</script>"


def page_of(finding: str = "0 of 23") -> str:
    verdict = refuted(finding, [Evidence("calls", 23, "calls")], CLAIM.answers.refuted)
    return verdicts_html([KernelResult("6.1.0", "lab", (Decision(CLAIM, verdict),))])


def other_of(page: str, language: str = "zh-CN") -> dict[str, str]:
    packed = re.search(rf' data-language="{language}">([A-Za-z0-9+/=]+)<', page)
    assert packed
    found: dict[str, str] = json.loads(gzip.decompress(base64.b64decode(packed[1])))
    return found


def test_other_language_is_whole() -> None:
    page = page_of()
    other = other_of(page)
    assert other["body"].count("<article") == page.count("<article") == 1
    assert CLAIM.answers.refuted in page
    assert CLAIM.answers.refuted not in other["body"]
    with message.speaking("zh_CN"):
        assert message.localized(CLAIM.answers.refuted) in other["body"]
    assert message.language() == "en"
    assert 'lang="zh-CN" hidden>中文</button>' in page
    assert 'lang="en" hidden>English</button>' in other["body"]


def test_a_chinese_page_has_the_english_one_within() -> None:
    with message.speaking("zh_CN"):
        page = page_of()
    assert '<html lang="zh-CN">' in page
    assert CLAIM.answers.refuted in other_of(page, "en")["body"]


def test_every_language_is_in_it_and_can_be_switched_to() -> None:
    page = page_of()
    tags = {each.replace("_", "-") for each in message.LANGUAGES}
    switch = re.compile(r'data-language-switch lang="([^"]+)"')
    assert set(switch.findall(page)) == tags - {"en"}
    for tag in tags - {"en"}:
        assert set(switch.findall(other_of(page, tag)["body"])) == tags - {tag}


def test_hostile_text_is_escaped_in_both() -> None:
    page = page_of(EVIL)
    for text in (page, other_of(page)["body"]):
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


def test_without_the_other_catalogue_it_is_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_language: str) -> None:
        raise FileNotFoundError("tracer.mo")

    monkeypatch.setattr(message, "use", none)
    assert " data-language" not in page_of().partition("<script>")[0]


def test_same_page_is_the_same_to_the_last_byte() -> None:
    assert page_of() == page_of()
