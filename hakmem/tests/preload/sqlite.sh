#!/usr/bin/env bash
# SQLite with 32 KiB pages: each cached page is a request just above 32 KiB.
. "$(dirname "$0")/../support/preload.sh"
need sqlite3
cat >script.sql <<'SQL'
PRAGMA page_size=32768;
PRAGMA cache_size=500;
CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, body BLOB);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
INSERT INTO t SELECT i, 'name-' || (i * 7919 % 60000), zeroblob(i % 700) FROM n;
CREATE INDEX by_name ON t(name);
SELECT count(*), sum(length(body)) FROM t;
SELECT name, count(*) FROM t GROUP BY substr(name, 6, 2) ORDER BY 2 DESC, 1 LIMIT 20;
UPDATE t SET body = zeroblob(length(body) * 2) WHERE id % 3 = 0;
DELETE FROM t WHERE id % 5 = 0;
SELECT a.id, b.name FROM t a JOIN t b ON b.name = 'name-' || a.id ORDER BY a.id LIMIT 50;
PRAGMA integrity_check;
VACUUM;
SELECT group_concat(name) FROM (SELECT name FROM t ORDER BY name LIMIT 5000);
SQL
same_output sqlite3 :memory: ".read script.sql"
sqlite3 want.db ".read script.sql" >/dev/null
under_hakmem sqlite3 got.db ".read script.sql" >/dev/null
assert_served
same_output sqlite3 got.db ".dump"
sqlite3 want.db ".dump" | cmp - got.out || fail "the database written under hakmem is another one"
