#!/usr/bin/env bash
# SQLite with its default pages of 4 KiB: a database that stays open, with a full-text index.
#
# A page in the cache is one allocation of 4,368 bytes; the cache holds 16 MB. Beside it the small
# objects of a parser and of a code generator that meets ever new statements, sorts, JSON, and
# full-text search, whose segments are blocks of a few KiB.
#
# The shipped trace: sqlite3 3.40.1 of Debian 12.
. "$(dirname "$0")/common.sh"
need sqlite3 sqlite3

{
    cat <<'SQL'
PRAGMA page_size=4096;
PRAGMA cache_size=-16000;
PRAGMA journal_mode=WAL;
CREATE TABLE note(id INTEGER PRIMARY KEY, owner INTEGER, data TEXT);
CREATE INDEX note_owner ON note(owner, id);
CREATE VIRTUAL TABLE words USING fts5(body, content='');
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<12000)
INSERT INTO note SELECT i, (i*7919)%499, json_object('title', printf('note %d', (i*31)%2111),
    'tags', json_array(i%7, (i*13)%17, (i*104729)%29), 'body', hex(randomblob(40+(i*71)%900)))
    FROM n;
INSERT INTO words(rowid, body) SELECT id, printf('w%d w%d w%d %s', id%97, (id*31)%1009,
    (id*7919)%6007, json_extract(data, '$.title')) FROM note;
SQL
    for round in $(seq 1 $((160 * times))); do
        owner=$((round * 37 % 499))
        cat <<SQL
SELECT count(*), sum(length(data)) FROM note WHERE owner BETWEEN $owner AND $((owner + 9));
SELECT note.id, json_extract(data, '\$.title') FROM note, json_each(data, '\$.tags') AS tag
    WHERE owner=$owner AND tag.value=$((round % 17)) ORDER BY 2 LIMIT 5;
SELECT count(*) FROM words WHERE words MATCH 'w$((round % 97)) OR w$((round * 7919 % 6007))';
BEGIN;
UPDATE note SET data=json_set(data, '\$.seen', $round) WHERE owner=$owner;
INSERT INTO note(owner, data) VALUES ($owner, json_object('title', 'new $round', 'tags', '[]'));
INSERT INTO words(body) VALUES ('w$round w$((round % 97)) fresh');
COMMIT;
SELECT owner, count(*), max(id) OVER (PARTITION BY owner%5) FROM note
    WHERE id%11=$((round % 11)) GROUP BY owner ORDER BY 2 DESC, 1 LIMIT 3;
SQL
    done
} >session.sql

record --max-events=1200000 -- sqlite3 -batch note.db <session.sql >/dev/null
