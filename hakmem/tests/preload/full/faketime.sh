#!/usr/bin/env bash
# libfaketime, preloaded behind or before hakmem, answers all clocks, forwards, backwards,
# and running a thousand times as fast: hakmem's own purging then sees time jump.
# Debian packages: faketime python3-minimal
. "$(dirname "$0")/../../support/preload.sh"
need faketime python3
faked=$(echo /usr/lib/*/faketime/libfaketimeMT.so.1)
cat >work.py <<'PY'
import datetime, threading
def work(n):
    kept = []
    for i in range(3000):
        kept.append(bytearray(i * n * 37 % 70000))
        if len(kept) > 200:
            del kept[::2]
    sums[n] = sum(len(b) for b in kept)
sums = {}
threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 5)]
for t in threads: t.start()
for t in threads: t.join()
print(datetime.date.today().year, sorted(sums.items()))
PY
for time in '@2001-02-03 04:05:06' '@2037-01-01 00:00:00 x1000' '@1999-06-01 00:00:00 x0.001'; do
    export FAKETIME=$time
    LD_PRELOAD=$faked python3 work.py >want
    for order in "$lib:$faked" "$faked:$lib"; do
        under_hakmem env LD_PRELOAD="$order" python3 work.py >got 2>err || fail "$order: $(cat err)"
        diff want got || fail "other output at $time"
        assert_served
    done
done
