from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from analysis.page.run_files import write_reports
from analysis.page.verdicts import Run
from analysis.verdicts.results import KernelResult
from tests.browser.making import (
    HOSTILE,
    as_of_five_kernels,
    hostile_results,
    of_some_claims,
    results_as_of_6_1,
    results_of_all_claims,
)

expect.set_options(timeout=30_000)
"""Milliseconds. A page does what it is asked a moment later, on a busy machine much later."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    assert program, "chromium is not installed; run scripts/setup dev"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[KernelResult]:
    return results_of_all_claims(tmp_path_factory.mktemp("traces"))


@pytest.fixture(scope="session")
def verdicts(tmp_path_factory: pytest.TempPathFactory, results: list[KernelResult]) -> Path:
    """The page of all claims on three kernels."""
    return write_reports(tmp_path_factory.mktemp("page"), results, Run("tracer verify --all"))[1]


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory, results: list[KernelResult]) -> Path:
    """The page of some of the claims, for tests that don't depend on their number."""
    some = [of_some_claims(each) for each in results]
    return write_reports(tmp_path_factory.mktemp("few"), some, Run("tracer verify"))[1]


@pytest.fixture(scope="session")
def of_6_1(tmp_path_factory: pytest.TempPathFactory) -> list[KernelResult]:
    return results_as_of_6_1(tmp_path_factory.mktemp("of-6.1"))


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory, of_6_1: list[KernelResult]) -> Path:
    """The page of all claims on one kernel, with the verdicts that 6.1 gives."""
    return write_reports(tmp_path_factory.mktemp("real"), of_6_1, Run("tracer verify --all"))[1]


@pytest.fixture(scope="session")
def five(tmp_path_factory: pytest.TempPathFactory, of_6_1: list[KernelResult]) -> Path:
    """The same for five kernels whose numbers differ."""
    results = as_of_five_kernels(*of_6_1)
    return write_reports(tmp_path_factory.mktemp("five"), results, Run("tracer verify --all"))[1]


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory, results: list[KernelResult]) -> Path:
    """The same page with hostile texts."""
    run = Run(HOSTILE, (HOSTILE,))
    return write_reports(tmp_path_factory.mktemp("hostile"), hostile_results(results), run)[1]
