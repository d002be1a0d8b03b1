"""One row of a comparison as the cells of a table: for a terminal and for a page."""

from __future__ import annotations

from analysis.comparison.compare import ALL, TIMES, Row
from analysis.comparison.values import Measured, Outcome
from analysis.terminal.tables import cell
from tracer.shared.clock import NS_PER_US
from tracer.shared.message import joined, message


def outcome(row: Row) -> str:
    """Return the outcome for a metric, in words."""
    if row.outcome == Outcome.WITHIN:
        return message("within\nspread")
    return message(str(row.outcome))


def family(row: Row) -> str:
    """Return the family, or both families, of a row."""
    return message("all") if row.family == ALL else row.family.title


def median_of(row: Row, measured: Measured) -> str:
    """Return the median; a dash if it is missing, "" if no call returned."""
    if measured.median is None:
        return cell(None) if measured.missing else ""
    return _number(row, measured.median)


def reach_of(row: Row, measured: Measured) -> str:
    """Return the spread shown below a median: between recordings, else that of the calls."""
    if measured.reach:
        least, most = measured.reach
        return f"{_number(row, least)}..{_number(row, most)}" if least != most else ""
    spread = measured.spread
    if spread is None or spread.constant:
        return ""
    if spread.middle_half:
        return f"{_number(row, spread.lower)}..{_number(row, spread.upper)}"
    return f"({_number(row, spread.least)}..{_number(row, spread.most)})"


def difference(row: Row) -> str:
    """Return B minus A, with its sign; "" if that is meaningless."""
    if row.difference is None:
        return ""
    return f"{'+' if row.difference > 0 else ''}{_number(row, row.difference)}"


def _number(row: Row, number: float) -> str:
    return _digits(number / NS_PER_US if row.metric in TIMES else number)


def _digits(number: float) -> str:
    """Return ``number`` with 3 digits; with all its digits if it is whole or large."""
    large = abs(number) >= 1000
    return cell(number if large or number == int(number) else float(f"{number:.3g}"))


def ratio(row: Row) -> str:
    """Return B divided by A; "" if that is meaningless."""
    return "" if row.ratio is None else _digits(row.ratio)


def metric(row: Row) -> str:
    """Return the name of a metric, times in µs."""
    return row.metric.replace("_ns", "_µs")


def metric_cell(row: Row) -> str:
    """Return a metric for a narrow column."""
    what, per, whom = metric(row).partition("_per_")
    return joined("\n", [what, f"per_{whom}"]) if per else what
