#!/usr/bin/env bash
# git on a large repository, made by fast-import: 1,200 commits over 2,000 files, some of them of
# megabytes. Repack with threads, gc, clone, log, grep, blame, bundle, fsck.
# Debian packages: git
. "$(dirname "$0")/../../support/preload.sh"
need git
export GIT_CONFIG_NOSYSTEM=1
awk 'BEGIN {
    print "feature done"
    for (c = 1; c <= 1200; c++) {
        printf "commit refs/heads/main\ncommitter A <a@b> %d +0000\n", 1600000000 + c * 60
        message = "change " c "\n"
        printf "data %d\n%s", length(message), message
        for (f = 0; f < 12; f++) {
            n = (c * 7919 + f * 104729) % 2000
            text = ""
            lines = (n * 13) % 120 + 5
            if (n % 500 == 3) lines = 9000
            for (l = 0; l < lines; l++)
                text = text "line " l " of file " n (l % (c % 37 + 2) ? "" : " in change " c) "\n"
            printf "M 100644 inline d%d/f%d.txt\ndata %d\n%s\n", n % 40, n, length(text), text
        }
    }
    print "done"
}' >stream
git init -q -b main want
git -C want fast-import --quiet <stream
git init -q -b main got
under_hakmem git -C got fast-import --quiet <stream >import.log 2>&1 || fail "$(tail -3 import.log)"
assert_served
head=$(git -C want rev-parse main)
[ "$(git -C got rev-parse main)" = "$head" ] || fail "fast-import made other commits"
same_output git -C want log --stat -M --format='%H %s' main
same_output git -C want log -p -S 'in change 1199' main
same_output git -C want grep -n 'of file 1999' main
same_output git -C want blame main -- d3/f3.txt
same_output git -C want shortlog -s main
same_output git -C want rev-list --objects --all
under_hakmem git -C got -c pack.threads=4 repack -q -a -d -f --window=20 --depth=30
assert_served
under_hakmem git -C got gc -q --prune=now
under_hakmem git -C got fsck --full --strict >fsck.log 2>&1 || fail "fsck: $(tail -n 3 fsck.log)"
git -C got fsck --full --strict >fsck.log 2>&1 || fail "damaged: $(tail -n 3 fsck.log)"
under_hakmem git clone -q --no-local got clone
assert_served
diff -r --exclude=.git <(git -C clone ls-tree -r HEAD) <(git -C want ls-tree -r main) ||
    fail "the clone is another tree"
under_hakmem git -C clone status --porcelain >status
[ ! -s status ] || fail "the clone is changed: $(head -n 3 status)"
under_hakmem git -C clone bundle create -q ../all.bundle --all
git -C want bundle verify -q ../all.bundle >bundle.log 2>&1 || fail "$(tail -n 3 bundle.log)"
