#!/usr/bin/env bash
# The sqlite3 shell with 32 KiB pages: sessions that open a database, join, change and close it.
. "$(dirname "${BASH_SOURCE[0]}")/common/stages.sh"
need sqlite3 sqlite3

sessions() {
    cat <<'SQL'
.open page.db
PRAGMA page_size=32768;
PRAGMA synchronous=OFF;
CREATE TABLE page(id INTEGER PRIMARY KEY, owner INTEGER, title TEXT, body BLOB);
CREATE INDEX page_owner ON page(owner, title);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<4000)
INSERT INTO page SELECT i, (i*7919)%997, printf('page %d of %d', i, (i*31)%211),
    zeroblob(200 + (i*104729)%20000) FROM n;
SQL
    local session owner
    for session in $(seq "$(share 800)"); do
        owner=$((session * 37 % 997))
        cat <<SQL
.open page.db
PRAGMA cache_size=400;
SELECT count(*), sum(length(body)) FROM page WHERE owner BETWEEN $owner AND $((owner + 60));
UPDATE page SET body=zeroblob(100+(id*$session)%24000) WHERE owner=$owner;
SELECT title, count(*) FROM page GROUP BY title ORDER BY 2 DESC, 1 LIMIT 3;
CREATE TEMP TABLE hot AS SELECT id, body FROM page WHERE owner BETWEEN $owner AND $((owner + 30));
SELECT count(*), max(length(body)) FROM hot;
SQL
    done
}
prepare() { sessions >session.sql; }
tool() { serve sqlite3 -batch page.db ".read session.sql"; }
figures() {
    echo "ops $(share 800)"
    echo "check $(cksum <tool.out)"
}
stage "$@"
