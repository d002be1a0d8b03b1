"""Traces as a Hive-partitioned Parquet dataset: appended whole or not at all, read as traces."""
