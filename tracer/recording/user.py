"""The user that the traced command runs as: ``-u USER``. Standard library only."""

from __future__ import annotations

import os
import pwd
from typing import NamedTuple

from tracer.shared.errors import UsageError
from tracer.shared.message import message


class User(NamedTuple):
    """A row of the user database."""

    name: str
    uid: int
    gid: int
    home: str
    shell: str

    def become(self) -> None:
        """Make the calling process this user's, with the user's groups, as ``sudo -u`` does.

        Raises:
            OSError: the kernel refused it.
        """
        os.initgroups(self.name, self.gid)
        os.setresgid(self.gid, self.gid, self.gid)
        os.setresuid(self.uid, self.uid, self.uid)
        os.environ.update(HOME=self.home, USER=self.name, LOGNAME=self.name, SHELL=self.shell)


def user_named(name: str) -> User:
    """Return the user of a name or number.

    Raises:
        UsageError: there is none.
    """
    try:
        found = pwd.getpwuid(int(name)) if name.isdigit() else pwd.getpwnam(name)
    except KeyError as error:
        raise UsageError(message("-u {name}: no such user", name=name)) from error
    return User(found.pw_name, found.pw_uid, found.pw_gid, found.pw_dir, found.pw_shell)
