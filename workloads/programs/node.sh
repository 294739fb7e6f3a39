#!/usr/bin/env bash
# Node.js: JSON, buffers of 4 to 64 KB, compression on the thread pool, and hashes.
. "$(dirname "${BASH_SOURCE[0]}")/common/stages.sh"
need node nodejs

prepare() {
    cat >work.js <<'JS'
const zlib = require('zlib'), crypto = require('crypto');
let seed = 1, sum = 0;
const draw = (n) => (seed = (seed * 48271) % 2147483647) % n;
const kept = [];
function step(i) {
    const rows = [];
    for (let k = 0; k < 100; k++)
        rows.push({id: k, name: 'n' + draw(997), text: 'x'.repeat(draw(400))});
    const text = Buffer.from(JSON.stringify(rows)), parts = [];
    for (let k = 0; k < 40; k++) parts.push(Buffer.alloc(4000 + draw(60000), k));
    kept[i % 40] = parts.slice(0, 8);
    sum += crypto.createHash('sha256').update(Buffer.concat(parts)).digest()[0];
    return new Promise((done) => zlib.gzip(text, {level: 1}, (e, packed) =>
        zlib.gunzip(packed, (e2, back) => { sum += back.length; done(); })));
}
(async () => {
    for (let i = 0; i < Number(process.argv[2]); i += 4)
        await Promise.all([step(i), step(i + 1), step(i + 2), step(i + 3)]);
    console.log(sum);
})();
JS
}
tool() { serve node work.js "$(share 2000)"; }
figures() {
    echo "ops $(share 2000)"
    echo "check $(cat tool.out)"
}
stage "$@"
