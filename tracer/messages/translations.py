"""The catalogues of our texts: updated, filled in, compiled. Only for scripts.

``scripts/messages``                      finds all texts; brings every catalogue up to date
``scripts/messages --missing [PATH…]``    prints what is not translated, as lines of JSON; of PATHs
``scripts/messages --fill FILE``          takes translations from a JSON object {msgid: msgstr}
``scripts/messages --language NAME``      as these, for one language; makes its catalogue
``scripts/messages --compile``            writes what gettext reads (scripts/build does it)

For a text with two forms, the msgid is the singular; its msgstr is a list of as many forms as the
language has, or a plain text if it has one, as Chinese does. A catalogue is in the order of files
and lines, and names files without line numbers, so that it changes only where texts do.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from tracer.shared.message import DOMAIN, ENGLISH, LANGUAGES, LOCALES

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("analysis", "probes", "tracer")
METHODS: Final = (
    ("**.py", "tracer.messages.extraction:python_messages"),
    ("**.j2", "jinja2.ext:babel_extract"),
    ("hooks.toml", "tracer.messages.extraction:hook_messages"),
)
"""Pattern of files → extraction method, as in a babel.cfg."""
TRANSLATED: Final = tuple(language for language in LANGUAGES if language != ENGLISH)
_PERCENT: Final = re.compile(r"%(?:\(\w+\))?[drs]|%\(\w+\)g")
"""A value in a help text: argparse fills these."""


def extracted() -> Catalog:
    """Return all texts of the program, each with the files that have it."""
    found = Catalog(fuzzy=False)
    for package in PACKAGES:
        rows = extract_from_dir(ROOT / package, METHODS)
        for path, _line, entry, *_ in sorted(rows, key=lambda row: Path(row[0])):
            # babel takes "% o" for a value to fill in: "100 % of it" has none.
            where = [(f"{package}/{path}", 0)]
            found.add(entry, locations=where).flags.discard("python-format")
    return found


def po_path(language: str) -> Path:
    """Return where the catalogue of ``language`` is."""
    return LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    """Return the catalogue of ``language`` as it is on disk; an empty one if it is not there."""
    path = po_path(language)
    if not path.exists():
        return Catalog(locale=language, domain=DOMAIN, project="tracer", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


@contextmanager
def updated(language: str) -> Iterator[Catalog]:
    """Yield the catalogue of ``language`` with the current texts; write it at the end.

    Texts that are gone are dropped, new ones are empty: nothing is guessed from similar texts. One
    process at a time.
    """
    path = po_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path.parent):
        catalogue = read(language)
        catalogue.update(extracted(), no_fuzzy_matching=True, update_creation_date=False)
        yield catalogue
        for entry in catalogue:
            entry.flags.discard("python-format")
        catalogue.header_comment = f"# The texts of tracer in {catalogue.locale_identifier}."
        catalogue.last_translator = catalogue.language_team = "tracer"
        catalogue.msgid_bugs_address = "none"
        text = BytesIO()
        write_po(text, catalogue, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
        _replace(path, text.getvalue())


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(path: Path, content: bytes) -> None:
    """Write ``path`` in one go: a reader has the old file or the new one."""
    draft = path.with_suffix(".draft")
    draft.write_bytes(content)
    draft.replace(path)


def untranslated(catalogue: Catalog) -> list[Message]:
    """Return the messages of ``catalogue`` that have no translation, or a fuzzy one."""
    return [each for each in catalogue if each.id and (each.fuzzy or not _translation(each))]


def _translation(entry: Message) -> str:
    return _forms(entry.string)[0]


def _forms(text: str | Sequence[str] | None) -> Sequence[str]:
    """Return the plural forms of a text; one if no number decides."""
    return [text or ""] if text is None or isinstance(text, str) else text


def fields(text: str) -> set[tuple[str, str, str]]:
    """Return the values that ``text`` is filled with: name, format, conversion."""
    percent = {(each, "", "") for each in _PERCENT.findall(text)}
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        return percent
    return percent | {(name, spec or "", how or "") for _, name, spec, how in parts if name}


def wrong(entry: Message, translation: str) -> str | None:
    """Return what is wrong with ``translation`` of ``entry``, None if nothing is."""
    allowed = fields(_forms(entry.id)[-1])
    found = fields(translation)
    if not translation.strip():
        return "empty"
    return None if found == allowed else f"has {sorted(found)}; needed {sorted(allowed)}"


def fill(catalogue: Catalog, translations: Mapping[str, str | list[str]]) -> list[str]:
    """Put ``translations`` by msgid into ``catalogue``; return what is wrong with those refused."""
    problems = []
    for msgid, translation in translations.items():
        entry = catalogue.get(msgid)
        forms = _forms(translation)
        problem = _wrong_forms(catalogue, entry, forms) if entry and msgid else "no such text"
        if problem or entry is None:
            problems.append(f"{msgid!r}: {problem}")
        else:
            entry.string = tuple(forms) if entry.pluralizable else forms[0]
            entry.flags.discard("fuzzy")
    return problems


def _wrong_forms(catalogue: Catalog, entry: Message, forms: Sequence[str]) -> str | None:
    needed = catalogue.num_plurals if entry.pluralizable else 1
    if len(forms) != needed:
        return f"has {len(forms)} forms; needed {needed}"
    return next((problem for form in forms if (problem := wrong(entry, form))), None)


def compile_all(languages: Iterable[str]) -> None:
    """Write the file that gettext reads, where it is older than the catalogue."""
    for language in languages:
        po = po_path(language)
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime:
            continue
        binary = BytesIO()
        write_mo(binary, read(language))
        _replace(mo, binary.getvalue())


def _language(name: str) -> str:
    """Return ``name`` if Unicode's data has such a language: de_DE, pt_BR (else ValueError)."""
    try:
        return str(Locale.parse(name))
    except UnknownLocaleError as error:
        raise ValueError from error


def _print_missing(catalogue: Catalog, paths: Sequence[str]) -> None:
    for entry in untranslated(catalogue):
        where = [path for path, _ in entry.locations]
        if paths and not any(path.startswith(tuple(paths)) for path in where):
            continue
        names = dict(zip(("msgid", "plural"), _forms(entry.id), strict=False))
        print(json.dumps({**names, "where": where}, ensure_ascii=False))


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says for every language; 1 if a translation was refused."""
    parser = argparse.ArgumentParser(prog="scripts/messages")
    parser.add_argument("--missing", nargs="*", metavar="PATH")
    parser.add_argument("--fill", type=Path, metavar="FILE")
    parser.add_argument("--language", type=_language, metavar="NAME")
    parser.add_argument("--compile", action="store_true")
    args = parser.parse_args(arguments)
    problems: list[str] = []
    languages = (args.language,) if args.language else TRANSLATED
    if args.fill and len(languages) != 1:
        parser.error(f"--fill needs --language: {', '.join(languages)}")
    for language in () if args.compile else languages:
        with updated(language) as catalogue:
            if args.fill:
                problems += fill(catalogue, json.loads(args.fill.read_text(encoding="utf-8")))
        if args.missing is not None:
            _print_missing(catalogue, args.missing)
        left = len(untranslated(catalogue))
        print(f"{language}: {len(catalogue)} texts, {left} not translated", file=sys.stderr)
    compile_all(languages)
    for problem in problems:
        print(problem, file=sys.stderr)
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
