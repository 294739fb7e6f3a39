#!/usr/bin/env bash
# Programs run under a limit on their address space (ulimit -v), where the window that hakmem would
# like to reserve does not fit.
. "$(dirname "$0")/../support/preload.sh"
need perl
for limit in 4000000 1000000 300000 200000; do
    (
        ulimit -v $limit
        same_output perl -e 'my @l = map { "x" x 33000 } 1 .. 1500; print length(join "", @l), "\n"'
    ) || fail "with ulimit -v $limit"
done
