#!/usr/bin/env bash
# A program under ptrace: strace follows all its threads and children, stops them at each system
# call, and runs on hakmem itself.
# Debian packages: strace python3-minimal
. "$(dirname "$0")/../../support/preload.sh"
need strace python3
cat >work.py <<'PY'
import os, subprocess, threading
def work(n):
    kept = [bytearray(i * n * 37 % 70000) for i in range(500)]
    sums[n] = sum(len(b) for b in kept)
sums = {}
threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 5)]
for t in threads: t.start()
for t in threads: t.join()
print(sorted(sums.items()), flush=True)
for i in range(5):
    child = os.fork()
    if child == 0:
        bytearray(33000 * 100)
        os._exit(i)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
print(subprocess.run(["sh", "-c", "echo child"], capture_output=True).stdout)
PY
same_output strace -f -o trace -E LD_PRELOAD="$lib" python3 work.py
grep -q 'exited with 4' trace || fail "strace did not follow: $(tail -n 3 trace)"
same_output strace -f -o trace --seccomp-bpf -e trace=execve python3 work.py
