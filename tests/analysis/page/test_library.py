"""The script that every page runs comes from the installed package and from nowhere else."""

from __future__ import annotations

from importlib.metadata import version

from analysis.page import library


def test_a_planted_script_is_not_used_and_none_is_kept(tmp_path, monkeypatch):
    cache = tmp_path / "tracer"
    cache.mkdir()
    planted = cache / f"charts-{version('vl-convert-python')}.js"
    planted.write_text("planted")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(library.vl_convert, "javascript_bundle", lambda snippet: f"made {snippet}")
    script = library.chart_library.__wrapped__()
    assert "made window.vegaEmbed = vegaEmbed;" in script
    assert "planted" not in script
    assert list(cache.iterdir()) == [planted]
