"""Real servers, each with its configuration and its load."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tests.ports import reserved_port
from tests.servers import loads
from tests.servers.programs import environment, program
from tests.waiting import PATIENCE_S, wait_for

NGINX = """\
user nobody nogroup;
worker_processes 4;
daemon on;
pid {where}/nginx.pid;
error_log {where}/error.log;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path {where}/body;
  proxy_temp_path {where}/proxy;
  fastcgi_temp_path {where}/fastcgi;
  uwsgi_temp_path {where}/uwsgi;
  scgi_temp_path {where}/scgi;
  server { listen 127.0.0.1:{port} reuseport; return 200 "ok"; }
}
"""
HAPROXY = """\
global
  nbthread 2
defaults
  mode http
  timeout client 9s
  timeout server 9s
  timeout connect 9s
frontend all
  bind 127.0.0.1:{port}
  http-request return status 200 content-type text/plain string ok
"""
NODE = "require('http').createServer((q, a) => a.end('ok')).listen({port}, '127.0.0.1')\n"
ECHO = str(Path(__file__).with_name("echo.py"))


class Server(NamedTuple):
    """One kind of server."""

    command: Callable[[Path, int], list[str]]
    """The command that starts it, with its files in a directory, listening on a port."""
    load: Callable[[int], None]
    config: str = ""
    """Text of the file ``config`` in the directory."""
    processes: int = 1


SERVERS = {
    "redis": Server(
        lambda where, port: [
            _named(where, "redis-server", "redis-check-rdb"), "--port", str(port),
            "--bind", "127.0.0.1", "--save", "", "--dir", str(where),
        ],
        loads.redis,
    ),
    "nginx": Server(
        lambda where, _: [
            program("nginx"), "-p", str(where), "-c", f"{where}/config", "-e", f"{where}/error.log"
        ],
        loads.http, NGINX, processes=5,
    ),
    "memcached": Server(
        lambda _, port: [
            program("memcached"), "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-t", "4",
            "-u", "nobody",
        ],
        loads.memcached,
    ),
    "haproxy": Server(
        lambda where, _: [program("haproxy"), "-db", "-f", f"{where}/config"], loads.http, HAPROXY
    ),
    "node": Server(lambda where, _: [program("node"), f"{where}/config"], loads.http, NODE),
    "asyncio": Server(
        lambda _, port: [sys.executable, ECHO, "asyncio", str(port)], loads.echo
    ),
    "select": Server(lambda _, port: [sys.executable, ECHO, "select", str(port)], loads.echo),
    "caddy": Server(  # written in Go
        lambda where, port: [
            "env", f"XDG_CONFIG_HOME={where}", f"XDG_DATA_HOME={where}", program("caddy"),
            "respond", "--listen", f"127.0.0.1:{port}", "ok",
        ],
        loads.http,
    ),
}  # fmt: skip


def _named(where: Path, name: str, other: str) -> str:
    """Return the path of ``name``, which Debian's redis-tools installs under another name."""
    link = where / name
    link.symlink_to(program(other))
    return str(link)


def configured(name: str, where: Path, port: int) -> None:
    """Write a server's configuration into its directory."""
    text = SERVERS[name].config.replace("{where}", str(where))
    (where / "config").write_text(text.replace("{port}", str(port)))


class Running:
    """A running, listening server."""

    def __init__(self, name: str, where: Path) -> None:
        """Start it, with its files in the directory ``where``, and wait until it listens."""
        self.name, self._server = name, SERVERS[name]
        where.mkdir()
        with reserved_port() as self.port:
            self._start(name, where)

    def _start(self, name: str, where: Path) -> None:
        configured(name, where, self.port)
        self._process = subprocess.Popen(
            self._server.command(where, self.port), env=environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT,
        )  # fmt: skip
        wait_for(self._listens)
        if self._server.processes > 1:  # a daemon, whose parent this was
            self._process.wait()
            wait_for((where / "nginx.pid").exists)
            self._first = int((where / "nginx.pid").read_text())
            wait_for(lambda: len(self.pids) == self._server.processes)
        else:
            self._first = self._process.pid

    @property
    def pids(self) -> list[int]:
        """The pids of its processes."""
        children = Path(f"/proc/{self._first}/task/{self._first}/children").read_text().split()
        return [self._first, *map(int, children)]

    def load(self) -> None:
        """Run its load generator to the end."""
        self._server.load(self.port)

    def stop(self) -> None:
        """End it."""
        for pid in self.pids:  # the first one first: it would replace the others
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), PATIENCE_S):
            return True
        return False
