"""``docs/reliability.md``: a row for each item, replaced when the item is run again."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Final

from tests.torture.before import before_and_after
from tests.torture.figures import KINDS, Figures

PAGE: Final = Path(__file__).parents[2] / "docs/reliability.md"
_COLUMNS: Final = ("item", "tries", *KINDS.values(), "besides", "kernel", "date")
_HEAD: Final = """\
# Reliability

What can happen to a recorder and a trace, tried many times by `scripts/torture`. The goal is 0 in
each of the four columns after *tries*; *besides* shows what else was counted. The figures are
written by the program that measured them; running an item again replaces its row.

- **silent losses**: something was not recorded, and the trace does not say so
- **wrong**: a false statement, or a wrong action
- **left behind**: a BPF program, a process, a temporary file or a partial output after the end
- **tracebacks**: an error that was not raised on purpose

`scripts/torture` runs all items in full (hours), `scripts/torture --quick` a few cases of each item
that needs no guest, without writing this page. Naming items runs only those, `-n N` that many
times; `--add` adds to the page's tries on the same kernel. `tests/torture/ITEM.py` defines each
item. Problems found are listed below the table.

"""


def row(name: str, title: str, figures: Figures) -> str:
    """Return the row of an item that was just run."""
    numbers = [f"{getattr(figures, kind):,}" for kind in KINDS]
    others = "; ".join(f"{what} {count:,}" for what, count in figures.others.items())
    date = time.strftime("%Y-%m-%d")
    cells = [f"{title} (`{name}`)", f"{figures.tried:,}", *numbers, others, figures.kernel, date]
    return "| " + " | ".join(_cell(text) for text in cells) + " |"


def figures_on(name: str, page: Path = PAGE) -> Figures | None:
    """Return the figures of an item on the page; None if it has none."""
    return _others(name, *_read(page))


def _others(name: str, rows: dict[str, str], found: dict[str, list[str]]) -> Figures | None:
    if name not in rows:
        return None
    _, tried, *kinds, others, kernel, _ = _cells(rows[name])
    examples = [_text(line.partition("`: ")[2]) for line in found.get(name, [])]
    numbers = dict(zip(KINDS, map(_number, kinds), strict=True))
    pairs = (text.rpartition(" ") for text in others.split("; ") if text)
    besides = {what: _number(count) for what, _, count in pairs}
    return Figures(
        tried=_number(tried), others=besides, examples=examples, kernel=kernel, **numbers
    )


def update(name: str, title: str, figures: Figures, order: list[str], page: Path = PAGE) -> None:
    """Put an item's row, and examples of harm, into the page."""
    rows, found = _read(page)
    rows[name] = row(name, title, figures)
    found.pop(name, None)
    if figures.examples:
        found[name] = [f"- `{name}`: {_cell(text)}" for text in figures.examples]
    lines = ["| " + " | ".join(_COLUMNS) + " |", "|" + "---|" * len(_COLUMNS)]
    lines += [rows[each] for each in order if each in rows]
    below = [line for each in order if each in found for line in found[each]]
    if below:
        lines += ["", "## Found", "", *below]
    lines += before_and_after(lambda name: _others(name, rows, found))
    page.write_text(_HEAD + "\n".join(lines) + "\n")


def _read(page: Path) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return the rows and the examples of each item on the page."""
    rows: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    for line in page.read_text().splitlines() if page.exists() else []:
        if line.startswith("| ") and "(`" in line:
            rows[line.partition("(`")[2].partition("`)")[0]] = line
        elif line.startswith("- `"):
            found.setdefault(line.split("`")[1], []).append(line)
    return rows, found


def _cells(line: str) -> list[str]:
    """Return the cells of a row made by `row`."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def _text(cell: str) -> str:
    """Return the argument of `_cell`, except for white space."""
    return cell.replace("&lt;", "<").replace("\\|", "|")


def _number(cell: str) -> int:
    return int(cell.replace(",", ""))


def _cell(text: str) -> str:
    """Return ``text`` such that it stays in one cell, whatever it contains."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(shown.split()).replace("|", "\\|").replace("<", "&lt;")
