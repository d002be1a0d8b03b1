"""What tests of pictures share: rows from hand-made traces, a spec drawn as SVG."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import altair as alt
import jsonschema_rs
import pandas as pd
import vl_convert

from analysis.frames import Trace, read_trace
from analysis.pictures.picture import Picture, vega_lite
from tests.analysis.handmade import Maker
from tests.analysis.making import Scene, made


def trace_of(
    path: Path, *scenes: Scene, detail: str = "steps", detached: dict[str, str] | None = None
) -> Trace:
    """Return the trace of ``scenes``, written to ``path`` and read."""
    maker = made(*scenes, detail=detail, detached=detached)()
    assert isinstance(maker, Maker)
    return read_trace(maker.write(path))


def lines_of(rows: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Return, for rows of shares, how many of how many, by what is counted."""
    pairs = zip(rows["count"], rows["of"], strict=True)
    return dict(zip(rows["what"], pairs, strict=True))


def svg_of(picture: Picture, rows: Mapping[str, pd.DataFrame], kernel: str) -> str:
    """Return the picture of ``kernel`` as SVG, from valid Vega-Lite, compiled and drawn."""
    return drawn(valid_vega_lite(picture, rows), kernel)


def valid_vega_lite(picture: Picture, rows: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Return the same as ``vega_lite``, checked against Vega-Lite's schema (ValidationError)."""
    spec = vega_lite(picture, rows)
    _schema().validate(json.loads(json.dumps(spec)))
    return spec


@cache
def _schema() -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(_with_uris(alt.load_schema()))


def _with_uris(schema: Any) -> Any:
    """Return ``schema`` with each reference as a URI: Vega-Lite's contain "<" and ">"."""
    if isinstance(schema, list):
        return [_with_uris(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: quote(value, safe="#/") if key == "$ref" else _with_uris(value)
        for key, value in schema.items()
    }


def drawn(valid: Mapping[str, Any], kernel: str) -> str:
    """Return a spec from ``vega_lite`` drawn as SVG, with ``kernel`` chosen."""
    spec = json.loads(json.dumps(valid))
    assert spec["params"][0]["name"] == "kernel"
    spec["params"][0]["value"] = kernel
    spec["width"] = 300
    return vl_convert.vegalite_to_svg(spec)


def marks_of(svg: str) -> list[str]:
    """Return what a screen reader reads out for each mark of data: "fds: 41; polls: 7"."""
    symbols = re.findall(r"<[^>]*graphics-symbol[^>]*>", svg)
    labels = [re.search(r'aria-label="([^"]*)"', symbol) for symbol in symbols]
    return [label.group(1) for label in labels if label and ":" in label.group(1)]


def untitled(spec: Mapping[str, Any]) -> list[str]:
    """Return the axes of a spec that are drawn and have no title."""
    found: dict[str, bool] = {}
    for encoding in _encodings(spec):
        for axis in ("x", "y"):
            channel = encoding.get(axis, {})
            if "field" in channel:
                off = "axis" in channel and channel["axis"] is None
                found[axis] = found.get(axis, False) or off or bool(channel.get("title"))
    return [axis for axis, titled in found.items() if not titled]


def _encodings(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield spec.get("encoding", {})
    for layer in spec.get("layer", ()):
        yield from _encodings(layer)
