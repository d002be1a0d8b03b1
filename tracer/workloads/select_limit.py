"""Where does glibc's select end? Python asks glibc's macro before it asks the kernel."""

from __future__ import annotations

import fcntl
import os
import select
from contextlib import suppress
from typing import Any, Final

from tracer.workloads.limits import FD_SETSIZE
from tracer.workloads.models import Model

_TRIED_UP_TO: Final = 1 << 16


class SelectLimit(Model):
    """Selects of one fd number each, halving the range: the first that Python refuses.

    None of the numbers is an open fd. For those within the process's fd table the kernel returns
    EBADF; beyond the table it polls none and returns 0 (Python then lists the fd all the same,
    since its bit was not cleared). Either answer is the kernel's, so glibc let the fd through.
    """

    def prepare(self) -> None:
        """Start no waker, but enlarge the fd table for what glibc lets through, if it may grow.

        A table grows when an fd is opened beyond it, and never shrinks (6.1: fs/file.c
        expand_files()).
        """
        with suppress(OSError):  # RLIMIT_NOFILE: then the kernel returns 0
            os.close(fcntl.fcntl(self.rig.channels[0].watched, fcntl.F_DUPFD, FD_SETSIZE - 1))

    def run(self) -> None:
        """Find the first fd that is refused before any system call."""
        taken, refused = 0, _TRIED_UP_TO
        while refused - taken > 1:
            middle = (taken + refused) // 2
            if self._takes(middle):
                taken = middle
            else:
                refused = middle
        self.first_refused = refused if refused < _TRIED_UP_TO else None

    def _takes(self, fd: int) -> bool:
        try:
            select.select((fd,), (), (), 0)
        except ValueError as error:
            self.words = str(error)
            return False
        except OSError as error:
            self.tally.add("select", -(error.errno or 0))
            return True
        self.tally.add("select", 0)
        return True

    def results(self) -> dict[str, Any]:
        """Return the first refused fd (None: none up to ``tried_up_to``) and the error's words."""
        return {
            "first_refused": self.first_refused,
            "tried_up_to": _TRIED_UP_TO,
            "words": getattr(self, "words", None),
        }
