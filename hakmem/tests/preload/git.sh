#!/usr/bin/env bash
# git on a generated repository: add, commit, log, diff, blame, repack with threads, fsck.
. "$(dirname "$0")/../support/preload.sh"
need git
export GIT_CONFIG_NOSYSTEM=1 HOME=$work GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b \
    GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b GIT_AUTHOR_DATE="2020-01-01T00:00:00Z" \
    GIT_COMMITTER_DATE="2020-01-01T00:00:00Z"
make_repository() {
    git init -q -b main "$1"
    for round in 1 2 3 4 5 6; do
        for file in $(seq 60); do
            seq "$round" "$((file * round % 700 + round + 20))" >"$1/file$file"
        done
        head -c $((33000 * round)) /dev/zero | tr '\0' "$round" >"$1/blob$round"
        git -C "$1" add -A
        git -C "$1" commit -q -m "round $round"
    done
}
make_repository want
export -f make_repository
under_hakmem bash -c 'make_repository got'
assert_served
[ "$(git -C want rev-parse HEAD)" = "$(git -C got rev-parse HEAD)" ] || fail "another commit"
same_output git -C want log -p --stat
same_output git -C want diff HEAD~4 HEAD
same_output git -C want blame file42
under_hakmem git -C got -c pack.threads=2 repack -q -a -d -f --window=50
assert_served
git -C got fsck --full --strict 2>&1 | { ! grep -v -e '^notice' -e '^Checking' -e '^dangling'; } ||
    fail "the repository packed under hakmem is damaged"
