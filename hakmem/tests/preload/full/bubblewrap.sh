#!/usr/bin/env bash
# bubblewrap: namespaces of its own for users, processes and the network, a root without /proc and
# /sys, next to nothing in /dev; hakmem starts, and reports, with what it finds there.
# Debian packages: bubblewrap python3-minimal
. "$(dirname "$0")/../../support/preload.sh"
need bwrap python3
cat >work.py <<'PY'
import threading
def work(n):
    kept = [bytearray(i * n * 37 % 70000) for i in range(2000)]
    sums[n] = sum(len(b) for b in kept)
sums = {}
threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 5)]
for t in threads: t.start()
for t in threads: t.join()
print(sorted(sums.items()))
PY
cp "$lib" "$work/libhakmem.so"
lib=$work/libhakmem.so
root=(--ro-bind /usr /usr --symlink usr/lib /lib --symlink usr/lib64 /lib64 --symlink usr/bin /bin
    --dir /tmp --bind "$work" "$work" --unshare-all --die-with-parent --new-session)
for extra in '' '--proc /proc' '--dev /dev' '--proc /proc --dev /dev --cap-drop ALL'; do
    # shellcheck disable=SC2086  # words
    bwrap "${root[@]}" $extra python3 -S work.py >want
    # shellcheck disable=SC2086
    bwrap "${root[@]}" $extra --setenv LD_PRELOAD "$lib" --setenv HAKMEM_STATS "$work/stats.json" \
        --setenv HAKMEM_STRICT_OPTIONS 1 python3 -S work.py >got 2>err || fail "$extra: $(cat err)"
    cmp want got || fail "other output with $extra"
    if grep . err; then
        fail "it said something with $extra"
    fi
    assert_served
done
# and around bwrap itself
same_output bwrap "${root[@]}" --proc /proc python3 -S work.py
