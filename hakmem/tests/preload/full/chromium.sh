#!/usr/bin/env bash
# Chromium without a screen renders a page with scripts, a canvas and workers: the same document and
# the same picture. Its executable brings an allocator of its own, which stands before a preloaded
# one; hakmem is there in each of its processes, and must not disturb.
# Debian packages: chromium
. "$(dirname "$0")/../../support/preload.sh"
need chromium
cat >page.html <<'HTML'
<!doctype html><html><head><title>t</title><style>
@keyframes none { } .row { display: grid; grid-template-columns: repeat(9, 1fr); }
.row > div { border: 1px solid #333; border-radius: 6px; background: linear-gradient(red, blue); }
</style></head><body><h1>Page</h1><canvas id="c" width="500" height="200"></canvas>
<svg width="200" height="100"><circle cx="50" cy="50" r="40" fill="teal"/></svg>
<div class="row" id="row"></div><pre id="out"></pre><script>
const context = document.getElementById('c').getContext('2d');
for (let i = 0; i < 200; i++) {
  context.fillStyle = `hsl(${i * 7 % 360} 70% 50%)`;
  context.fillRect(i * 13 % 480, i * 29 % 180, 20, 20);
}
for (let i = 0; i < 90; i++) {
  const cell = document.createElement('div');
  cell.textContent = 'cell ' + i;
  document.getElementById('row').append(cell);
}
let sum = 0;
const kept = [];
for (let i = 0; i < 4000; i++) {
  const bytes = new Uint8Array(33000);
  bytes[i] = i;
  if (i % 9 === 0) kept.push(bytes);
  sum += bytes.reduce((a, b) => a + b, 0);
}
const map = new Map(Array.from({length: 50000}, (_, i) => ['k' + i, 'x'.repeat(i % 50)]));
sum += [...map.values()].join('').length + JSON.stringify([...map]).length;
document.getElementById('out').textContent = 'sum ' + sum + ' kept ' + kept.length;
</script></body></html>
HTML
browser=(chromium --headless --disable-gpu --no-first-run --hide-scrollbars
    --window-size=800,700 --force-device-scale-factor=1 --user-data-dir="$work/profile")
# its sandbox does not serve root
[ "$(id -u)" -ne 0 ] || browser+=(--no-sandbox)
# render PREFIX: document and picture
render() {
    rm -rf profile
    "${browser[@]}" --dump-dom "file://$work/page.html" >"$1.html" 2>"$1.err" &&
        "${browser[@]}" --screenshot="$work/$1.png" "file://$work/page.html" >"$1.log" 2>&1
}
render want || fail "libc: $(tail -n 3 want.err)"
grep -q 'sum [0-9]* kept 445' want.html || fail "the page did not run: $(tail -c 300 want.html)"
export LD_PRELOAD=$lib HAKMEM_STATS=$work/stats.json
render got || fail "$(tail -n 3 got.err got.log)"
unset LD_PRELOAD HAKMEM_STATS
[ -s stats.json ] || fail "no statistics: Chromium did not run with hakmem"
cmp want.html got.html || fail "another document"
cmp want.png got.png || fail "another picture"
