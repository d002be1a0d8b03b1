"""The note that goes into a guest, and the one that comes out.

A job is a directory that host and guest share. The host writes ``run.sh``; the guest
writes ``started``, and at the end the command's exit code to ``status``. Output doesn't pass
through files: it goes through two ports, byte for byte, while the command runs.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MOUNT = "/run/tracer"
"""Where the guest has the job."""

STDOUT_PORT, STDERR_PORT = "tracer.stdout", "tracer.stderr"

# virtme hands a script its own ports only where udev has made links to them, so these are looked
# up in sysfs. A port opens once; behind a pipe, /dev/stdout and /dev/stderr can be opened again.
_SCRIPT = """\
: > {mount}/started
port() {{
    for port in /sys/class/virtio-ports/*; do
        read -r name < "$port/name"
        [ "$name" = "$1" ] && echo "/dev/${{port##*/}}"
    done
}}
mkfifo /run/tracer.stdout /run/tracer.stderr
cat /run/tracer.stdout > "$(port {stdout})" &
cat /run/tracer.stderr > "$(port {stderr})" &
export LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cd {directory} 2>/dev/null || cd /
(exec {command}) < /dev/null > /run/tracer.stdout 2> /run/tracer.stderr
code=$?
wait
echo $code > {mount}/status
"""


@dataclass(frozen=True)
class Job:
    """A job's directory, on the host."""

    path: Path

    def write(self, command: Sequence[str], directory: Path) -> None:
        """Write what the guest has to run, from ``directory`` or, if it has none, from /."""
        script = _SCRIPT.format(
            mount=MOUNT,
            stdout=STDOUT_PORT,
            stderr=STDERR_PORT,
            directory=shlex.quote(str(directory)),
            command=shlex.join(command),
        )
        (self.path / "run.sh").write_text(script)

    @property
    def started(self) -> bool:
        """Whether the guest got as far as the command."""
        return (self.path / "started").exists()

    @property
    def exit_code(self) -> int | None:
        """The command's exit code (128 + signal if one ended it), None if it did not end."""
        status = self.path / "status"
        text = status.read_text().strip() if status.exists() else ""
        return int(text) if text else None
