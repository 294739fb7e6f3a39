#!/usr/bin/env bash
# SQLite with 32 KiB pages: sessions that open a database, read and change rows, and close it.
#
# A page in SQLite's cache is one allocation of page + 272 bytes: 33,040. Each session has a cache
# of 400 pages, so its blocks live as long as it does; temporary tables and the VACUUM at times have
# caches of their own. Rows hold blobs up to 24,000 bytes.
#
# The shipped trace: sqlite3 3.40 of Debian 12.
. "$(dirname "$0")/common.sh"
need sqlite3 sqlite3

{
    cat <<'SQL'
.open page.db
PRAGMA page_size=32768;
PRAGMA journal_mode=WAL;
CREATE TABLE page(id INTEGER PRIMARY KEY, owner INTEGER, title TEXT, body BLOB);
CREATE INDEX page_owner ON page(owner, title);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<3000)
INSERT INTO page SELECT i, (i*7919)%997, printf('page %d of %d', i, (i*31)%211),
    randomblob(200 + (i*104729)%20000) FROM n;
SQL
    for session in $(seq 1 $((120 * times))); do
        owner=$((session * 37 % 997))
        cat <<SQL
.open page.db
PRAGMA cache_size=400;
SELECT count(*), sum(length(body)) FROM page WHERE owner BETWEEN $owner AND $((owner + 60));
UPDATE page SET body=randomblob(100+(id*$session)%24000) WHERE owner=$owner;
SELECT title, count(*) FROM page GROUP BY title ORDER BY 2 DESC, 1 LIMIT 3;
SELECT max(length(a.body || b.body)) FROM page a JOIN page b ON b.id=a.id+1
    WHERE a.id%101=$((session % 101));
CREATE TEMP TABLE hot AS SELECT id, body FROM page WHERE owner BETWEEN $owner AND $((owner + 30));
SELECT count(*), max(length(body)) FROM hot;
SQL
        if ((session % 40 == 0)); then
            echo "DELETE FROM page WHERE id%50=$((session / 40)); VACUUM;"
        fi
    done
} >session.sql

# Recording stops inside a session, so that the trace ends with its pages alive.
record --max-events=380000 -- sqlite3 -batch page.db <session.sql >/dev/null
