"""What a wheel has beside Python: BPF object, BCC text, catalogues, manual pages.

Made as it is built. `pip install -e` builds none of it: in a checkout `scripts/build` does.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from tracer import cli  # noqa: E402
from tracer.commands import manpages  # noqa: E402
from tracer.shared import arch  # noqa: E402


def _path() -> str:
    """Return where this Python finds what the build needs: pip has that in a place of its own."""
    return os.pathsep.join(sys.path)


class BuildPy(build_py):
    """Builds with scripts/build before packages are copied."""

    def run(self) -> None:
        """Make what is not Python, then copy all."""
        if not self.editable_mode:
            environment = os.environ | {"PYTHON": sys.executable, "PYTHONPATH": _path()}
            subprocess.run([ROOT / "scripts" / "build"], env=environment, check=True)
            self.distribution.data_files = [("share/man/man1", self._manual())]
            self.__dict__.pop("data_files", None)  # listed again, now that all is there
        super().run()

    def _manual(self) -> list[str]:
        into = Path(self.get_finalized_command("build").build_temp) / "man1"
        into.mkdir(parents=True, exist_ok=True)
        for name, page in manpages.pages(cli.command_line()).items():
            (into / name).write_text(page, encoding="utf-8")
        return sorted(map(str, into.iterdir()))


setup(
    cmdclass={"build_py": BuildPy},
    # The BPF object knows an architecture's registers and byte order; no Python has an ABI in it.
    options={"bdist_wheel": {"plat_name": f"linux_{arch.here().machine}"}},
)
