#!/usr/bin/env bash
# What every script runs: sort with threads and merges, join, tar, xz with threads, awk, sed,
# grep and bash itself.
. "$(dirname "$0")/../support/preload.sh"
need sort tar xz awk sed grep bash
awk 'BEGIN {
    for (i = 1; i <= 120000; i++) printf "%d key%d %s\n", i * 7919 % 120011, i % 997, i
}' >table
same_output sort --parallel=4 -S 2M -k2,2 -k1,1n table
same_output sort --parallel=4 -S 60M -u -k2,2 table
sort -k2,2 table >sorted
awk 'NR % 90 == 0' sorted | sort -u -k2,2 >keys
same_output join -1 2 -2 2 sorted keys
mkdir tree
split -l 500 table tree/part
same_output tar -cf - --sort=name --mtime=@0 --owner=0 --group=0 tree
same_output xz -T3 --block-size=300000 -1 -c table
same_output grep -cE '(key1[0-9]+ .*7|9{2,}).*(1|2)$' table
same_output sed -E 's/key([0-9]+)/<\1>/; $!N; s/\n/ /' table
same_output awk '{ n[$2] += $1; t[$2] = t[$2] $3 }
    END { for (k in n) s += n[k] + length(t[k]); print s }' table
same_output bash -c 'declare -A m; for i in {1..20000}; do m[k$((i % 700))]+=$i; done
    for k in "${!m[@]}"; do printf "%s " "${#m[$k]}"; done
    x=$(printf "%033000d" 7); echo "${x//0/ab}" | md5sum
    while read -r a b c; do ((s += a)); done < <(head -n 3000 table)
    echo "$s"'
