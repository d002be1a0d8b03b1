"""Two network namespaces joined by a veth pair, for workloads that talk over a link.

::

    workload ── link ══ socket ══ helper ── plumbing ── pyroute2
                 └── namespace      └── library: where pyroute2 is

``link`` and ``namespace`` are the standard library only. pyroute2 is imported by a process of
its own, the helper, once for all links of a workload: the import takes a guest ten seconds.

The namespaces have no names. Only fds hold them: those of the workload, its sockets and its helper,
which ends when its socket closes. So the namespaces, with their interfaces and addresses, disappear
with the processes, however they end, and nothing outside is touched.
"""
