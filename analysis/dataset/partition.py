"""A trace in a dataset, read as its part of the report of a fleet."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pa_parquet

from analysis.dataset.layout import METADATA_KEY, SCHEMA, TABLES, TRACE, check_dataset
from analysis.dataset.stored import APPEND_AGAIN, from_table
from analysis.dataset.tables import column_types
from analysis.fleet.fleet import Fleet
from analysis.trace.strictjson import object_of
from tracer.shared.errors import TraceError
from tracer.shared.message import message
from tracer.shared.regular import open_regular

MOST_BYTES: Final = 256 << 20
"""A larger ``trace.parquet`` is not tracer's, which has at most 4,096 values per family."""


@dataclass(frozen=True)
class Partition:
    """The directory ``trace=ID`` of a dataset."""

    path: Path

    def recording_id(self) -> str:
        """Return the id of the recording, after which its directory is named."""
        return self.path.name.partition("=")[2]

    def gathered(self) -> Fleet:
        """Return the fleet of this trace alone, as computed when it was appended.

        TraceError: a file is missing, truncated, of another schema, or lacks rows.
        """
        file, size = _opened(self.path / TRACE)
        if size > MOST_BYTES:
            raise TraceError(
                message(
                    "{path}: longer than {most:,} bytes; needed less: {remedy}",
                    path=self.path / TRACE,
                    most=MOST_BYTES,
                    remedy=APPEND_AGAIN,
                )
            )
        try:
            table = file.read()
        except (pa.ArrowException, OSError) as error:
            raise _torn(self.path / TRACE, error) from error
        finally:
            file.close(force=True)
        fleet, rows = from_table(self.path / TRACE, table)
        if fleet.rows[0].id != self.recording_id():
            raise TraceError(
                message(
                    "{path}: it holds the trace {id}, not the one it is named after: {remedy}",
                    path=self.path,
                    id=fleet.rows[0].id,
                    remedy=APPEND_AGAIN,
                )
            )
        for name in TABLES:
            _check_table(self.path / f"{name}.parquet", name, rows.get(name))
        return fleet


def partitions(dataset: Path) -> list[Partition]:
    """Return the traces of ``dataset`` by name. TraceError: it is of another schema."""
    check_dataset(dataset)
    return [Partition(path) for path in sorted(dataset.glob("release=*/host=*/trace=*"))]


def _check_table(path: Path, name: str, rows: int | None) -> None:
    """Raise TraceError unless ``path`` has so many rows, and our columns have our types.

    A missing column did not exist yet when it was written; unknown ones are ignored.
    """
    file, _ = _opened(path)
    found, schema = file.metadata.num_rows, file.schema_arrow
    file.close(force=True)
    types = column_types(name)
    for field in schema:
        if field.type != types.get(field.name, field.type):
            raise TraceError(
                message(
                    "{path}: column {column} is of type {found}; needed {needed}: {remedy}",
                    path=path,
                    column=field.name,
                    found=str(field.type),
                    needed=str(types[field.name]),
                    remedy=APPEND_AGAIN,
                )
            )
    if found != rows:
        raise TraceError(
            message(
                "{path}: {found:,} rows; needed {rows}: {remedy}",
                path=path,
                found=found,
                rows=rows,
                remedy=APPEND_AGAIN,
            )
        )


def _opened(path: Path) -> tuple[pa_parquet.ParquetFile, int]:
    """Return the Parquet file ``path``, its footer complete and of our schema, and its size."""
    if not os.path.lexists(path):
        raise TraceError(
            message(
                "{path}: found nothing; needed the file: {remedy}", path=path, remedy=APPEND_AGAIN
            )
        )
    stream = os.fdopen(open_regular(path), "rb")
    try:
        size = os.fstat(stream.fileno()).st_size
        file = pa_parquet.ParquetFile(stream)
        own = (file.schema_arrow.metadata or {}).get(METADATA_KEY.encode(), b"{}")
        _check_schema(path, object_of(path, own).get("schema"))
    except (pa.ArrowException, OSError) as error:
        stream.close()
        raise _torn(path, error) from error
    except TraceError:
        stream.close()
        raise
    return file, size


def _check_schema(path: Path, found: object) -> None:
    if found == SCHEMA:
        return
    newer = isinstance(found, int) and found > SCHEMA
    raise TraceError(
        message(
            "{path}: schema {found} of a dataset; this version reads schema {known}: {remedy}",
            path=path,
            found=repr(found)[:60],
            known=SCHEMA,
            remedy=message("read it with a newer tracer") if newer else APPEND_AGAIN,
        )
    )


def _torn(path: Path, error: Exception) -> TraceError:
    why = str(error).split("\n")[0]
    return TraceError(
        message(
            "{path}: not a complete Parquet file ({why}): {remedy}",
            path=path,
            why=why,
            remedy=APPEND_AGAIN,
        )
    )
