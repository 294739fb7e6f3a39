#!/usr/bin/env bash
# PHP with an allocator of its own on mmap, and with it turned off, so that all is malloc's; arrays,
# strings, regular expressions with a JIT, generators.
# Debian packages: php-cli
. "$(dirname "$0")/../../support/preload.sh"
need php
cat >heavy.php <<'PHP'
<?php
mt_srand(7);
$words = [];
for ($i = 0; $i < 200000; $i++) {
    $k = 'w' . ($i * 7919 % 30011);
    $words[$k] = ($words[$k] ?? 0) + 1;
}
ksort($words);
echo count($words), ' ', md5(json_encode($words)), "\n";
$kept = [];
for ($i = 0; $i < 20000; $i++) { $kept[$i % 300] = str_repeat(chr(65 + $i % 26), $i * 37 % 70000); }
echo md5(implode(',', $kept)), "\n";
function numbers($n) { for ($i = 0; $i < $n; $i++) yield $i => new ArrayObject([$i]); }
$sum = 0;
foreach (numbers(100000) as $k => $v) $sum += $v[0];
echo $sum, ' ', preg_match_all('/(w\d+).{0,7}(5)/', implode(' ', array_keys($words))), "\n";
class Node { public $next; public $load; }
for ($r = 0; $r < 200; $r++) {
    $a = new Node; $b = new Node; $a->next = $b; $b->next = $a;
    $a->load = range(1, 1000);
}
gc_collect_cycles();
echo strlen(serialize($words)), "\n";
PHP
for zend in 1 0; do
    USE_ZEND_ALLOC=$zend same_output php -n heavy.php
done
