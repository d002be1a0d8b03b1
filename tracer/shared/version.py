"""The version of tracer: in every trace, on the command line, in the package."""

from typing import Final

VERSION: Final = "0.1.0"
