#!/usr/bin/env bash
# A sweep given to GNU parallel: this machine as its only host, first without ssh and then over it.
# What is joined are the launches of a run on one machine. Ctrl-C in the middle loses nothing, and
# --resume finishes it. Ends with "N passed, N failed".
# Debian packages: parallel openssh-server openssh-client
set -uo pipefail
. "$(dirname "$0")/../launched.sh"
sshd=
cleanup() {
    [ -z "$launcher" ] || kill -TERM "$launcher" 2>/dev/null
    [ -z "$sshd" ] || kill -TERM "$sshd"
    wait
    rm -rf "$scratch"
}
trap cleanup EXIT

sweep --out "$scratch/local" >"$scratch/said" 2>&1
result "a local run" $?

# as a shell does it, which would have a program in the background ignore Ctrl-C
setsid bash -c 'trap - INT; exec "$@"' - "$here/run_sweep" --launcher parallel --machine : \
    --workload mid33 --workload aligned --workload startup-true --wmax-mid 1.6 --wmax-large 1.3 \
    --allocator glibc --reps 2 --seed 1 --out "$scratch/run" >"$scratch/said" 2>&1 &
launcher=$!
while kill -0 $launcher 2>/dev/null && ! [ -s "$scratch/run/parts/mid33/samples.jsonl" ]; do
    sleep 0.2
done
kill -INT $launcher
wait $launcher
[ $? -eq 130 ] && grep -q -- "--resume $scratch/run" "$scratch/said"
result "interrupted" $?
launcher=

[ -z "$(pgrep -f "run_sweep part $scratch/run")$(pgrep -f "hakmem part $scratch/run")" ]
result "no part goes on" $?

"$here/run_sweep" --resume "$scratch/run" >"$scratch/said" 2>&1
result "resumed" $?
same_panels "$scratch/run" "$scratch/local"
result "the launches of a local run" $?

# both are of this machine: its launches are added up, and the same ones are kept once
"$here/run_sweep" merge "$scratch/run" "$scratch/local" "$scratch/local" --out "$scratch/merged" \
    >"$scratch/said" 2>&1 &&
    grep -q 'given twice and are kept once' "$scratch/said" &&
    [ "$(cat "$scratch"/merged/machines/*/samples.jsonl | wc -l)" -eq \
        $((2 * $(wc -l <"$scratch/local/samples.jsonl"))) ]
result "merged with the local run" $?

# The same with ssh between, to a server of its own. $scratch has no space in it.
# serve_ssh: as the host "farm" of $scratch/ssh/config
serve_ssh() {
    mkdir -p "$scratch/ssh" /run/sshd
    (cd "$scratch/ssh" && ssh-keygen -q -t ed25519 -N '' -f host &&
        ssh-keygen -q -t ed25519 -N '' -f key) || return 1
    local port tries
    for tries in 1 2 3 4 5 6 7 8; do
        port=$((20000 + (RANDOM + tries) % 12000))
        /usr/sbin/sshd -D -e -f /dev/null -p $port -h "$scratch/ssh/host" -o PidFile=none \
            -o ListenAddress=127.0.0.1 -o "AuthorizedKeysFile=$scratch/ssh/key.pub" \
            -o StrictModes=no -o UsePAM=no -o PermitRootLogin=yes \
            -o PasswordAuthentication=no 2>"$scratch/ssh/log" &
        sshd=$!
        until ! kill -0 $sshd 2>/dev/null || grep -q 'listening on' "$scratch/ssh/log"; do
            sleep 0.1
        done
        ! kill -0 $sshd 2>/dev/null || break
    done
    printf '%s\n' "Host farm" "HostName 127.0.0.1" "Port $port" "IdentityFile $scratch/ssh/key" \
        "BatchMode yes" "StrictHostKeyChecking no" "UserKnownHostsFile /dev/null" \
        "LogLevel ERROR" >"$scratch/ssh/config"
    ssh -F "$scratch/ssh/config" farm true
}

serve_ssh >"$scratch/said" 2>&1 &&
    sweep --launcher parallel --machine "ssh -F $scratch/ssh/config farm" \
        --out "$scratch/far" >"$scratch/said" 2>&1 &&
    grep -q "Accepted publickey" "$scratch/ssh/log"
result "over ssh" $?
same_panels "$scratch/far" "$scratch/local"
result "over ssh, the launches of a local run" $?

sed -i 's/"cpu": "[^"]*"/"cpu": "another"/' "$scratch/local/manifest.json"
! "$here/run_sweep" --resume "$scratch/local" >"$scratch/said" 2>&1 &&
    grep -q 'began on another machine (cpu: another, ' "$scratch/said"
result "not resumed on another machine" $?
sum_up 9
