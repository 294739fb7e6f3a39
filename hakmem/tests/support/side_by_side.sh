# shellcheck shell=bash
# side_by_side.sh - runs commands side by side and hands over what each of them printed in the order
# in which they were begun, so that what a reader sees does not depend on which one was faster.
# Sourced by ../run and by ./check at the root; takes file descriptor 8.
#
#   side_begin MOST FOLDER    at most MOST at a time; FOLDER holds what they print, until told
#   side_run NAME COMMAND ... waits for a free place and begins the command, a function or a program
#   side_wait                 until all have ended
#
# The shell that sources this defines `side_ended NAME STATUS FILE SECONDS`, which is called in it
# once for each command. Each command is a process group of its own and knows no signal handler of
# this shell. When this shell is interrupted or told to end, it tells every group so with SIGTERM,
# waits for them, and exits with 128 and the signal's number.

side_begin() {
    side_most=$1
    side_folder=$2
    side_names=()
    side_pids=()
    side_status=()
    side_seconds=() # when it began; then, how long it took
    side_told=0 # so many of them were handed over
    side_running=0
    side_torn= # the beginning of a line that says who ended
    rm -f "$2/side.done"
    mkfifo "$2/side.done"
    exec 8<>"$2/side.done"
    rm -f "$2/side.done"
    side_signal=
    trap 'side_note_signal INT' INT
    trap 'side_note_signal TERM' TERM
    trap 'side_note_signal HUP' HUP
}

side_run() {
    local i=${#side_names[@]}
    side_names[i]=$1
    shift
    side_room $((side_most - 1))
    set -m
    (
        "$@" 8>&-
        status=$?
        echo "$i" >&8
        exit $status
    ) >"$side_folder/side.$i" 2>&1 </dev/null &
    side_pids[i]=$!
    side_seconds[i]=$SECONDS
    set +m
    side_running=$((side_running + 1))
}

side_wait() {
    side_room 0
}

# side_room MOST: waits until no more than MOST of them run. Who ends says so through a pipe, since
# `wait -n` misses some; one that was killed with all its group cannot, and is found within seconds.
# The time of `read` can be over between two digits: it hands over what it has of the line.
side_room() {
    local i
    while [ -z "$side_signal" ] && [ "$side_running" -gt "$1" ]; do
        if read -r -t 2 -u 8 i; then
            i=$side_torn$i
            side_torn=
            [ -z "$i" ] || [ -z "${side_pids[i]:-}" ] || side_note "$i"
        else
            side_torn+=$i
            for i in "${!side_pids[@]}"; do
                [ -n "${side_status[i]:-}" ] || kill -0 "${side_pids[i]}" 2>/dev/null ||
                    side_note "$i"
            done
        fi
        side_tell
    done
    [ -z "$side_signal" ] || side_stop
}

# Not more than this in the handler, and a line for whoever reads: the handler runs within `read`,
# which leaves it unfinished when its two seconds are over.
side_note_signal() {
    side_signal=$1
    echo >&8
}

side_note() {
    [ -z "${side_status[$1]:-}" ] || return 0
    wait "${side_pids[$1]}"
    side_status[$1]=$?
    side_seconds[$1]=$((SECONDS - side_seconds[$1]))
    side_running=$((side_running - 1))
}

side_tell() {
    local i=$side_told
    while [ -n "${side_status[i]:-}" ]; do
        side_told=$((i + 1))
        side_ended "${side_names[i]}" "${side_status[i]}" "$side_folder/side.$i" \
            "${side_seconds[i]}"
        rm -f "$side_folder/side.$i"
        i=$side_told
    done
}

side_stop() {
    local i
    trap '' INT TERM HUP
    for i in "${!side_pids[@]}"; do
        [ -n "${side_status[i]:-}" ] || kill -TERM -- -"${side_pids[i]}"
    done 2>/dev/null
    wait
    exit $((128 + $(kill -l "$side_signal"))) # and not by the signal: a handler of EXIT is to run
}
