#!/usr/bin/env bash
# rsync: a sender, a receiver and a generator, forked of one; a tree made, changed, moved on by
# differences, with hard links, compressed and by batch.
# Debian packages: rsync
. "$(dirname "$0")/../../support/preload.sh"
need rsync
mkdir from
mkdir from/d{0..39}
awk 'BEGIN {
    for (n = 1; n <= 1500; n++) {
        file = "from/d" n % 40 "/f" n
        for (i = n; i <= n + n % 900; i++) print i >file
        close(file)
    }
}'
seq 900000 | head -c 5000000 >from/large || true
ln from/large from/link
tree() { (cd "$1" && find . -type f -exec md5sum {} + | sort -k 2); }
for program in plain under_hakmem; do
    mkdir $program
    plain() { "$@"; }
    $program rsync -aH --stats from/ $program/to >$program/first
    [ $program = plain ] || assert_served
    (cd $program && cp -al to link &&
        sed -i 's/5/five/' to/d7/* && printf 'x' >>to/large && rm to/d9/*)
    $program rsync -aHzc --no-whole-file --delete -i from/ $program/to >$program/second
    $program rsync -aH --only-write-batch=$program/batch --no-whole-file from/ \
        $program/empty >/dev/null
    $program rsync -aH --read-batch=$program/batch $program/again >/dev/null
done
assert_served
diff plain/second under_hakmem/second || fail "it saw other differences"
for part in to again; do
    diff <(tree from) <(tree under_hakmem/$part) || fail "another tree: $part"
done
