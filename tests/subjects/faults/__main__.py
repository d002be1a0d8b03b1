"""Runs the named program."""

from __future__ import annotations

import sys

from tests.subjects.faults import FAULTS

FAULTS[sys.argv[1]](sys.argv[2:] == ["mended"])
