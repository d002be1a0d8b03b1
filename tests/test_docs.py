"""Files that the documents name exist, and so do the places that they link to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
FOLDERS = ("analysis", "docs", "probes", "scripts", "tests", "tracer")
ANY = re.compile(r"TOPIC|NAME|KERNEL|EXPERIMENT|ITEM|…")
"""Placeholders for any name."""
MADE = ("probes/tables.h",)
"""Files made by scripts/build, which a checkout need not have."""


def named(text: str) -> set[str]:
    """Return the paths of our files and folders in the code of a page."""
    code = re.findall(r"`([^`\s]+)`", text)
    return {each for each in code if each.partition("/")[0] in FOLDERS and "/" in each}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_exist(page: Path) -> None:
    names = named(page.read_text(encoding="utf-8")) - set(MADE)
    assert [name for name in sorted(names) if not list(ROOT.glob(ANY.sub("*", name)))] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_have_targets(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    ours = [link for link in links if "://" not in link]
    assert [link for link in ours if not leads(page, link)] == []


def leads(page: Path, link: str) -> bool:
    """Return whether the page exists, and has a heading of that name."""
    path, _, place = link.partition("#")
    there = page.parent / path if path else page
    if not place or not there.is_file():
        return there.exists()
    headings = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
    return place in {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


def test_a_file_that_is_gone_is_missed() -> None:
    assert named("`tests/gone.py`, `tracer lab`, `analysis/claims/TOPIC/claims.py`") == {
        "tests/gone.py", "analysis/claims/TOPIC/claims.py",
    }  # fmt: skip
    assert not leads(ROOT / "README.md", "docs/gone.md")
    assert not leads(ROOT / "README.md", "CONTRIBUTING.md#a-gone-recipe")
    assert leads(ROOT / "README.md", "CONTRIBUTING.md#a-claim")
