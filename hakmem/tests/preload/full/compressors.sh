#!/usr/bin/env bash
# Compressors on all cores: each thread holds windows of several MB, and frees what another made;
# the archives are the same to the byte, and give back what went in.
# Debian packages: tar xz-utils zstd pigz pbzip2 lz4
. "$(dirname "$0")/../../support/preload.sh"
need tar xz zstd pigz pbzip2 lz4
mkdir data
for n in 1 2 3 4 5 6; do
    seq $((n * 100000)) 900000 | head -c 1500000 >data/f$n || true
    head -c 300000 "$(command -v tar)" >>data/f$n
done
tar --sort=name --mtime=@0 --owner=0 --group=0 -cf data.tar data
same_output tar --sort=name --mtime=@0 --owner=0 --group=0 -I 'zstd -T0 -9 --long=23' -c data
same_output xz -T0 -2 --block-size=2MiB -c data.tar
same_output zstd -q -T0 -9 -c data.tar
same_output pigz -n -p 4 -c data.tar
same_output pbzip2 -p4 -c data.tar
same_output lz4 -q -9 -c data.tar
xz -T0 -2 --block-size=2MiB -c data.tar >packed.xz
pbzip2 -p4 -c data.tar >packed.bz2
zstd -q -c data.tar >packed.zst
same_output xz -T0 -dc packed.xz
same_output pbzip2 -p4 -dc packed.bz2
same_output zstd -q -T0 -dc packed.zst
cmp got.out data.tar || fail "something else came back"
