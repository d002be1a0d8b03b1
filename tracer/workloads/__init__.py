"""Programs that do real I/O by one model at a time and write down what they did.

::

    spec ── check, limits        what is asked for, and whether it can be done
      │
    __main__ ── phases ── rig    one phase: mark, run, mark; its fds, waker and tally
                  │        └── fds, waker, tally
                models           one module per model, named in models.py
                wires, clients   what TCP goes over (tracer.net); the clients of a server

Nothing here imports more than the standard library, and little of that: it runs in guests
under emulation. Between two marks the waiter makes only the calls its tally has.
"""
