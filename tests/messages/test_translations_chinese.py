"""The Chinese texts: none is missing, none is left over, and all can be filled in."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from babel.messages import Catalog, Message

from tracer.messages.translations import extracted, read, untranslated, wrong

NAMES: Final = (
    *("BTF", "KVM", "QEMU", "libbpf", "lockdown", "tracefs", "virtme-ng", "fs.file-max"),
    *("poll", "select", "read", "epoll_ctl", "epoll_wait", "EPOLL_CTL_ADD", "max_user_watches"),
    "/sys/kernel/btf/vmlinux",
)
UNITS: Final = re.compile(r"(\{\w+(:[^}]*)?\}|\b(ns|µs|ms|s|MiB|GiB|fd)\b|[\W\d_])*")
"""Texts that may be the same in both languages: names of the kernel's, and values with units."""


@cache
def chinese() -> Catalog:
    return read("zh_CN")


def texts(catalogue: Catalog) -> set[str]:
    return {str(message.id) for message in catalogue if message.id}


def test_the_catalogue_has_every_text_and_no_other() -> None:
    """If not: run scripts/messages."""
    assert texts(extracted()) - texts(chinese()) == set()
    assert texts(chinese()) - texts(extracted()) == set()
    assert not chinese().obsolete


def test_no_text_is_left_in_english() -> None:
    """If one is: scripts/messages --missing, then --fill."""
    assert [message.id for message in untranslated(chinese())] == []
    same = [each.id for each in translated() if said(each) == each.id]
    assert [text for text in same if text not in NAMES and not UNITS.fullmatch(str(text))] == []


def test_each_translation_takes_the_same_values() -> None:
    found = {str(each.id): wrong(each, said(each)) for each in translated()}
    assert {text: problem for text, problem in found.items() if problem} == {}


def translated() -> list[Message]:
    return [each for each in chinese() if each.id and said(each)]


def said(message: Message) -> str:
    string = message.string or ""
    return string if isinstance(string, str) else string[0]
