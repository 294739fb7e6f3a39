# shellcheck shell=bash
# common.sh - what the recording scripts share; sourced, not run.
#
# Each script records one program with bin/hakrec and leaves the trace in workloads/traces, or in
# the folder given as its argument. It works in a temporary folder, which is removed at the end, on
# the loopback interface only, and leaves no process behind.
#
#   record/NAME.sh [--times=N] [FOLDER]
#
# Times are kept in steps of 100 us, which is as near as a replay at recorded pace keeps to them.
# The shipped traces are 6 % larger than without times; with steps of 1 us it would be 58 %.
#
# The recorded pace is that of a machine which does nothing else: `uptime` should say so.
#
# --times=N records N times as much: a longer trace than the shipped one, which is why it needs a
# folder of its own. Scripts multiply their work by $times, `record` its --max-events.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/workloads/programs/common/free_port.sh"
name=$(basename "$0" .sh)
usage() {
    echo "$name: $*" >&2
    echo "usage: $0 [--times=N] [FOLDER]   (default: workloads/traces; --times needs a FOLDER)" >&2
    exit 2
}
times=1
folder=
for argument in "$@"; do
    case $argument in
    --times=*)
        times=${argument#*=}
        [[ $times =~ ^[1-9][0-9]{0,3}$ ]] || usage "--times=$times: not a number from 1 to 9999"
        ;;
    -*) usage "$argument: unknown option" ;;
    *)
        [ -z "$folder" ] || usage "$argument: more than one folder"
        [ -d "$argument" ] || usage "$argument: no such folder"
        folder=$argument
        ;;
    esac
done
[ "$times" = 1 ] || [ -n "$folder" ] || usage "--times would overwrite the shipped trace"
folder=$(cd "${folder:-$root/workloads/traces}" && pwd)
trace=$folder/$name.hakt.zst

work=$(mktemp -d)
cleanup=()
finish() {
    local command
    for command in "${cleanup[@]}"; do
        $command || true
    done
    rm -rf "$work"
}
trap finish EXIT

# need PROGRAM PACKAGE: .ci/packages.sh finds the packages by these lines
need() {
    if ! command -v "$1" >/dev/null; then
        echo "$name: $1 is needed to record this trace (Debian package $2)" >&2
        exit 1
    fi
}

# hakrec_of [--max-events=N] [OPTION ...] -- PROGRAM [ARGUMENT ...]: the command that records, as
# the words of $command
hakrec_of() {
    command=("$root/bin/hakrec" "--output=$trace" --time-unit=100)
    while [ "$1" != -- ]; do
        case $1 in
        --max-events=*) command+=("--max-events=$((${1#*=} * times))") ;;
        *) command+=("$1") ;;
        esac
        shift
    done
    command+=("$@")
    make -s -C "$root/workloads" "../bin/hakrec" "../bin/libhakrec.so"
}

record() {
    hakrec_of "$@"
    "${command[@]}"
}

# start …: the same for a server, in the background. `stop` ends it, and waits for its trace.
start() {
    hakrec_of "$@"
    "${command[@]}" &
    recorder=$!
    cleanup+=(stop)
}

stop() {
    kill "$recorder" 2>/dev/null || true
    wait "$recorder" || true
    cleanup=()
}

# await COMMAND: until it succeeds, ten seconds at most
await() {
    local i
    for ((i = 0; i < 100; i++)); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    echo "$name: the server does not answer: $*" >&2
    exit 1
}
cd "$work"
