#!/usr/bin/env bash
# A sweep given to Slurm: munge, slurmctld and two nodes on this machine, each in a PID namespace of
# its own, so that a node can be killed with all that runs on it. A node is killed in the middle of
# a part; its part is missing and named; --resume gives it to the other node. What is joined are the
# launches of a run on one machine. Ends with "N passed, N failed".
# Needs root, for the namespaces. All daemons are its own, with keys, ports and folders of their
# own, and end with it.
# Debian packages: munge slurmctld slurmd slurm-client
set -uo pipefail
. "$(dirname "$0")/../launched.sh"
daemons=()
declare -A node_pid # of the namespace's first process

cleanup() {
    [ -z "$launcher" ] || kill -TERM "$launcher" 2>/dev/null
    for node in "${!node_pid[@]}"; do
        kill_node "$node"
    done
    [ ${#daemons[@]} -eq 0 ] || kill -TERM "${daemons[@]}" 2>/dev/null
    wait
    rm -rf "$scratch"
}
trap cleanup EXIT

write_conf() {
    local host
    host=$(hostname -s)
    cat >"$scratch/slurm.conf" <<C
ClusterName=hakmem
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$1
SlurmUser=$(id -un)
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$scratch/munge.sock
CredType=cred/munge
StateSaveLocation=$scratch/state
SlurmdSpoolDir=$scratch/%n
SlurmctldPidFile=$scratch/slurmctld.pid
SlurmdPidFile=$scratch/%n.pid
SlurmctldLogFile=$scratch/slurmctld.log
SlurmdLogFile=$scratch/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/linear
MpiDefault=none
MailProg=/bin/true
SlurmdTimeout=8
KillWait=2
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(($1 + 1)) CPUs=1 Feature=small
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(($1 + 2)) CPUs=1 Feature=small
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
C
    export SLURM_CONF=$scratch/slurm.conf
}

# Three ports in a row that nobody listens on.
free_ports() {
    local port
    for port in $(seq 26817 3 27800); do
        if ! grep -qE ":($(printf '%04X|%04X|%04X' "$port" $((port + 1)) $((port + 2)))) .* 0A " \
            /proc/net/tcp /proc/net/tcp6; then
            echo "$port" && return
        fi
    done
}

start_node() {
    as_root unshare --pid --fork --kill-child --mount-proc env SLURM_CONF="$SLURM_CONF" bash -c '
        slurmd -D -N "$0" & wait' "$1" >>"$scratch/daemons.log" 2>&1 &
    daemons+=($!)
    node_pid[$1]=$!
}

# As when its power fails: nothing on it has time to say anything.
kill_node() {
    local below
    below=$(pgrep -P "${node_pid[$1]}")
    # with sudo in between, the namespace is one further down
    [ "$(ps -o comm= -p "${node_pid[$1]}")" != sudo ] || below=$(pgrep -P "$below")
    [ -z "$below" ] || as_root kill -KILL $below 2>/dev/null
    unset "node_pid[$1]"
}

# until_true SECONDS COMMAND ...
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.2
    done
}

nodes_idle() {
    [ "$(sinfo --noheader --Node --format=%T 2>/dev/null | grep -c '^idle$')" -eq 2 ]
}

# The node that measures mid33, whose first launch is there: empty until then.
measuring_node() {
    [ -s "$run/parts/mid33/samples.jsonl" ] &&
        squeue --noheader --states=RUNNING --format='%K %N' | awk '$1 == 0 {print $2}'
}
is_measuring() {
    [ -n "$(measuring_node)" ]
}
is_running() {
    [ -n "$(squeue --noheader --states=RUNNING)" ]
}

# ---- the cluster ----

mkdir "$scratch/state" "$scratch/n1" "$scratch/n2"
(umask 077 && head -c 64 /dev/urandom >"$scratch/key")
write_conf "$(free_ports)"
run=$scratch/run
munged --foreground --force --socket="$scratch/munge.sock" --key-file="$scratch/key" \
    --pid-file="$scratch/munge.pid" --log-file="$scratch/munge.log" \
    --seed-file="$scratch/munge.seed" >>"$scratch/daemons.log" 2>&1 &
daemons+=($!)
until_true 20 test -S "$scratch/munge.sock"
slurmctld -D >>"$scratch/daemons.log" 2>&1 &
daemons+=($!)
start_node n1
start_node n2
until_true 60 nodes_idle
status=$?
{ sinfo && tail -n 20 "$scratch/daemons.log"; } >"$scratch/said" 2>&1
result "a cluster of two nodes" $status

sweep --out "$scratch/local" >"$scratch/said" 2>&1
result "a local run" $?

# ---- a node dies in the middle ----

sweep --launcher slurm --machine small --out "$run" >"$scratch/said" 2>&1 &
launcher=$!
until_true 300 is_measuring
dead=$(measuring_node)
kill_node "$dead"
begun=$(wc -l <"$run/parts/mid33/samples.jsonl")
wait $launcher
status=$?
launcher=
[ $status -eq 1 ] && grep -q '1 of 3 parts are missing' "$scratch/said" &&
    grep -q 'missing: mid33' "$scratch/said"
result "$dead dies: its part is missing, and named" $?
[ "$begun" -gt 0 ] && [ "$begun" -lt "$(grep -c /mid33/ "$scratch/local/samples.jsonl")" ] &&
    grep -q '"missing": \[' "$run/manifest.json" &&
    [ "$(wc -l <"$run/parts/mid33/samples.jsonl")" -eq "$begun" ]
result "of that part, $begun samples are there" $?

# ---- the rest goes to the other node ----

# interrupted: the job outlives its launcher, and is waited for, not given out again
setsid bash -c 'trap - INT; exec "$@"' - "$here/run_sweep" --resume "$run" >"$scratch/said" 2>&1 &
launcher=$!
until_true 60 is_running
kill -INT $launcher
wait $launcher
status=$?
launcher=
jobs=$(grep -A 3 '"jobs"' "$run/launch.json")
[ $status -eq 130 ] && grep -q 'the jobs go on; scancel' "$scratch/said" && is_running
result "the job outlives its launcher" $?

"$here/run_sweep" --resume "$run" >"$scratch/said" 2>&1
status=$?
[ $status -eq 0 ] && [ "$jobs" = "$(grep -A 3 '"jobs"' "$run/launch.json")" ]
result "resumed without $dead" $?
same_panels "$run" "$scratch/local"
result "the launches of a local run" $?
[ -z "$(squeue --noheader)" ] && ! grep -q '"missing": \[$' "$run/manifest.json"
result "nothing is left over" $?
sum_up 8
