# shellcheck shell=bash
# common.sh - what the recording scripts share; sourced, not run.
#
# Each script records one program with bin/hakrec and leaves the trace in workloads/traces, or in
# the folder given as its argument. It works in a temporary folder, which is removed at the end, on
# the loopback interface only, and leaves no process behind.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
name=$(basename "$0" .sh)
case ${1-} in
-*)
    echo "usage: $0 [FOLDER]   (default: workloads/traces)" >&2
    exit 2
    ;;
esac
folder=$(cd "${1:-$root/workloads/traces}" && pwd)
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

need() {
    local program
    for program; do
        if ! command -v "$program" >/dev/null; then
            echo "$name: the program $program is needed to record this trace" >&2
            exit 1
        fi
    done
}

# record [OPTION ...] -- PROGRAM [ARGUMENT ...]
record() {
    make -s -C "$root/workloads" "../bin/hakrec" "../bin/libhakrec.so"
    "$root/bin/hakrec" --output="$trace" "$@"
}
cd "$work"
