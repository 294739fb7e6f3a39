#!/usr/bin/env bash
# Python as it comes: its own allocator serves objects up to 512 bytes, malloc sees all above.
#
# Lists and dictionaries that grow, JSON documents, buffers, compression, and text put together from
# parts: many sizes from 513 bytes to megabytes, and much realloc. interpreter.sh is the other half.
#
# The shipped trace: python3 3.11.2 of Debian 12.
. "$(dirname "$0")/common.sh"
need /usr/bin/python3 python3

export PYTHONHASHSEED=1 PYTHONDONTWRITEBYTECODE=1
record --max-events=1000000 -- /usr/bin/python3 -s -c "
import io, json, random, re, zlib
draw = random.Random(1)
kept = {}
for step in range(600 * $times):
    table = [{'id': i, 'name': 'n%d' % (i * 7919 % 997), 'text': 'x' * draw.randrange(2000)}
             for i in range(draw.randrange(20, 200))]
    text = json.dumps(table)
    again = json.loads(text)
    packed = zlib.compress(text.encode(), 1)
    out = io.BytesIO()
    for row in again:
        out.write(row['text'].encode() * 3)
    words = {}
    for word in re.findall(r'n[0-9]+', text):
        words.setdefault(word, bytearray()).extend(word.encode() * draw.randrange(40, 400))
    kept[step % 60] = (packed, out.getvalue()[:draw.randrange(100000)], words, sorted(words))
print(len(kept))
" >/dev/null
