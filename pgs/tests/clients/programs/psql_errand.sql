\pset tuples_only
\pset format unaligned
SELECT 'user ' || current_user;
SELECT 'application ' || current_setting('application_name');
PREPARE errand(int, text) AS SELECT 'prepared ' || $1 + 1 || ' ' || $2;
EXECUTE errand(41, 'één');
SELECT i, repeat('x', 1000) FROM generate_series(1, 10000) i \g /dev/null
\echo rows :ROW_COUNT
CREATE TEMP TABLE t (i int) \g /dev/null
\copy t FROM PROGRAM 'seq 0 49999'
SELECT 'copied ' || sum(i) FROM t;
SET statement_timeout = 50;
SELECT pg_sleep(600);
\echo timeout :SQLSTATE
SELECT nosuch;
\echo error :SQLSTATE
