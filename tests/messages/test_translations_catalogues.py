"""The catalogues: no text is missing, none is superfluous, and all can be filled in."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import pytest
from babel.messages import Catalog, Message

from tracer.messages.translations import TRANSLATED, extracted, read, untranslated, wrong

NAMES: Final = (
    *("BTF", "KVM", "QEMU", "libbpf", "lockdown", "tracefs", "virtme-ng", "fs.file-max"),
    *("poll", "select", "read", "epoll_ctl", "epoll_wait", "EPOLL_CTL_ADD", "max_user_watches"),
    "/sys/kernel/btf/vmlinux",
)
UNITS: Final = re.compile(r"(\{\w+(:[^}]*)?\}|\b(ns|µs|ms|s|MiB|GiB|fd)\b|[\W\d_])*")
"""Texts that may be the same in every language: kernel names, and values with units."""
SAME: Final = "the same in English"
"""A translator's comment (a line "# …" above the text) saying that it is no oversight."""

every_language = pytest.mark.parametrize("language", TRANSLATED)


@cache
def catalogue(language: str) -> Catalog:
    return read(language)


@cache
def sources() -> Catalog:
    return extracted()


def texts(of: Catalog) -> set[str]:
    return {str(message.id) for message in of if message.id}


@every_language
def test_the_catalogue_has_every_text_and_no_other(language: str) -> None:
    """If not: run scripts/messages."""
    assert texts(sources()) - texts(catalogue(language)) == set()
    assert texts(catalogue(language)) - texts(sources()) == set()
    assert not catalogue(language).obsolete


@every_language
def test_no_text_is_left_in_english(language: str) -> None:
    """If one is: scripts/messages --missing, then --fill."""
    assert [message.id for message in untranslated(catalogue(language))] == []
    same = [each for each in translated(language) if said(each)[0] == each.id]
    left = [str(each.id) for each in same if SAME not in each.user_comments]
    assert [text for text in left if text not in NAMES and not UNITS.fullmatch(text)] == []


@every_language
def test_each_translation_takes_the_same_values(language: str) -> None:
    found = {
        (each.id, form): wrong(each, form) for each in translated(language) for form in said(each)
    }
    assert {text: problem for text, problem in found.items() if problem} == {}


@every_language
def test_a_text_with_a_number_has_all_the_forms_of_the_language(language: str) -> None:
    forms = catalogue(language).num_plurals
    counted = [each for each in translated(language) if each.pluralizable]
    assert counted
    assert [each.id for each in counted if len(said(each)) != forms] == []


def translated(language: str) -> list[Message]:
    return [each for each in catalogue(language) if each.id and said(each)[0]]


def said(message: Message) -> tuple[str, ...]:
    string = message.string or ""
    return (string,) if isinstance(string, str) else tuple(string)
