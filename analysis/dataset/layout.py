"""Where things are in a dataset: ``release=…/host=…/trace=ID/``, as Hive names partitions.

::

    DIR/_tracer.json                          {"schema": 1}
    DIR/views.sql                             views for DuckDB
    DIR/release=6.1.0-56-amd64/host=web-17/trace=0123456789abcdef/
        trace.parquet                         one row: the trace's part of the report of a fleet
        calls.parquet steps.parquet           tracer.shared.records, sorted by time in a row group
        tasks.parquet fds.parquet
    DIR/.draft-…/                             being written; no reader of Hive partitions sees it
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final
from urllib.parse import quote

from analysis.fleet.identity import recording_id
from analysis.trace.manifest import Manifest
from analysis.trace.strictjson import check_schema, read_object
from tracer.shared.errors import TraceError
from tracer.shared.message import message

SCHEMA: Final = 1
"""Schema of the whole dataset; raised when a column changes its meaning or is removed."""
SCHEMA_FILE: Final = "_tracer.json"
CONTENT: Final = json.dumps({"schema": SCHEMA})
"""Schema of ``_tracer.json``."""
VIEWS: Final = "views.sql"
METADATA_KEY: Final = "tracer.dataset"
"""Key in the metadata of each Parquet file: {"schema": 1}."""
TABLES: Final = ("calls", "steps", "tasks", "fds")
TRACE: Final = "trace.parquet"
DRAFT: Final = ".draft-"
NO_VALUE: Final = "__HIVE_DEFAULT_PARTITION__"
"""Represents an unknown value: Hive's own word, which readers take for null."""
_MOST_BYTES: Final = 1 << 16


def partition_of(manifest: Manifest) -> tuple[str, str, str]:
    """Return the nested directory names for the trace of ``manifest``, outermost first."""
    host = NO_VALUE if manifest.host is None else _value(manifest.host)
    identity = recording_id(manifest)
    return f"release={_value(manifest.release)}", f"host={host}", f"trace={identity}"


def _value(text: str) -> str:
    return quote(text.encode("utf-8", "backslashreplace"), safe="") or NO_VALUE


def is_dataset(path: Path) -> bool:
    """Tell whether ``path`` is the directory of a dataset."""
    return (path / SCHEMA_FILE).is_file()


def check_dataset(path: Path) -> None:
    """Raise TraceError unless the dataset ``path`` is one that this version reads."""
    place = path / SCHEMA_FILE
    try:
        found = read_object(place, _MOST_BYTES)
    except TraceError as error:
        raise TraceError(
            message(
                "{path}: cannot be read ({why}); needed {content}: write that into it if the "
                "traces below are tracer's, or rebuild the dataset from the traces",
                path=place,
                why=_why(error.__cause__),
                content=CONTENT,
            )
        ) from error
    check_schema(place, found, SCHEMA)


def _why(cause: BaseException | None) -> object:
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return cause or message("no JSON object")
