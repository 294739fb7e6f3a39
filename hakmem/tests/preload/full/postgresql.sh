#!/usr/bin/env bash
# PostgreSQL: initdb, a server, pgbench with four clients, queries that sort, hash and aggregate in
# parallel workers, dump and restore; results as with libc's malloc.
# Debian packages: postgresql util-linux
. "$(dirname "$0")/../../support/preload.sh"
for folder in /usr/lib/postgresql/*/bin; do
    PATH=$folder:$PATH
done
need initdb postgres pgbench psql pg_dump setpriv
# it refuses to run as root; and who it then is may not see where the library lies
as_user=()
cp "$lib" "$work/libhakmem.so"
lib=$work/libhakmem.so
if [ "$(id -u)" -eq 0 ]; then
    as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    chown 65534:65534 "$work"
    chmod 755 "$work"
fi
export PGHOST=$work PGUSER=tester PGDATABASE=postgres PGTZ=UTC
cat >queries.sql <<'SQL'
SET max_parallel_workers_per_gather = 2;
SET min_parallel_table_scan_size = 0;
CREATE TABLE t AS SELECT i AS id, md5(i::text) AS name, repeat(chr(65 + i % 26), i % 900) AS body
    FROM generate_series(1, 30000) AS i;
CREATE INDEX ON t(name);
CREATE TABLE blobs AS SELECT i AS id, repeat(md5(i::text), 1100) AS body
    FROM generate_series(1, 500) i;
ANALYZE;
SELECT count(*), sum(length(body)), md5(string_agg(name, ',' ORDER BY name)) FROM t;
SELECT substr(name, 1, 2) AS p, count(*), max(body) IS NOT NULL FROM t
    GROUP BY p ORDER BY p LIMIT 40;
SELECT count(*) FROM t a JOIN t b ON substr(a.name, 1, 3) = substr(b.name, 1, 3);
SELECT id, md5(body), length(body) FROM blobs ORDER BY body LIMIT 20;
SELECT count(*) FROM t WHERE body ~ 'A{100,200}$';
SELECT jsonb_agg(jsonb_build_object('id', id, 'name', name) ORDER BY id) ->> 17
    FROM t WHERE id < 5000;
WITH RECURSIVE f(n, a, b) AS (SELECT 1, 0::numeric, 1::numeric
    UNION ALL SELECT n + 1, b, a + b FROM f WHERE n < 2000) SELECT md5(max(b)::text) FROM f;
CREATE FUNCTION work(n int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE s text := '';
BEGIN FOR i IN 1..n LOOP s := s || md5(i::text); END LOOP; RETURN md5(s); END $$;
SELECT work(2000);
SQL
# cluster COMMAND ...: makes one, COMMAND before initdb
cluster() {
    "$@" "${as_user[@]}" initdb -D "$work/data" -U tester -N --no-locale -E UTF8 >initdb.log 2>&1 ||
        fail "initdb: $(tail -n 3 initdb.log)"
}
# the newest releases write a random key into it
dump() { pg_dump --inserts -t t -t blobs "$@" | sed '/^\\\(un\)\?restrict/d'; }
# work_on OUT: what a client, on libc, does with the server
work_on() {
    psql -X -q -v ON_ERROR_STOP=1 -f queries.sql >"$1.queries" 2>&1 ||
        fail "$(tail -3 "$1.queries")"
    pgbench -q -i -s 2 >pgbench.log 2>&1 || fail "pgbench -i: $(tail -n 3 pgbench.log)"
    pgbench -c 4 -j 2 -t 400 --random-seed=7 >pgbench.log 2>&1 ||
        fail "pgbench: $(tail -n 3 pgbench.log)"
    grep -q 'actually processed: 1600/1600' pgbench.log || fail "$(cat pgbench.log)"
    dump >"$1.dump"
    psql -X -q -A -t -c 'SELECT sum(abalance) = (SELECT sum(delta) FROM pgbench_history),
        count(*) FROM pgbench_accounts' >>"$1.queries"
    createdb copy
    psql -X -q -v ON_ERROR_STOP=1 -d copy <"$1.dump" >/dev/null
    dump -d copy >"$1.copy"
}
server_options=(-D "$work/data" -k "$work" -c listen_addresses= -c fsync=off -c max_connections=20
    -c shared_buffers=32MB -c work_mem=4MB)
cluster env
("${as_user[@]}" postgres "${server_options[@]}" >server.log 2>&1) &
server=$!
wait_for psql -X -c 'SELECT 1'
work_on want
kill -INT "$(head -n 1 data/postmaster.pid)"
wait "$server" || fail "the server on libc ended with $?"
rm -rf data
cluster under_hakmem
assert_served
start_server "${as_user[@]}" postgres "${server_options[@]}"
wait_for psql -X -c 'SELECT 1'
work_on got
kill -INT "$server"
server_ended
for part in queries dump copy; do
    cmp want.$part got.$part || fail "other $part: $(diff want.$part got.$part | head -n 5)"
done
cmp <(sort got.dump) <(sort got.copy) || fail "the restored tables are others"
