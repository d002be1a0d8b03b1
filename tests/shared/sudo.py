"""Who calls sudo in the tests."""

from __future__ import annotations

import os

import pytest

CALLER = 54321
"""A user that this machine knows nothing of."""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
