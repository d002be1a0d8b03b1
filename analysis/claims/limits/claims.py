"""The claims on how many fds there can be."""

from __future__ import annotations

from typing import Final

from analysis.claims import lectures, notes
from analysis.claims.limits import fds, fds_picture, file_max, file_max_picture
from analysis.claims.limits.experiment import LIMITS
from analysis.claims.limits.file_max_experiment import FILE_MAX
from analysis.verdicts.engine import Answers, Claim

SELECT_FD_LIMIT: Final = Claim(
    id="select-fd-limit",
    lecture=lectures.COST,
    section=notes.DEFECT_3,
    statement="select cannot watch an fd from 1,024 on (some systems: 2,048).",
    otherwise="Supported if the kernel served no fd from 1,024 on; refuted if the library did not "
    "refuse them either.",
    answers=Answers(
        supported="The kernel's select returns no fd from 2,048 on.",
        corrected="The limit is in the C library's fd_set; the kernel's select takes fds far "
        "beyond it.",
        refuted="Neither the C library nor the kernel limits select to 1,024 or 2,048 fds.",
    ),
    functions=("core_sys_select",),
    experiment=LIMITS,
    needs=("fd_polls:select", "passes:select", "truth"),
    judge=fds.select_fd_limit,
    picture=fds_picture.SELECT_LIMIT,
)
EPOLL_NO_LIMIT: Final = Claim(
    id="epoll-no-limit",
    lecture=lectures.COST,
    section=notes.DEFECT_3,
    statement="epoll watches as many fds as can be open; nothing else limits it.",
    otherwise="Supported if max_user_watches refused nothing; refuted if fewer fds could be "
    "watched than open.",
    answers=Answers(
        supported="epoll watches every fd that can be open; fs.epoll.max_user_watches refuses "
        "none.",
        corrected="epoll watches every fd that can be open, until the user has "
        "fs.epoll.max_user_watches of them: then ADD fails with ENOSPC.",
        refuted="epoll cannot watch every fd that can be open.",
    ),
    functions=("ep_insert",),
    experiment=LIMITS,
    needs=("truth",),
    judge=fds.epoll_no_limit,
    picture=fds_picture.EPOLL_LIMIT,
)
FILE_MAX_PER_GIB: Final = Claim(
    id="file-max-per-gib",
    lecture=lectures.COST,
    section=notes.DEFECT_3,
    statement="The number of files that can be open is about 100,000 for each GiB of memory.",
    otherwise="Corrected if the files per GiB were the same for all sizes but not within a tenth "
    "of 100,000; refuted if they differed by more than a tenth.",
    answers=Answers(
        supported="At boot the kernel sets fs.file-max to about 100,000 files for each GiB of "
        "memory.",
        corrected="fs.file-max grows in proportion to memory, but is not about 100,000 files for "
        "each GiB.",
        refuted="fs.file-max does not grow in proportion to memory.",
    ),
    functions=("files_maxfiles_init",),
    experiment=FILE_MAX,
    needs=("truth",),
    judge=file_max.file_max_per_gib,
    picture=file_max_picture.FILE_MAX,
)
