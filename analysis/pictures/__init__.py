"""Which picture shows which claim."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from analysis.pictures.looks import MUX_LOOKS
from analysis.pictures.picture import Picture

PICTURES: Final[Mapping[str, Picture]] = {
    "mux-linear-scan": MUX_LOOKS,
}
"""By id of the claim. A claim without one is shown by the numbers of its evidence."""
