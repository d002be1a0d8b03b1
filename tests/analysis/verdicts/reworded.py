"""Decides every hand-made case with all texts reworded, and prints each whose verdict changed.

Run as a program, ``python -m tests.analysis.verdicts.reworded``: texts must be reworded before the
claims are imported, as many are made then. All become the same text, which has no letter of theirs:
whatever is found by a text is no longer found, and whatever is distinguished by one is mixed up.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tracer.shared import message
from tracer.shared.errors import TracerError

WORD = "字"


def how(text: str) -> str:
    """Return the replacement for ``text``: empty if it is empty."""
    return WORD if text else ""


def reword() -> None:
    """Replace every text that is shown, and that of every error; fields are kept."""
    made = message.Message.__new__

    def said(
        cls: type[message.Message], template: str, plural: str, values: Any
    ) -> message.Message:
        original = made(cls, template, plural, values)
        text = str.__new__(cls, how(str.__str__(original)))
        text.template, text.plural, text.values = template, plural, values
        return text

    message.Message.__new__ = said  # type: ignore[method-assign, assignment]
    error = TracerError.__init__
    TracerError.__init__ = (  # type: ignore[method-assign]
        lambda self, *args: error(self, *(how(str(each)) for each in args))
    )


def reword_evidence() -> None:
    """Reword the labels of evidence and of figures, literals among them."""
    from analysis.verdicts.engine import Evidence  # noqa: PLC0415 - texts were reworded first
    from analysis.verdicts.figures import Figure  # noqa: PLC0415

    for kind, fields in ((Evidence, ("metric", "unit")), (Figure, ("label",))):
        original = kind.__init__

        def init(
            self: Any,
            *args: Any,
            _original: Any = original,
            _fields: tuple[str, ...] = fields,
            **kwargs: Any,
        ) -> None:
            _original(self, *args, **kwargs)
            for name in _fields:
                object.__setattr__(self, name, how(str(getattr(self, name))))

        assert {*fields} <= {field.name for field in dataclasses.fields(kind)}
        kind.__init__ = init  # type: ignore[method-assign, assignment]


def changed() -> list[str]:
    """Return each case whose verdict is not the one it was made for."""
    from analysis import packs  # noqa: PLC0415 - texts were reworded first
    from analysis.verdicts.engine import decide  # noqa: PLC0415
    from tests.analysis.claims.cases import CASES  # noqa: PLC0415
    from tests.analysis.making import traces_of  # noqa: PLC0415

    found = []
    for claim in packs.OURS:
        for outcome, builds in CASES[claim.id].items():
            for number, build in enumerate(builds):
                with TemporaryDirectory() as path:
                    verdict = decide(claim, *traces_of(build(), claim, Path(path)))
                if verdict.outcome != outcome:
                    found.append(f"{claim.id} {outcome} {number}: {verdict.outcome}")
    return found


if __name__ == "__main__":
    reword()
    reword_evidence()
    assert message.message("{n} calls", n=2) == WORD
    print("\n".join(changed()))
