"""The caller of sudo in tests."""

from __future__ import annotations

import os

import pytest

CALLER = 54321
"""A user that this machine does not know."""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
