"""What a screenshot really shows: its colours, counted."""

from __future__ import annotations

import base64
from collections import Counter

from playwright.sync_api import Browser

Colour = tuple[int, int, int]

_COUNT = """async (url) => {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const counts = {};
  const data = context.getImageData(0, 0, image.width, image.height).data;
  for (let i = 0; i < data.length; i += 4) {
    const key = (data[i] << 16) | (data[i + 1] << 8) | data[i + 2];
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}"""


def colours(browser: Browser, png: bytes) -> Counter[Colour]:
    """Return how many pixels of ``png`` have each colour."""
    page = browser.new_page()
    found = page.evaluate(_COUNT, "data:image/png;base64," + base64.b64encode(png).decode())
    page.close()
    return Counter({_colour(int(key)): count for key, count in found.items()})


def _colour(packed: int) -> Colour:
    return packed >> 16, packed >> 8 & 255, packed & 255


def luminance(colour: Colour) -> float:
    """Return the relative luminance of ``colour``, 0 to 1 (WCAG 2)."""
    parts = [each / 255 for each in colour]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)
