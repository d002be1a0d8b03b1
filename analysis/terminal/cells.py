"""Wraps text in table cells like all other text: Chinese between any two characters."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from rich.console import Console, JustifyMethod, OverflowMethod
from rich.containers import Lines
from rich.text import Text

from tracer.shared.wrapping import cells, folded, wrapped


class CellText(Text):
    """A text for rich; it breaks wide characters where Chinese may be broken."""

    def wrap(
        self,
        console: Console,
        width: int,
        *,
        justify: JustifyMethod | None = None,
        overflow: OverflowMethod | None = None,
        tab_size: int = 8,
        no_wrap: bool | None = None,
    ) -> Lines:
        """Return lines of at most ``width`` cells; a longer name is continued after a mark."""
        options: dict[str, Any] = {
            "justify": justify, "overflow": overflow, "tab_size": tab_size, "no_wrap": no_wrap,
        }  # fmt: skip
        narrow = cells(self.plain) == len(self.plain)
        if narrow and all(len(word) <= width for word in self.plain.split()):
            return super().wrap(console, width, **options)
        lines = Lines()
        for part in self._parts(width):
            lines.extend(part.wrap(console, width, **options))
        return lines

    def _parts(self, width: int) -> Iterator[Text]:
        """Yield the lines, in the colour of the whole."""
        for line in self.plain.split("\n"):
            broken = wrapped(line, width).split("\n")
            for part in chain.from_iterable(folded(each, width) for each in broken):
                text = Text(part)
                for span in self.spans:
                    text.stylize(span.style)
                yield text
