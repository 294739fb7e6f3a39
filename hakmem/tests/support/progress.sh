# shellcheck shell=bash
# progress.sh - whether a program hangs, by what it does and not by the clock: on a slow or a busy
# machine it is given as long as it needs. Sourced by ../run, ../misuse_table and preload.sh.
#
#   progress_of PROCESS       what it and its descendants have used of the processor, in hundredths
#                             of a second, with a "+" behind it where one of their threads runs,
#                             would run, or waits for a disk
#   progress_same BEFORE NOW  whether nothing was done between two of these
#   progress_end PROCESS CPU LOOKS
#                             returns when the process hangs, and says how: it and its descendants
#                             have used CPU seconds of the processor, or as many looks, five
#                             seconds apart, found all of them waiting. Not when it has ended.

progress_of() {
    { grep -H . /proc/[0-9]*/stat /proc/[0-9]*/task/[0-9]*/stat 2>/dev/null || true; } |
        awk -v root="$1" '
        {
            split($1, path, "/")
            sub(/^.*\) /, "") # the name may hold anything
        }
        path[4] != "task" { parent[path[3]] = $2; used[path[3]] = $12 + $13 + $14 + $15 }
        path[4] == "task" && /^[RD]/ { runs[path[3]] = 1 }
        function is_below(id) {
            while (id != root && id > 1) id = parent[id]
            return id == root
        }
        END {
            for (id in used) if (is_below(id)) { sum += used[id]; any = any || runs[id] }
            print sum + 0 (any ? "+" : "")
        }'
}

progress_same() {
    [[ $1 == "$2" && $2 != *+ ]]
}

progress_end() {
    local now last='' idle=0
    while sleep 5; do
        now=$(progress_of "$1")
        idle=$((idle + 1))
        progress_same "$last" "$now" || idle=0
        last=$now
        [ "${now%+}" -lt $(($2 * 100)) ] ||
            { echo "not done after $2 s of the processor" && return; }
        [ "$idle" -lt "$3" ] || { echo "not done, and all of it waits" && return; }
    done
}
