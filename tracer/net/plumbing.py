"""Makes the link, through pyroute2: a veth pair, addresses, netem. Runs in the helper."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from tracer.net import namespace
from tracer.net.addresses import CLIENT, PREFIX_BITS, SERVER

_NAMES: Final = ("server", "client")
_ADDRESSES: Final = (SERVER, CLIENT)
_MACS: Final = ("02:00:00:00:00:01", "02:00:00:00:00:02")
"""Fixed, with permanent neighbours: no ARP comes between two requests."""

_NO_IPV6: Final = Path("/proc/sys/net/ipv6/conf/all/disable_ipv6")
_QUEUE_PACKETS: Final = 20_000
_US_PER_MS: Final = 1000


class End(NamedTuple):
    """One end of the link: its namespace, pyroute2's socket into it, its interface's number."""

    namespace: int
    routes: Any
    interface: int


@contextmanager
def joined(library: Any) -> Iterator[tuple[End, End]]:
    """Make two namespaces, server then client, with a veth pair between them, and bring it up.

    ``library`` is pyroute2's module with IPRoute. Raises OSError or its NetlinkError. Afterwards
    nothing in this process holds the namespaces any more.
    """
    with ExitStack() as stack:
        spaces = [_held(stack) for _ in _NAMES]
        routes = [_routes(stack, library, each) for each in spaces]
        peer = {"ifname": _NAMES[1], "address": _MACS[1], "net_ns_fd": spaces[1]}
        routes[0].link("add", ifname=_NAMES[0], kind="veth", address=_MACS[0], peer=peer)
        server, client = (_up(spaces[place], routes[place], place) for place in (0, 1))
        yield server, client


def _held(stack: ExitStack) -> int:
    fd = namespace.make()
    stack.callback(os.close, fd)
    return fd


def _routes(stack: ExitStack, library: Any, space: int) -> Any:
    """Return an IPRoute of the namespace.

    Made inside of it: given the namespace, IPRoute would fork a child to make its socket there,
    with a time limit that a guest under emulation may exceed.
    """
    with namespace.inside(space):
        if _NO_IPV6.exists():
            _NO_IPV6.write_text("1")  # this namespace's own; IPv6 would send packets unasked
        return stack.enter_context(library.IPRoute())


def _up(space: int, routes: Any, place: int) -> End:
    (index,) = routes.link_lookup(ifname=_NAMES[place])
    other = 1 - place
    routes.addr("add", index=index, address=_ADDRESSES[place], prefixlen=PREFIX_BITS)
    routes.link("set", index=index, state="up")
    routes.neigh(
        "add", dst=_ADDRESSES[other], lladdr=_MACS[other], ifindex=index, state="permanent"
    )
    return End(space, routes, index)


def shape(end: End, delay_ms: int, jitter_ms: int, loss_percent: int) -> None:
    """Delay and drop packets that leave ``end``, by netem.

    Raises pyroute2's NetlinkError: ENOENT where the kernel has no netem.
    """
    end.routes.tc(
        "add", "netem", end.interface, handle="1:", limit=_QUEUE_PACKETS,
        delay=delay_ms * _US_PER_MS, jitter=jitter_ms * _US_PER_MS, loss=loss_percent,
    )  # fmt: skip


def queueing(end: End) -> str:
    """Return the queueing discipline of ``end``, as the kernel names it: "noqueue", "netem"."""
    for each in end.routes.get_qdiscs(index=end.interface):
        return str(each.get_attr("TCA_KIND"))
    return "nothing"
