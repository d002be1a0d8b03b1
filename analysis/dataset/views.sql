-- Views of a dataset for DuckDB. In the dataset's directory:   duckdb -init views.sql
-- From elsewhere:   SET file_search_path = 'DATASET';   and then this file.
-- release, host and trace are the partitions; an unknown value is null, never 0. A query that names
-- a release, host or trace opens only their files.

CREATE OR REPLACE VIEW traces AS
SELECT trace, host, release, name, "where", detail, CAST(started_at AS TIMESTAMPTZ) AS started_at,
    recorded_ns, records, amount, programs, findings, judged, doubts, manifest
FROM read_parquet('release=*/host=*/trace=*/trace.parquet', hive_partitioning = true,
    union_by_name = true, hive_types = {'release': VARCHAR, 'host': VARCHAR, 'trace': VARCHAR});

CREATE OR REPLACE VIEW calls AS
SELECT * FROM read_parquet('release=*/host=*/trace=*/calls.parquet', hive_partitioning = true,
    union_by_name = true, hive_types = {'release': VARCHAR, 'host': VARCHAR, 'trace': VARCHAR});

CREATE OR REPLACE VIEW steps AS
SELECT * FROM read_parquet('release=*/host=*/trace=*/steps.parquet', hive_partitioning = true,
    union_by_name = true, hive_types = {'release': VARCHAR, 'host': VARCHAR, 'trace': VARCHAR});

CREATE OR REPLACE VIEW tasks AS
SELECT * FROM read_parquet('release=*/host=*/trace=*/tasks.parquet', hive_partitioning = true,
    union_by_name = true, hive_types = {'release': VARCHAR, 'host': VARCHAR, 'trace': VARCHAR});

CREATE OR REPLACE VIEW fds AS
SELECT * FROM read_parquet('release=*/host=*/trace=*/fds.parquet', hive_partitioning = true,
    union_by_name = true, hive_types = {'release': VARCHAR, 'host': VARCHAR, 'trace': VARCHAR});

-- What each family of system calls costs, by host and release.
CREATE OR REPLACE VIEW cost AS
SELECT release, host, family, count(*) AS calls, count(kernel_ns) AS timed,
    avg(kernel_ns) AS kernel_ns_mean, approx_quantile(kernel_ns, 0.5) AS kernel_ns_median,
    approx_quantile(kernel_ns, 0.99) AS kernel_ns_p99, sum(fd_polls) AS fd_polls
FROM calls GROUP BY ALL;

-- Findings, one row per trace and rule.
CREATE OR REPLACE VIEW found AS
SELECT trace, host, release, unnest(findings).name AS rule, unnest(findings).count AS findings
FROM traces;

-- Traces whose numbers do not cover all that happened.
CREATE OR REPLACE VIEW doubtful AS
SELECT trace, host, release, name, doubts.*
FROM traces
WHERE doubts.state <> 'complete' OR doubts.lost IS NULL
    OR doubts.lost + doubts.missed + doubts.gaps + doubts.unbalanced + doubts.disagreeing
        + doubts.untrue > 0;
