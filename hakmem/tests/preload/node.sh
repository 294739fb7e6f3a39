#!/usr/bin/env bash
# Node: V8's own threads, Buffers of 33 KB outside its heap, worker threads, zlib.
. "$(dirname "$0")/../support/preload.sh"
need node
cat >heavy.js <<'JS'
const crypto = require('crypto'), zlib = require('zlib');
const { Worker, isMainThread, parentPort } = require('worker_threads');
function work(seed) {
    const hash = crypto.createHash('sha256');
    const kept = [];
    for (let i = 0; i < 3000; i++) {
        const buffer = Buffer.alloc(33000 + (i * seed) % 4000, i % 256);
        if (i % 3 === 0) kept.push(buffer);
        hash.update(buffer.subarray(0, 500));
    }
    const objects = Array.from({ length: 100000 }, (_, i) => ({ i, text: 'x'.repeat(i % 40) }));
    hash.update(JSON.stringify(objects.filter((o) => o.i % 9 === 0)));
    hash.update(zlib.inflateSync(zlib.deflateSync(Buffer.concat(kept.slice(0, 200)))));
    return hash.digest('hex');
}
if (isMainThread) {
    console.log(work(1));
    const results = [];
    for (let n = 0; n < 2; n++) {
        new Worker(__filename).on('message', (m) => {
            results.push(m);
            if (results.length === 2) console.log(results.join('\n'));
        });
    }
} else {
    parentPort.postMessage(work(2));
}
JS
same_output node heavy.js
