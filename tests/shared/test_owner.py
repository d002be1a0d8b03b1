"""Acting as sudo's caller: what the kernel then refuses, and that it ends with the block."""

from __future__ import annotations

import os
import threading

import pytest

from tests.shared.sudo import CALLER, needs_root
from tracer.shared.errors import UsageError
from tracer.shared.owner import as_caller, sudo_caller


@needs_root
def test_files_are_the_callers(called_by_sudo):
    with as_caller():
        (called_by_sudo / "a").touch()
    (called_by_sudo / "b").touch()
    owners = [(called_by_sudo / name).stat() for name in "ab"]
    assert [(found.st_uid, found.st_gid) for found in owners] == [(CALLER, CALLER), (0, 0)]


@needs_root
def test_what_is_closed_to_the_caller_is_closed(called_by_sudo, tmp_path):
    secret = called_by_sudo / "secret"
    secret.write_text("root's")
    secret.chmod(0o600)
    with as_caller():
        with as_caller():  # nested: still the caller afterwards
            pass
        with pytest.raises(PermissionError):
            secret.read_text()
        with pytest.raises(PermissionError):
            (tmp_path / "x").touch()
    assert secret.read_text() == "root's"


@needs_root
def test_groups_are_the_callers_and_root_has_its_own_again(called_by_sudo):
    before = os.getgroups()
    with as_caller():
        assert os.getgroups() == [CALLER]
    assert os.getgroups() == before


@needs_root
def test_after_an_error_root_is_root(called_by_sudo):
    with pytest.raises(KeyboardInterrupt), as_caller():
        raise KeyboardInterrupt
    (called_by_sudo / "x").touch()
    assert (called_by_sudo / "x").stat().st_uid == 0


@needs_root
def test_other_threads_stay_root(called_by_sudo):
    go = threading.Event()

    def touch() -> None:
        go.wait()
        (called_by_sudo / "x").touch()

    thread = threading.Thread(target=touch)
    thread.start()
    with as_caller():
        go.set()
        thread.join()
    assert (called_by_sudo / "x").stat().st_uid == 0


@pytest.mark.parametrize(
    ("euid", "variables"),
    [(1000, {"SUDO_UID": "1000", "SUDO_GID": "1000"}), (0, {}), (0, {"SUDO_UID": "0"})],
)
def test_nobody_called(monkeypatch, euid, variables):
    monkeypatch.delenv("SUDO_UID", raising=False)
    monkeypatch.setenv("SUDO_GID", "0")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(os, "geteuid", lambda: euid)
    assert sudo_caller() is None


def test_no_ids(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("SUDO_UID", "-1")
    monkeypatch.setenv("SUDO_GID", "x")
    with pytest.raises(UsageError, match="needed two ids"):
        sudo_caller()
