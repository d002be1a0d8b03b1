"""A user's pack: what is right in it is decided, what is wrong is named."""

from __future__ import annotations

import importlib.util
import os
import py_compile
import re
from pathlib import Path

import pytest

from analysis.frames import read_trace
from analysis.packs import OURS, load_pack
from analysis.verdicts.engine import REFUTED, SUPPORTED, Outcome, decide, decide_kernel
from tests.analysis.handmade import Maker
from tests.shared.sudo import CALLER, needs_root
from tracer import cli
from tracer.shared.errors import UsageError
from tracer.workloads import spec

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = DOCS / "example_pack.py"
TEXT = EXAMPLE.read_text()


def pack(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(text)
    return path


def seven(fd_polls: int) -> Maker:
    maker = Maker()
    maker.phase("poll", fds=tuple(range(4, 11)), active=(4,), rounds=1, fd_kind="unix",
                waker="before", delay_ms=20)  # fmt: skip
    maker.call("poll", 1, nr=7, fd_polls=fd_polls)
    return maker


@pytest.mark.parametrize(("fd_polls", "outcome"), [(7, SUPPORTED), (1, REFUTED)])
def test_example_decides(tmp_path: Path, fd_polls: int, outcome: Outcome) -> None:
    (claim,), problems = load_pack(EXAMPLE, spec.parse)
    assert problems == ()
    assert decide(claim, read_trace(seven(fd_polls).write(tmp_path))).outcome == outcome


def test_docs_show_the_example_as_it_is() -> None:
    assert f"```python\n{TEXT.rstrip()}\n```" in (DOCS / "packs.md").read_text()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "import no_such_thing",
            "mine.py cannot be imported: ModuleNotFoundError: No module named",
        ),
        ("x = 1\n1 / 0", r"cannot be imported: ZeroDivisionError: division by zero \(line 2\)"),
        ("def x(:", r"cannot be imported: SyntaxError: .* \(line 1\)"),
        ("", "mine.py has no CLAIMS; needed a tuple"),
        ("CLAIMS = ()", "mine.py has no CLAIMS; needed a tuple"),
    ],
)
def test_file_that_is_no_pack(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        load_pack(pack(tmp_path, text), spec.parse)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file; a pack is a Python file"):
        load_pack(tmp_path / "absent.py", spec.parse)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("experiment=SEVEN", "experiment=None", "its experiment is None; needed an Experiment"),
        ('"poll-polls-all"', '"mux-one-call"', "another claim has this id"),
        ("(poll_polls_all,)", "(poll_polls_all,) * 2", "another claim has this id"),
        ("(poll_polls_all,)", "(poll_polls_all, 7)", "claim number 2: 7 is not a claim; needed"),
        ('"seven-fds"', '"mux"', "another experiment has the id mux"),
        ('"first", 5', '"frist", 5', "seven-fds cannot be run: unknown position 'frist'"),
    ],
)
def test_claim_that_cannot_be_decided(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in TEXT
    found = load_pack(pack(tmp_path, TEXT.replace(old, new)), spec.parse)
    (problem,) = found.problems
    assert words in problem
    assert "mine.py" in problem


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "every(calls",
            "evry(calls",
            r"the claim's own code failed: NameError: .*\(line 20\)",
        ),
        (
            "(supported if",
            "7 or (supported if",
            "the claim's own code returned 7; needed a Verdict",
        ),
        (
            'section="',
            'verdicts=("refuted",), section="',
            "returned supported, not in its verdicts",
        ),
    ],
)
def test_bad_claim_is_undecided_and_the_others_are_not(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    (bad,), problems = load_pack(pack(tmp_path, TEXT.replace(old, new)), spec.parse)
    assert problems == ()
    (good,), _ = load_pack(EXAMPLE, spec.parse)
    trace = read_trace(seven(7).write(tmp_path / "trace"))
    first, second = decide_kernel([bad, good], {"seven-fds": [trace]})
    assert first.verdict.outcome == Outcome.UNDECIDED
    assert re.search(words, first.verdict.undecided_because or "")
    assert second.verdict.outcome == SUPPORTED


def test_ids_of_ours_stay_ours() -> None:
    assert len({claim.id for claim in OURS}) == len(OURS)


@pytest.fixture
def marked(tmp_path):
    """Give a pack that leaves a mark when it runs, and the mark."""
    mark = tmp_path / "ran"
    return pack(
        tmp_path, f"import pathlib\npathlib.Path({str(mark)!r}).touch()\nCLAIMS = ()\n"
    ), mark


@needs_root
@pytest.mark.parametrize(
    "case",
    [
        (0o644, 0, True, "sudo runs this for uid 54321"),
        (0o644, CALLER, False, "it belongs to uid 54321"),
        (0o664, 0, False, r"others may write to it \(mode 664\)"),
        (0o646, 0, False, r"others may write to it \(mode 646\)"),
    ],
)
def test_root_runs_no_pack_that_others_may_have_written(marked, monkeypatch, case):
    path, mark = marked
    mode, owner, sudo, words = case
    path.chmod(mode)
    os.chown(path, owner, owner)
    if sudo:
        monkeypatch.setenv("SUDO_UID", str(CALLER))
        monkeypatch.setenv("SUDO_GID", str(CALLER))
    with pytest.raises(UsageError, match=f"would run as root: {words}; look at it, then add"):
        load_pack(path, spec.parse)
    assert cli.main(["verify", "--pack", str(path), "--list"]) == 2
    assert not mark.exists()
    assert cli.main(["verify", "--pack", str(path), "--list", "--trust"]) == 2  # no CLAIMS
    assert mark.exists()


def test_no_bytecode_beside_a_pack_is_run(marked):
    path, mark = marked
    evil = path.with_name("evil.py")
    evil.write_text(path.read_text())
    path.write_text("CLAIMS = ()\n" + "#" * (len(evil.read_text()) - 13))
    os.utime(evil, ns=(0, 0))
    os.utime(path, ns=(0, 0))
    py_compile.compile(str(evil), importlib.util.cache_from_source(str(path)))
    with pytest.raises(UsageError, match="no CLAIMS"):
        load_pack(path, spec.parse)
    assert not mark.exists()
