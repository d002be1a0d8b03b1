"""Claims: signal-driven I/O, AIO and io_uring."""
