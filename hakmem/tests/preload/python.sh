#!/usr/bin/env bash
# Python: many small objects, large lists, strings of 33 KB, threads, a compressed round trip.
. "$(dirname "$0")/../support/preload.sh"
need python3
cat >heavy.py <<'PY'
import hashlib, json, re, threading, zlib

def digest(value):
    return hashlib.sha256(repr(value).encode()).hexdigest()

table = {i: str(i) * (i % 50) for i in range(200000)}
print(digest(sorted(table.items())[::997]))
text = json.dumps([{"key": i, "text": "x" * (i % 300)} for i in range(20000)])
print(len(text), digest(json.loads(text)[-1]))
blobs = [bytes([i % 256]) * 33000 for i in range(3000)]
for i in range(0, 3000, 2):
    blobs[i] = blobs[i][:100] + b"y" * (i * 7)
print(digest(hashlib.md5(b"".join(blobs)).hexdigest()))
packed = zlib.compress(b"".join(blobs))
assert zlib.decompress(packed) == b"".join(blobs)
print(len(re.findall(r"x{7,40}", text)))
results = [None] * 4

def work(n):
    lists = [list(range(j % 2000)) for j in range(3000)]
    results[n] = sum(map(len, lists))

threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
print(results)
PY
same_output env PYTHONMALLOC=malloc PYTHONHASHSEED=0 python3 heavy.py
same_output env PYTHONHASHSEED=0 python3 heavy.py
