"""``docs/glossary.md``: the glossary in every language, as a page of Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.glossary.terms import KERNEL, TOOL, Term
from tracer.shared.message import ENGLISH, LANGUAGES, localized, use

_HEAD = """\
# Glossary

The words of reports, pages and code, each with the kernel symbol it stands for (names of 6.1; other
releases may differ). `tracer glossary WORD` prints the same. Written by `scripts/glossary` from
`analysis/glossary/terms.py`.
"""


def glossary_page() -> str:
    """Return the page; in each row the languages are one below the other."""
    return "\n".join(
        [
            _HEAD,
            "## What the kernel does",
            "",
            *_table(KERNEL),
            "",
            "## What tracer calls its own things",
            "",
            *_table(TOOL),
            "",
        ]
    )


def _table(terms: tuple[Term, ...]) -> Iterator[str]:
    yield "| word | meaning | kernel symbol |"
    yield "|---|---|---|"
    for term in terms:
        words, meanings = _in_all(term.word), _in_all(term.meaning)
        symbols = f"`{term.symbol}`" if term.symbol else ""
        word = "<br>".join([f"**{words[0]}**", *words[1:]])
        yield f"| {word} | {'<br>'.join(meanings)} | {symbols} |"


def _in_all(text: str) -> list[str]:
    texts = []
    for language in LANGUAGES:
        use(language)
        texts.append(localized(text))
    use(ENGLISH)
    return texts


if __name__ == "__main__":
    print(glossary_page(), end="")
