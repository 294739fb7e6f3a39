#!/usr/bin/env bash
# PostgreSQL under pgbench: four clients, a join with sort and text, a JSON aggregate, and updates.
#
# The server refuses to run as root, and then runs as nobody. Its shared buffers are not anonymous
# memory and do not count; the memory of a fork is counted once per process.
. "$(dirname "${BASH_SOURCE[0]}")/common/stages.sh"
binaries=/usr/lib/postgresql/15/bin
need $binaries/postgres postgresql-15
need $binaries/pgbench postgresql-15

as_server=()
if [ "$(id -u)" -eq 0 ]; then
    as_server=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
fi
client() { PGHOST=$PWD/data PGUSER=postgres PGDATABASE=postgres "$@"; }

prepare() {
    mkdir data
    [ ${#as_server[@]} -eq 0 ] || chown nobody data
    "${as_server[@]}" $binaries/initdb -D data --no-sync --username=postgres --auth=trust \
        --encoding=UTF8 --no-locale
    cat >work.sql <<'SQL'
\set b random(0, 96)
\set i random(1, 12000)
SELECT a.name, sum(e.amount), string_agg(e.noted::text, ',' ORDER BY e.id)
    FROM account a JOIN entry e ON e.account = a.id WHERE a.branch = :b
    GROUP BY a.name ORDER BY 2 DESC LIMIT 40;
SELECT length(jsonb_agg(data)::text) FROM account WHERE branch = :b;
UPDATE account SET data = data || '{"seen": 1}' WHERE id = :i;
SQL
}
server() {
    serve "${as_server[@]}" $binaries/postgres -D data -k "$PWD/data" -c listen_addresses= \
        -c shared_buffers=64MB -c work_mem=4MB -c fsync=off -c autovacuum=off
}
ready() { client $binaries/pg_isready; }
fill() {
    client $binaries/psql -q -v ON_ERROR_STOP=1 <<'SQL'
CREATE TABLE account(id int PRIMARY KEY, branch int, name text, data jsonb);
INSERT INTO account SELECT i, i % 97, 'account ' || md5(i::text),
    jsonb_build_object('n', i, 'text', repeat(md5(i::text), 1 + i % 20))
    FROM generate_series(1, 12000) AS i;
CREATE TABLE entry(id serial, account int, amount numeric, noted timestamp);
INSERT INTO entry(account, amount, noted) SELECT 1 + (i * 7919) % 12000, (i % 1999) / 7.0,
    timestamp '2024-01-01' + i * interval '1 minute' FROM generate_series(1, 60000) AS i;
CREATE INDEX entry_account ON entry(account);
CREATE INDEX account_branch ON account(branch);
ANALYZE;
SQL
}
load() {
    client $binaries/pgbench -n -c 4 -j 1 -t "$(share 600)" -f work.sql --random-seed=1 \
        --log --log-prefix=transactions
}
# The log has the microseconds of each transaction in its third column.
figures() {
    awk '/^number of transactions actually processed/ { split($6, part, "/"); print "ops", part[1] }
         /^tps = / { tps = $3 }
         /^number of transactions actually processed/ { ops = part[1] }
         END { printf "ns %.0f\n", ops / tps * 1e9 }' load.out
    awk '{ print $3 * 1000 }' transactions.* | quantiles
}
stage "$@"
