#!/usr/bin/env bash
# A PostgreSQL backend at work: joins, sorts, hashes, aggregates, JSON and PL/pgSQL.
#
# One backend on a database of its own (postgres --single). Its memory contexts take blocks of 1 KiB
# to 8 MiB from malloc, doubling as they grow, give all but the first back after each statement, and
# pass requests above 8 KiB on as they are. work_mem is 4 MB.
#
# The shipped trace: postgresql-15 15.18 of Debian 12.
. "$(dirname "$0")/common.sh"
binaries=/usr/lib/postgresql/15/bin
need $binaries/postgres postgresql-15

# The server refuses to run as root.
if [ "$(id -u)" -eq 0 ]; then
    chmod 755 "$work"
    mkdir out
    chown nobody out
    setpriv --reuid=nobody --regid=nogroup --clear-groups \
        "$root/workloads/record/postgres.sh" "--times=$times" "$work/out"
    cat out/postgres.hakt.zst >"$trace"
    exit
fi

$binaries/initdb -D db --no-sync --encoding=UTF8 --no-locale >/dev/null
{
    cat <<'SQL'
CREATE TABLE account(id int PRIMARY KEY, branch int, name text, data jsonb);

INSERT INTO account SELECT i, i % 97, 'account ' || md5(i::text), jsonb_build_object('n', i,
    'tags', jsonb_build_array(i % 7, i % 11), 'text', repeat(md5(i::text), 1 + i % 20))
    FROM generate_series(1, 12000) AS i;

CREATE TABLE entry(id serial, account int, amount numeric, noted timestamp);

INSERT INTO entry(account, amount, noted) SELECT 1 + (i * 7919) % 12000, (i % 1999) / 7.0,
    timestamp '2024-01-01' + i * interval '1 minute' FROM generate_series(1, 60000) AS i;

CREATE INDEX entry_account ON entry(account);

ANALYZE;

CREATE FUNCTION walk(n int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE t text := ''; r record;
BEGIN
    FOR r IN SELECT a.name, sum(e.amount) AS s FROM account a JOIN entry e ON e.account = a.id
        WHERE a.branch = n % 97 GROUP BY a.name ORDER BY 2 DESC LIMIT 40
    LOOP
        t := t || r.name || ':' || r.s || ';';
    END LOOP;
    RETURN t;
END $$;

SQL
    for round in $(seq 1 $((60 * times))); do
        cat <<SQL
SELECT length(walk($round));

SELECT branch, count(*), sum(e.amount), string_agg(a.name, ',' ORDER BY a.id)
    FROM account a JOIN entry e ON e.account = a.id
    WHERE a.branch BETWEEN $((round % 97)) AND $((round % 97 + 4)) GROUP BY branch ORDER BY 3;

SELECT jsonb_agg(data) FROM account WHERE id % 101 = $((round % 101));

SELECT account, rank() OVER (PARTITION BY account % 10 ORDER BY sum(amount) DESC) FROM entry
    WHERE id % 5 = $((round % 5)) GROUP BY account LIMIT 50;

SELECT (jsonb_each_text(data)).key, count(*) FROM account
    WHERE branch = $((round % 97)) GROUP BY 1;

UPDATE account SET data = data || '{"seen": $round}' WHERE branch = $((round * 31 % 97));

SELECT string_agg(repeat(name, 3), E'\n') FROM account WHERE id < $((round * 100));

SELECT regexp_replace(repeat(name, 50), '[0-9]+', 'n', 'g') FROM account
    WHERE id BETWEEN $round AND $((round + 20));

SQL
    done
} >work.sql
record --max-events=1000000 -- $binaries/postgres --single -j -D db -c work_mem=4MB \
    -c shared_buffers=32MB -c fsync=off -c autovacuum=off postgres <work.sql >/dev/null 2>log
