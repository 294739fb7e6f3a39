#!/usr/bin/env bash
# AArch64 with pages of 4, 16 and 64 KiB: hakmem and its tests by Debian's cross compiler, under
# qemu, which tells programs of such pages. (It is less strict with them than a kernel that has
# them; the build with HAK_TEST_SYSTEM_PAGE is as strict.) Then programs of Debian for that machine,
# which say the same under hakmem as under libc.
# Debian packages: gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross
# Debian packages: qemu-user-static
. "$(dirname "$0")/../../support/preload.sh"
need aarch64-linux-gnu-gcc aarch64-linux-gnu-g++ qemu-aarch64-static apt-get dpkg-deb
lib=$here/../build/for-aarch64/libhakmem.so

export HAK_TEST_PERCENT=10 # each step takes some twenty times as long
# with_pages BYTES TESTS ...: a line for each, as it ends
with_pages() {
    local page=$1
    shift
    echo "pages of $((page / 1024)) KiB: building, then $*"
    "$here/run" --for aarch64 --page "$page" "$@" || failed+=" of $((page / 1024)) KiB"
}
failed=
with_pages 4096 unit stress fuzz
with_pages 16384 unit stress
with_pages 65536 unit stress misuse fuzz
[ -z "$failed" ] || fail "pages$failed"

# Of the mirror that this machine has, into a folder; nothing is installed.
fetch_programs() {
    local apt=(apt-get -q -o APT::Architecture=arm64 -o APT::Architectures::=arm64
        -o "Dir::State=$work/state" -o "Dir::State::status=$work/status" -o "Dir::Cache=$work/cache"
        -o Acquire::Languages=none -o APT::Sandbox::User=root)
    mkdir -p state/lists/partial cache/archives/partial root
    : >status
    "${apt[@]}" update >apt.out 2>&1 && "${apt[@]}" download coreutils perl-base sqlite3 libc6 \
        libselinux1 libpcre2-8-0 libgmp10 libacl1 libattr1 libcrypt1 libsqlite3-0 libreadline8 \
        libtinfo6 zlib1g libgcc-s1 >>apt.out 2>&1 || fail "arm64: $(tail -n 3 apt.out)"
    for package in ./*.deb; do
        dpkg-deb -x "$package" root
    done
}

echo "programs of Debian's arm64"
fetch_programs
seq 1 20000 | awk '{print ($1 * 7919) % 20011, "line", $1}' >lines
cat >words.pl <<'END'
my (%n, @all);
open my $lines, '<', 'lines' or die;
while (<$lines>) { $n{$_}++ for split; push @all, "x" x (length($_) * 300) if $. % 50 == 0 }
print scalar(keys %n), " ", length(join '', @all), "\n";
END
cat >tables.sql <<'END'
PRAGMA page_size = 32768;
CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT);
WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 3000)
INSERT INTO t SELECT i, hex(zeroblob(i % 500)) FROM c;
CREATE INDEX u ON t (b);
SELECT count(*), sum(length(b)), max(b > 'a') FROM t;
END
for page in 4096 16384 65536; do
    machine=(qemu-aarch64-static -R 0x1000000000 -p $page -L "$work/root")
    same_output "${machine[@]}" root/usr/bin/sort -n -k 1 lines
    same_output "${machine[@]}" root/usr/bin/perl words.pl
    same_output "${machine[@]}" root/usr/bin/sqlite3 :memory: '.read tables.sql'
done
