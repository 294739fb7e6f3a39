#!/usr/bin/env bash
# Node.js: start, then buffers, compression, hashes and JSON with the thread pool at work.
#
# JavaScript objects live in V8's own heap. malloc serves what is beside it: the compiler's zones of
# 8 to 32 KiB, the backing stores of buffers, zlib, OpenSSL, and the parser.
#
# The shipped trace: nodejs 18.20.4 of Debian 12.
. "$(dirname "$0")/common.sh"
need node nodejs

cat >work.js <<'JS'
const zlib = require('zlib'), crypto = require('crypto'), fs = require('fs');
let seed = 1;
const draw = (n) => (seed = (seed * 48271) % 2147483647) % n;
const kept = new Map();
function step(i) {
    const rows = [];
    for (let k = 0; k < 50 + draw(200); k++)
        rows.push({id: k, name: 'n' + draw(997), text: 'x'.repeat(draw(400))});
    const text = Buffer.from(JSON.stringify(rows));
    const parts = [];
    for (let k = 0; k < 40; k++) parts.push(Buffer.alloc(4000 + draw(60000), k));
    const hash = crypto.createHash('sha256').update(text).digest('hex');
    const numbers = new Float64Array(1000 + draw(20000));
    kept.set(i % 40, [Buffer.concat(parts).subarray(0, 1000), numbers, hash]);
    // a function that is new each time keeps the compiler busy
    new Function('a', `let s = ${i}; for (let i = 0; i < a; i++) s += i * ${i}; return s;`)(20000);
    return new Promise((done) => zlib.gzip(text, {level: 1}, (e, packed) =>
        zlib.gunzip(packed, (e2, back) => fs.writeFile('out', back, done))));
}
(async () => {
    for (let i = 0; i < Number(process.argv[2]); i += 4)
        await Promise.all([step(i), step(i + 1), step(i + 2), step(i + 3)]);
    console.log(kept.size);
})();
JS
record --max-events=1000000 -- node work.js $((1200 * times)) >/dev/null
