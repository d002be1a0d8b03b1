"""The views for DuckDB: each can be queried and agrees with pandas; the docs' queries run."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pyarrow.parquet as pa_parquet
import pytest

from analysis.frames import read_trace
from analysis.windows.recording import open_recording
from tests.analysis.dataset.test_append import dataset_of, traces
from tests.bench.long_trace import write_long

pytestmark = pytest.mark.slow

DOCS = Path(__file__).resolve().parents[3] / "docs" / "fleet.md"
SQL = re.search(r"```sql\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
QUERIES = re.findall(r"select[^;]*;", SQL[1]) if SQL else []


def opened(dataset: Path, **config: str) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect(config=config)
    db.execute(f"SET file_search_path = '{dataset}'")
    db.execute((dataset / "views.sql").read_text())
    return db


def test_views_have_what_the_traces_have(tmp_path: Path) -> None:
    paths = traces(tmp_path)
    db = opened(dataset_of(tmp_path / "fleet", paths))
    read = [read_trace(path) for path in paths]
    for table in ("calls", "steps"):
        rows = db.execute(f"from {table} select count(*)").fetchone()
        assert rows == (sum(len(getattr(each, table)) for each in read),)
    hosts = db.execute("select distinct host from calls order by all").fetchall()
    assert hosts == [("a b/../c=d+é",), ("db",), ("web",), (None,)]
    cost = db.execute("select sum(calls), sum(fd_polls) from cost").fetchone()
    polls = sum(int(each.calls["fd_polls"].fillna(0).sum()) for each in read)
    assert cost == (sum(len(each.calls) for each in read), polls)
    names = db.execute("select name from traces").fetchall()
    assert {name for (name,) in names} == {path.name for path in paths}
    for view in ("tasks", "fds", "found", "doubtful"):
        db.execute(f"from {view}").fetchall()


def test_the_docs_have_queries() -> None:
    assert len(QUERIES) == 3


@pytest.mark.parametrize("query", QUERIES)
def test_queries_of_the_docs(tmp_path: Path, query: str) -> None:
    db = opened(dataset_of(tmp_path / "fleet", traces(tmp_path)))
    assert db.execute(query).description


def test_a_query_reads_the_partitions_that_it_names(tmp_path: Path) -> None:
    db = opened(dataset_of(tmp_path / "fleet", traces(tmp_path)))
    plan = str(
        db.execute("explain analyze select max(ret) from calls where host = 'db'").fetchall()
    )
    assert "Total Files Read: 1" in plan.replace("\\n", "\n")


@pytest.mark.slow
def test_a_dataset_larger_than_the_memory_limit(tmp_path: Path) -> None:
    """400,000 calls take some 150 MB: sorting them with 100 MB fails unless it spills."""
    trace = write_long(tmp_path / "long.trace", 400_000, name="calls", detail="calls")
    dataset = dataset_of(tmp_path / "fleet", [trace])
    query = f"copy (from calls order by kernel_ns, place) to '{tmp_path}/sorted.parquet'"
    limits = {"memory_limit": "100MB", "threads": "1"}
    with pytest.raises(duckdb.OutOfMemoryException):
        opened(dataset, **limits, temp_directory="").execute(query)
    opened(dataset, **limits, temp_directory=str(tmp_path / "spill")).execute(query)
    found = pa_parquet.read_table(
        tmp_path / "sorted.parquet", columns=["kernel_ns", "place"]
    ).to_pandas()
    assert len(found) == len(open_recording(trace).calls.records)
    assert found["place"].is_unique
    assert found["kernel_ns"].dropna().is_monotonic_increasing
