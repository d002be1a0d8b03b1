"""The report of a fleet for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from analysis.fleet.fleet import Sum
from analysis.fleet.outliers import LEAST_HOSTS, LEAST_SCORE, LEAST_TIMES, RATES
from analysis.fleet.row import Row
from analysis.fleet.summary import Summary
from analysis.fleet.verdicts import Verdicts
from analysis.metrics import summary as table_of
from analysis.windows.totals import Totals

SCHEMA: Final = 1


def to_json(found: Summary) -> dict[str, Any]:
    """Return ``found`` as a JSON object; an unknown number is null."""
    families = Totals({(0, family): total for family, total in found.fleet.families.items()})
    rows = table_of(families).drop(columns="phase")
    return {
        "schema": SCHEMA,
        "total": _sum(found.total),
        "hosts": [_sum(each) for each in found.hosts],
        "releases": [_sum(each) for each in found.releases],
        "programs": [_sum(each) for each in found.programs],
        "families": rows.astype(object).where(rows.notna(), None).to_dict("records"),
        "outliers": [asdict(each) for each in found.outliers],
        "outlier_rule": {
            "least_hosts": LEAST_HOSTS,
            "least_score": LEAST_SCORE,
            "least_times": LEAST_TIMES,
            "rates": [rate.name for rate in RATES],
        },
        "findings": [asdict(each) for each in found.rules],
        "traces": [_row(each) for each in found.fleet.rows],
        "unread": [asdict(each) for each in found.fleet.unread],
        "copies": [asdict(each) for each in found.fleet.copies],
        "overlapping": [
            {"host": host, "traces": [one, other]} for host, one, other in found.overlapping
        ],
        "verdicts": None if found.verdicts is None else _verdicts(found.verdicts),
    }


def _sum(each: Sum) -> dict[str, Any]:
    return {**asdict(each), "rates": {rate.name: rate.of(each) for rate in RATES}}


def _row(row: Row) -> dict[str, Any]:
    return {**asdict(row), "doubtful": row.doubts.any}


def _verdicts(found: Verdicts) -> dict[str, Any]:
    return {
        "runs": found.runs,
        "claims": [
            {
                "id": claim,
                "differs": found.differs(claim),
                "kernels": [
                    {"release": release, "where": where, "verdicts": {
                        str(outcome): count for outcome, count in counts.items()
                    }}
                    for (release, where), counts in sorted(by_kernel.items())
                ],
            }
            for claim, by_kernel in found.claims.items()
        ],
        "unread": [asdict(each) for each in found.unread],
    }  # fmt: skip
