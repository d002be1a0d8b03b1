from __future__ import annotations

import gettext
import json
from pathlib import Path

import pytest
from babel.messages import Catalog

from tracer.messages import translations
from tracer.messages.translations import fields, fill, main, po_path, untranslated, updated


def catalogue() -> Catalog:
    texts = Catalog(locale="zh_CN")
    texts.add("100 % of {fds:,} fds", locations=[("a.py", 0)])
    texts.add(("{count} call", "{count} calls"), locations=[("a.py", 0)])
    texts.add("none", locations=[("b.py", 0)])
    return texts


@pytest.fixture(autouse=True)
def _sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translations, "LOCALES", tmp_path)
    monkeypatch.setattr(translations, "extracted", catalogue)
    monkeypatch.setattr(translations, "TRANSLATED", ("zh_CN",))


def test_fields() -> None:
    assert fields("{a} of {b:,} {c!r}, {{}}") == {("a", "", ""), ("b", ",", ""), ("c", "", "r")}
    assert fields("100 % of it (%(default)s), %s") == {("%(default)s", "", ""), ("%s", "", "")}
    assert fields("a } alone") == set()


def test_fill_refuses_what_does_not_fit() -> None:
    texts = catalogue()
    problems = fill(
        texts,
        {
            "100 % of {fds:,} fds": "{fds} 个 fd",
            "{count} call": "{count} 次调用",
            "none": " ",
            "gone": "x",
        },
    )
    assert [problem.partition(":")[0] for problem in problems] == [
        "'100 % of {fds", "'none'", "'gone'",
    ]  # fmt: skip
    assert [message.id for message in untranslated(texts)] == ["100 % of {fds:,} fds", "none"]


def test_a_catalogue_follows_the_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    with updated("zh_CN") as texts:
        assert fill(texts, {"none": "无", "{count} call": "{count} 次调用"}) == []
    before = po_path("zh_CN").read_bytes()
    with updated("zh_CN"):
        pass
    assert po_path("zh_CN").read_bytes() == before
    changed = Catalog()
    changed.add("nones", locations=[("b.py", 0)])
    monkeypatch.setattr(translations, "extracted", lambda: changed)
    with updated("zh_CN") as texts:
        assert [message.id for message in untranslated(texts)] == ["nones"]
    assert b"\xe6\x97\xa0" not in po_path("zh_CN").read_bytes()


def test_the_tool(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--missing", "b.py"]) == 0
    assert json.loads(capsys.readouterr().out) == {"msgid": "none", "where": ["b.py"]}
    given = tmp_path / "given.json"
    given.write_text(json.dumps({"none": "无", "{count} call": "{count} 次调用"}))
    assert main(["--fill", str(given)]) == 0
    spoken = gettext.translation("tracer", tmp_path, ["zh_CN"])
    assert spoken.gettext("none") == "无"
    assert spoken.ngettext("{count} call", "{count} calls", 5) == "{count} 次调用"
    assert spoken.gettext("100 % of {fds:,} fds") == "100 % of {fds:,} fds"
    given.write_text(json.dumps({"none": "{x}"}))
    assert main(["--fill", str(given)]) == 1


def test_forms_of_a_language_that_has_two(tmp_path: Path) -> None:
    """Naming it makes its catalogue; a text with a number has each of its forms."""
    given = tmp_path / "given.json"
    two = ["{count} Aufruf", "{count} Aufrufe"]
    given.write_text(json.dumps({"none": "keiner", "{count} call": two}))
    assert main(["--language", "de_DE", "--fill", str(given)]) == 0
    assert not po_path("zh_CN").exists()
    spoken = gettext.translation("tracer", tmp_path, ["de_DE"])
    assert [spoken.ngettext("{count} call", "{count} calls", n) for n in (1, 5)] == two
    given.write_text(json.dumps({"{count} call": "{count} Aufruf"}))
    assert main(["--language", "de_DE", "--fill", str(given)]) == 1


def test_filling_asks_which_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(translations, "TRANSLATED", ("de_DE", "zh_CN"))
    with pytest.raises(SystemExit):
        main(["--fill", str(tmp_path / "given.json")])
    assert "--fill needs --language: de_DE, zh_CN" in capsys.readouterr().err


def test_an_unknown_language(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--language", "xx_YY"])
    assert "xx_YY" in capsys.readouterr().err
