"""The job that a guest gets, and the answer that comes back.

A job is a directory that host and guest share. The host writes ``run.sh`` and ``prepare.sh``, which
it runs first; the guest writes ``started``, and at the end the pids of processes that the command
left running to ``survivors`` and its exit code to ``status``. Output doesn't pass through files: it
goes through ports, byte for byte, while the command runs.

A write to a port returns before the host has the bytes (drivers/char/virtio_console.c,
port_fops_write), and a guest that powers off drops those it still has, a megabyte or more. So the
guest ends each stream with a mark, and waits until the host, which has received all of them, makes
``received``.
"""

from __future__ import annotations

import re
import secrets
import shlex
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tracer.shared.directory import Directory
from tracer.shared.ports import NOTES_PORT, STDERR_PORT, STDOUT_PORT
from tracer.shared.untrusted import RefusedError, read_bytes

MOUNT = "/run/tracer"
"""Where the guest sees the job."""

MODULES = "/run/kernel"
"""Where the guest sees the kernel's modules, as ``lib/modules/RELEASE``."""

SHARE = "/run/share"
"""Where the guest mounts the shared directory first; then also at its own path."""

HOST_TMP = "/run/host-tmp"
"""Where the guest sees the host's /tmp, read-only: its own /tmp is a tmpfs."""

PROJECT = Path(__file__).resolve().parents[2]
"""This program's own files: the guest must see them wherever they are."""

_ANSWER_BYTES = 1 << 20
"""More than any of the guest's answers here takes: numbers, and few of them."""

# busybox has all of these in one file and needs no library. Starting any other program takes an
# emulated guest a third of a second: it comes from the host's files.
_PREPARE = f"""\
mkdir {HOST_TMP}
mount --bind /tmp {HOST_TMP}
mount -t tmpfs -o mode=1777 tmpfs /tmp
mkfifo /run/stdout /run/stderr
"""

# virtme gives a script its own ports only where udev has made links to them, so these are looked up
# in sysfs. A port opens once; behind a pipe, /dev/stdout and /dev/stderr can be opened again.
_CONNECT = f"""\
busybox sh {MOUNT}/prepare.sh
: > {MOUNT}/started
port() {{
    found=
    for port in /sys/class/virtio-ports/*; do
        read -r name < "$port/name"
        [ "$name" = "$1" ] && found="/dev/${{port##*/}}"
    done
}}
port {STDOUT_PORT}
busybox cat /run/stdout > "$found" &
port {STDERR_PORT}
busybox cat /run/stderr > "$found" &
"""

# A machine without a kernel of its own (a container) has no /lib/modules to mount on, and its
# root is read-only here. So modprobe is told, once for the command and once for the kernel.
_PREPARE_MODULES = f"""\
ln -s . {MODULES}/usr
cat > {MODULES}/modprobe <<'END'
#!/bin/sh
exec /sbin/modprobe --dirname {MODULES} "$@"
END
chmod +x {MODULES}/modprobe
echo {MODULES}/modprobe > /proc/sys/kernel/modprobe
"""
_USE_MODULES = f"export MODPROBE_OPTIONS='--dirname {MODULES}'\n"

# After mounting the tmpfs on /tmp, which would hide a directory shared from there.
_USE_SHARE = f"""\
mkdir -p {{share}}
mount --bind {SHARE} {{share}}
"""

# What the tmpfs on /tmp would hide and the command needs.
_SHOW = f"""\
mkdir -p {{path}}
mount --bind {HOST_TMP}/{{below}} {{path}}
"""

# What the command left running would hold its output open, and so keep the guest. Processes from
# before the command stay; kernel threads and zombies have no exe.
_RUN = """\
set -- /proc/[0-9]*
here=" $* "
find_survivors() {{
    left=
    for process in /proc/[0-9]*; do
        case "$here" in *" $process "*) continue ;; esac
        [ -e "$process/exe" ] && left="$left ${{process#/proc/}}"
    done
}}
end_survivors() {{
    find_survivors
    echo $left > {mount}/survivors
    [ -n "$left" ] || return 0
    for _ in $(seq {rounds}); do
        [ -n "$left" ] || return 0
        kill -KILL $left
        sleep 0.1
        find_survivors
    done
    return 1
}}
export LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cd {directory} 2> /dev/null || cd /
(exec {command}) < /dev/null > /run/stdout 2> /run/stderr
code=$?
end_survivors 2> /dev/null && wait && ended=1
echo $code > {mount}/status
deliver() {{
    for each in {ports}; do
        port "$each"
        printf {mark} > "$found" || return
    done
    until [ -e {mount}/received ]; do busybox sleep 0.02; done
}}
[ -n "$ended" ] && deliver
"""

_ROUNDS = 100
"""How often the guest tries to end what was left running; some processes cannot be killed."""


def _hidden(*paths: Path) -> list[Path]:
    """Return those of ``paths`` that are below /tmp and not inside one another."""
    below = {path for path in paths if Path("/tmp") in path.parents}  # noqa: S108 -- not ours
    return sorted(path for path in below if below.isdisjoint(path.parents))


def _show(path: Path) -> str:
    below = path.relative_to("/tmp")  # noqa: S108 -- the host's, seen from the guest
    return _SHOW.format(path=shlex.quote(str(path)), below=shlex.quote(str(below)))


@dataclass(frozen=True)
class Job:
    """A job's directory, on the host."""

    path: Path
    mark: bytes = field(default_factory=lambda: b"\0" + secrets.token_hex(16).encode())
    """What ends each of its streams: nothing that a command would write. It begins with a byte that
    text doesn't have, so that none of it has to be held back."""

    def write(
        self, command: Sequence[str], directory: Path, *, modules: bool, share: Path | None
    ) -> None:
        """Write what the guest is to run, in ``directory`` or, if the guest has none, in /.

        ``modules``: mount the kernel's at `MODULES`; ``share`` is mounted at `SHARE`.
        """
        prepare = [_PREPARE, *(_show(path) for path in _hidden(PROJECT, directory))]
        parts = [_CONNECT]
        if modules:
            prepare.append(_PREPARE_MODULES)
            parts.append(_USE_MODULES)
        if share is not None:
            prepare.append(_USE_SHARE.format(share=shlex.quote(str(share))))
        (self.path / "prepare.sh").write_text("".join(prepare))
        run = _RUN.format(
            mount=MOUNT,
            directory=shlex.quote(str(directory)),
            command=shlex.join(command),
            rounds=_ROUNDS,
            ports=shlex.join((STDOUT_PORT, STDERR_PORT, NOTES_PORT)),
            mark=shlex.quote("\\000" + self.mark[1:].decode()),
        )
        (self.path / "run.sh").write_text("".join([*parts, run]))

    def say_received(self) -> None:
        """Tell the guest, which may have put anything there, that all is here. Raises OSError."""
        with Directory(self.path, ours=True) as directory:
            directory.touch("received")

    @property
    def started(self) -> bool:
        """Whether the guest got as far as starting the command."""
        return self._answer("started") is not None

    @property
    def exit_code(self) -> int | None:
        """The command's exit code (128 + signal if one ended it), None if it did not end."""
        text = (self._answer("status") or b"").strip()
        return int(text) if re.fullmatch(rb"[0-9]{1,3}", text) else None

    @property
    def survivors(self) -> int:
        """How many processes the command left running."""
        return len((self._answer("survivors") or b"").split())

    def _answer(self, name: str) -> bytes | None:
        """Return what the guest wrote; None: nothing, or not a regular file (root may make any)."""
        with (
            Directory(self.path, ours=True) as directory,
            suppress(FileNotFoundError, RefusedError),
        ):
            return read_bytes(directory, name, _ANSWER_BYTES)
        return None
