"""The notebook in the docs runs from start to end, and shows what its texts say."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.slow

DOCS = Path(__file__).resolve().parents[1] / "docs"
NOTEBOOK = DOCS / "notebook.ipynb"
CELL_S = 300


@pytest.fixture(scope="module")
def cells() -> list[Any]:
    """Return the code cells, executed."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # warnings about event loops and ports are not ours
        client = NotebookClient(notebook, timeout=CELL_S, resources={"metadata": {"path": DOCS}})
        done = client.execute()
    return [cell for cell in done.cells if cell.cell_type == "code"]


def shown(cell: Any, kind: str) -> str:
    (result,) = (each for each in cell.outputs if each.output_type == "execute_result")
    text: str = result.data[kind]
    return text


def test_it_is_kept_without_outputs() -> None:
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    assert [cell.id for cell in cells if cell.get("outputs")] == []


def test_the_trace_shows_itself(cells):
    assert "epoll.trace</strong> · losses: none" in shown(cells[0], "text/html")


def test_epoll_wait_queues_nothing(cells):
    (queued,) = (cell for cell in cells if "int(waits" in cell.source)
    assert shown(queued, "text/plain") == "0"


def test_the_timeline_is_drawn(cells):
    (drawn,) = (cell for cell in cells if cell.source.endswith("\ntimeline"))
    assert shown(drawn, "text/html").startswith("<iframe sandbox")


def test_callbacks_run_on_the_wakers_side(cells):
    assert "waker" in shown(cells[-1], "text/html")
