"""Programs that do real I/O by one model at a time and write down what they did.

::

    registry ── demands a row per workload: its class, fields, defaults, demands
       │
    spec, limits what is requested, and whether it can be done
       │
    __main__ ── phases       one phase: mark, run, mark
                  ├── models    what every workload does; one module for each
                  └── rig       the phase's fds, waker, tally, link
                        └── fds, waker, tally, wires

Nothing here imports more than the standard library, and little of that: it runs in guests under
emulation. Between two marks the waiter makes only the calls in its tally.
"""
