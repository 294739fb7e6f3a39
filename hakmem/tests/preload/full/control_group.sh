#!/usr/bin/env bash
# A memory cgroup of 16 MiB, and a program that has 10 MiB of blocks in use, of one size after
# another: with HAKMEM_LIMIT=cgroup it runs to its end; without, what hakmem keeps of the sizes
# before would be too much, and the kernel ends it. Needs root, and the right to make a group.
. "$(dirname "$0")/../../support/preload.sh"
if [ -d /sys/fs/cgroup/memory ]; then
    group=/sys/fs/cgroup/memory/hakmem-test.$$ limit=memory.limit_in_bytes
else
    group=/sys/fs/cgroup/hakmem-test.$$ limit=memory.max
fi
mkdir "$group" || fail "no control group can be made here"
trap 'rmdir "$group"; clean_up' EXIT
echo 16777216 >"$group/$limit" || fail "$group has no $limit"
echo 0 >"$group/memory.swap.max" 2>/dev/null || true # v1 has no such file

# in_group OPTION: the program's exit status
in_group() {
    (
        echo "$BASHPID" >"$group/cgroup.procs" || exit 1
        export HAKMEM_STRICT_OPTIONS=1 LD_PRELOAD=$lib
        exec env "$1" "$programs/options/limit" child group
    )
}

in_group HAKMEM_LIMIT=cgroup || fail "HAKMEM_LIMIT=cgroup: exit status $?"
status=0
in_group HAKMEM_LIMIT=none 2>/dev/null || status=$?
[ $status -eq 137 ] || fail "without a limit: exit status $status; expected 137, killed"
