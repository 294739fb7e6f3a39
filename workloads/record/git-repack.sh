#!/usr/bin/env bash
# git packs a repository again: deltas sought by two threads in a window of ten versions.
#
# The repository is made of the Perl modules that every Debian has, in 60 versions. Objects are
# read whole, an index is made of each, deltas are held in a cache, and zlib takes 268 KB a stream.
#
# The shipped trace: git 2.39.5 of Debian 12.
. "$(dirname "$0")/common.sh"
need git git
need perl perl-base

export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
git init -q --bare repository
modules=$(perl -MConfig -e 'print $Config{archlib}')
[ -d "$modules" ] || modules=$(dirname "$(perl -MList::Util -e 'print $INC{"List/Util.pm"}')")/..
mapfile -t files < <(find "$modules/" -name '*.p[ml]' -size -60k | LC_ALL=C sort | head -n 160)
for version in $(seq 1 $((60 * times))); do
    printf 'commit refs/heads/main\ncommitter A <a@b> %d +0000\ndata 1\nx\n' \
        $((1000000000 + version))
    for i in "${!files[@]}"; do
        [ $(((i + version) % 5)) -eq 0 ] || [ "$version" -eq 1 ] || continue
        sed "$((1 + (version * 37 + i) % 50))s/^/# version $version\n/" "${files[i]}" >file
        printf 'M 100644 inline f%03d.pm\ndata %d\n' "$i" "$(stat -c %s file)"
        cat file
    done
done | git -C repository fast-import --quiet
git -C repository rev-list --objects --all >objects
record --max-events=1000000 -- git -C repository pack-objects --quiet --no-reuse-delta --threads=2 \
    --window=10 --depth=50 --stdout <objects >/dev/null
