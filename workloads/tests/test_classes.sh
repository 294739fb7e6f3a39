#!/usr/bin/env bash
# haktrace classes and bound: what they print is what allocators accept, the layout is that of
# hakmem's slabs, heap profiles of real tools are read, and nothing real is below the bound.
. "$(dirname "$0")/lib.sh"

traces=$ROOT/workloads/traces
hakmem=$ROOT/hakmem/libhakmem.so

lines() { "$bin/haktrace" classes --format=hakmem "$@" 2>/dev/null; }
classes_of() { sed -n "s/^HAKMEM_$1_CLASSES=//p"; }

test_hakmem_accepts_every_table() {
    local trace table
    [ -e "$hakmem" ] || fail "hakmem is not built"
    for trace in "$traces"/*.hakt.zst; do
        mapfile -t table < <(lines "$trace")
        [ ${#table[@]} -gt 0 ]
        env "${table[@]}" HAKMEM_STRICT_OPTIONS=1 LD_PRELOAD="$hakmem" /bin/true 2>err
        [ ! -s err ] || fail "${table[*]}: $(cat err)"
    done
    mapfile -t table < <(lines "$traces/python.hakt.zst" --range=1025:2m --wmax=1.1 --classes=90)
    [[ ${table[*]} == *HAKMEM_WMAX_MID=1.1000*HAKMEM_SMALLMID_ENABLE=0* ]] || fail "${table[*]}"
    env "${table[@]}" HAKMEM_STRICT_OPTIONS=1 LD_PRELOAD="$hakmem" /bin/true 2>err
    [ ! -s err ] || fail "${table[*]}: $(cat err)"
    # and what it does not accept is noticed
    expect_exit 2 env HAKMEM_MID_CLASSES=33001 HAKMEM_STRICT_OPTIONS=1 \
        LD_PRELOAD="$hakmem" /bin/true
}

# The allocator's own report: blocks and slabs of each mid class; every size of the trace has one.
test_slabs_are_those_of_the_allocator() {
    local name trace table block blocks pairs=0
    for name in redis-33k python rocksdb-32k; do
        trace=$traces/$name.hakt.zst
        mapfile -t table < <(lines "$trace")
        env "${table[@]}" HAKMEM_STATS=stats LD_PRELOAD="$hakmem" "$bin/hakreplay" "$trace" >out
        # what had no class is the replayer's own, not a size of the trace
        "$bin/haktrace" convert "$trace" - --to=csv | cut -d, -f5 | sort -u >sizes
        if grep -oE 'Threshold.*"min_request_bytes": [0-9]+, "max_request_bytes": [0-9]+' stats |
            sed -E 's/.*min_request_bytes": ([0-9]+).*: ([0-9]+)/\1\n\2/' | grep -xFf sizes; then
            fail "$name: a size of the trace has no class: $(grep Threshold stats)"
        fi
        "$bin/haktrace" classes --format=json "$trace" 2>err | tr -d ' \n' | grep -oE \
            '"block_bytes":[0-9]+,"slab_bytes":[0-9]+,"slab_blocks":[0-9]+' | tr -dc '0-9,\n' |
            awk -F, '$3 > 1 {print $1, $3}' >wanted
        while read -r block blocks; do
            grep "\"class_bytes\": $block," stats >row
            sed -E 's/.*"slabs": ([0-9]+), "blocks": ([0-9]+),.*/\1 \2/' row |
                awk -v wanted="$blocks" '$1 > 0 {exit $2 != $1 * wanted}' ||
                fail "$name: a slab of class $block has not $blocks blocks: $(cat row)"
            pairs=$((pairs + 1))
        done <wanted
    done
    expect_between 8 $pairs 1000
}

test_the_report_is_proved() {
    "$bin/haktrace" classes "$traces/redis-33k.hakt.zst" >text
    [ "$(grep -c 'lower bound .* gap 0$' text)" -eq 2 ]
    grep -q '^HAKMEM_MID_CLASSES=' text
    "$bin/haktrace" classes --format=json "$traces/redis-33k.hakt.zst" | tr -d ' \n' >json
    expect_text json '"proof":"allpairs"'
    expect_text json '"cost_unit":"bytesxmicroseconds"'
    "$bin/haktrace" convert "$traces/redis-33k.hakt.zst" plain.hakt --time-unit=none
    "$bin/haktrace" classes --format=json plain.hakt | tr -d ' \n' >json
    expect_text json '"cost_unit":"bytesxoperations"'
}

# A thousand live blocks each of 9000, 33000 and 300000 bytes.
three_sizes() { printf '%s\n' 9000,1,1000 33000,1,1000 300000,1,1000; }

test_numbers_of_classes() {
    three_sizes >t.csv
    [ "$(lines t.csv | classes_of MID)" = 9008,33008 ] || fail "$(lines t.csv)"
    [ "$(lines t.csv | classes_of LARGE)" = 303104 ]
    [ "$(lines t.csv --classes=2 --wmax=4 | classes_of MID)" = 33008 ]
    [ "$(lines t.csv --classes=fewest --wmax=4 | classes_of MID | tr , '\n' | wc -l)" -eq 1 ]
    [ "$(lines t.csv --classes=fewest | classes_of MID | tr , '\n' | wc -l)" -eq 2 ]
    expect_exit 1 "$bin/haktrace" classes t.csv --classes=2
    expect_text err "fewest"
    # a rare size is not worth half a slab
    printf '%s\n' 33000,1,10000 30000,1,1 >rare.csv
    [ "$(lines rare.csv | classes_of MID)" = 33008 ]
    # outside the range the built-in classes stay
    lines t.csv --range=30000:40000 | classes_of MID >list
    expect_text list 28672,30720,33008,40960,45056
    grep -q '^9216,' list
    [ -z "$(lines t.csv --range=30000:40000 | classes_of LARGE)" ]
    expect_exit 1 "$bin/haktrace" classes t.csv --range=40000:50000
    expect_text err "t.csv: none of its 3 sizes lies in the range"
    expect_exit 1 "$bin/haktrace" classes t.csv --wmax=1.0001
    expect_text err "within W_MAX 1 of 9000 bytes"
}

# 9,000 bytes most of the time, 33,000 at the peak
test_peak() {
    {
        echo event,thread,op,block,bytes,align,time_ns,site
        awk 'BEGIN {
            for (i = 0; i < 1000; i++) print i ",0,malloc," i ",9000,,,"
            for (i = 0; i < 900; i++) print 1000 + i ",0,free," i ",,,,"
            for (i = 0; i < 2000; i++) print 1900 + i ",0,malloc," 1000 + i ",33000,,,"
        }'
    } >p.csv
    "$bin/haktrace" classes p.csv --peak >text
    expect_text text "bytes at one moment"
    "$bin/haktrace" classes p.csv --peak --format=json | tr -d ' \n' |
        grep -o '"live_bytes":[0-9]*' | head -1 >live
    [ "$(cat live)" = '"live_bytes":66900000' ] || fail "$(cat live)"
    three_sizes >t.csv
    expect_exit 1 "$bin/haktrace" classes t.csv --peak
    expect_text err "t.csv: --peak is for traces"
}

test_memcached_accepts_its_table() {
    printf '%s\n' 100,1,5000 700,1,90000 33000,1,4000 200000,1,300 >items.csv
    "$bin/haktrace" classes items.csv --format=memcached >line
    grep -qE '^-o slab_sizes=[0-9]+(-[0-9]+)+$' line
    read -r option value <line
    # Its report is all that is wanted; the address is one that nobody has.
    expect_exit 71 memcached -u nobody -l 192.0.2.1 -p 33411 "$option" "$value" -vv ||
        fail "$(cat err)"
    sed -nE 's/^slab class .*chunk size +([0-9]+) .*/\1/p' err >chunks
    tr - '\n' <<<"${value#slab_sizes=}" >wanted
    # one more, of the largest chunk, is memcached's own
    head -n "$(wc -l <wanted)" chunks | diff wanted -
}

test_scudo_compiles_its_table() {
    "$bin/haktrace" classes "$traces/redis-small.hakt.zst" --format=scudo >table.h
    cat >check.c <<'LINES'
#include <cstdint>
typedef uintptr_t uptr;
typedef uint16_t u16;
typedef uint32_t u32;
#include "table.h"
typedef TracedSizeClassConfig T;
constexpr unsigned count = sizeof(T::Classes) / sizeof(T::Classes[0]);
constexpr bool ascends(unsigned at = 1) {
    return at == count || (T::Classes[at] > T::Classes[at - 1] && ascends(at + 1));
}
static_assert(ascends() && count > 8 && count < 256, "");
static_assert(T::Classes[0] == 32 && T::Classes[3] == 80, "linear up to 2^MidSizeLog");
static_assert((uptr(1) << T::MaxSizeLog) + T::SizeDelta >= T::Classes[count - 1], "");
LINES
    g++ -std=c++17 -x c++ -fsyntax-only check.c
}

test_comparison() {
    "$bin/haktrace" classes --compare "$traces/redis-33k.hakt.zst" "$traces/z3.hakt.zst" \
        --figures=f >out 2>err
    # name, live, then waste and "(classes)" of each; the last is the best
    sed '/^$/q' out | awk 'NF > 0 && NR > 2 {
            gsub(/[()]/, " ")
            for (i = 3; i < NF - 1; i += 2)
                if ($i < $(NF - 1)) exit 1
            rows++
        }
        END {exit rows != 2}' || fail "$(cat out)"
    grep -q '</svg>' f/classes.svg
    grep -q redis-33k f/classes.svg
    expect_exit 2 "$bin/haktrace" classes --compare "$traces/z3.hakt.zst" --format=json
}

# ---- heap profiles: 100 blocks of 33,000 bytes among a program's own ----

program() { perl -e '@a = map { "x" x 32990 } 1 .. 100'; }

test_profile_of_jemalloc() {
    MALLOC_CONF=prof:true,prof_final:true,lg_prof_sample:0,prof_prefix:./je \
        LD_PRELOAD=$library/libjemalloc.so.2 perl -e '@a = map { "x" x 32990 } 1 .. 100'
    "$bin/haktrace" classes je.*.heap --format=json 2>err | tr -d ' \n' >json
    expect_text err "jemalloc writes sizes as it rounded them up"
    lines je.*.heap | classes_of MID | tr , '\n' | grep -x 40960
    # sampled every 512 KiB: a block of 40,960 stands for about 13.3
    printf '%s\n' 'heap_v2/524288' '  t*: 3: 122880 [0: 0]' '@ 0x1 0x2' '  t*: 3: 122880 [0: 0]' \
        '  t1: 3: 122880 [0: 0]' MAPPED_LIBRARIES: 'x y' >s.heap
    "$bin/haktrace" classes s.heap --format=json 2>err | tr -d ' \n' >json
    grep -oE '"live_bytes":[0-9]+' json | head -1 | cut -d: -f2 >live
    expect_between 1630000 "$(cat live)" 1640000
}

test_profile_of_gperftools() {
    HEAPPROFILE=./gp LD_PRELOAD=$library/libtcmalloc.so.4 \
        perl -e '@a = map { "x" x 32990 } 1 .. 100' 2>log
    lines gp.0001.heap | classes_of MID | tr , '\n' >classes
    awk '$1 >= 32991 && $1 < 34000 {found = 1} END {exit !found}' classes || fail "$(cat classes)"
    printf '%s\n' 'heap profile:  3: 122880 [ 3: 122880] @ heap_v2/524288' \
        '  3: 122880 [ 3: 122880] @ 0x1 0x2' >s.heap
    "$bin/haktrace" classes s.heap --format=json | tr -d ' \n' >json
    grep -oE '"live_bytes":[0-9]+' json | head -1 | cut -d: -f2 >live
    expect_between 1630000 "$(cat live)" 1640000
}

test_malloc_info() {
    cat >info.c <<'LINES'
#include <malloc.h>
#include <stdlib.h>
int main(void) {
    void *blocks[100];
    for (int i = 0; i < 100; i++) {
        blocks[i] = malloc(33000);
        if (malloc(100) == NULL)
            return 1;
    }
    for (int i = 0; i < 100; i += 2)
        free(blocks[i]);
    return malloc_info(0, stdout);
}
LINES
    gcc -O0 info.c -o info
    ./info >glibc.xml
    "$bin/haktrace" classes glibc.xml --format=hakmem 2>err | classes_of MID | tr , '\n' >classes
    expect_text err "glibc lists free blocks only"
    awk '$1 >= 33000 && $1 < 34000 {found = 1} END {exit !found}' classes ||
        fail "$(cat classes glibc.xml)"
    printf '%s\n' '<malloc version="scudo-1">' '<alloc size="33000" count="1000"/>' \
        '</malloc>' >scudo.xml
    [ "$(lines scudo.xml | classes_of MID)" = 33008 ]
}

# profile FILE KIND: a message of pprof, written byte by byte. KIND: heap, label, or cpu.
profile() {
    python3 - "$@" <<'LINES'
import gzip, sys
path, kind = sys.argv[1:]
def varint(n):
    out = b''
    while n >= 128:
        out += bytes([n & 127 | 128]); n >>= 7
    return out + bytes([n])
def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value
names = ['', 'alloc_objects', 'count', 'alloc_space', 'bytes', 'inuse_objects', 'inuse_space']
if kind == 'cpu':
    names[5:] = ['samples', 'cpu']
message = b''
for name in (1, 3, 5, 6):
    message += field(1, field(1, name) + field(2, 2))
def sample(values, label=None):
    body = field(1, b'\x01\x02') + field(2, b''.join(map(varint, values)))
    if label:
        body += field(3, field(1, 4) + field(3, label))
    return field(2, body)
# without its label, 3000 blocks of 22,000 bytes in the mean
message += sample([9, 9, 3000, 3000 * 22000], 33000 if kind == 'label' else None)
message += sample([9, 9, 0, 0])
for name in names:
    message += field(6, name.encode())
message += field(9, 12345)
open(path, 'wb').write(message if path.endswith('.pb') else gzip.compress(message))
LINES
}

test_profile_of_pprof() {
    profile heap.pb.gz heap
    [ "$(lines heap.pb.gz | classes_of MID)" = 22000 ] || fail "$(lines heap.pb.gz)"
    profile plain.pb heap
    [ "$(lines plain.pb)" = "$(lines heap.pb.gz)" ]
    profile label.pb.gz label
    [ "$(lines label.pb.gz | classes_of MID)" = 33008 ]
    profile cpu.pb.gz cpu
    expect_exit 1 "$bin/haktrace" classes cpu.pb.gz
    expect_text err "cpu.pb.gz: a profile of pprof, but not of the heap"
    expect_text err "expected the values inuse_objects"
    head -c 60 heap.pb.gz >cut.pb.gz
    expect_exit 1 "$bin/haktrace" classes cut.pb.gz
    expect_text err "cut.pb.gz: packed by gzip, and damaged"
    echo nothing | gzip >other.gz
    expect_exit 1 "$bin/haktrace" classes other.gz
    expect_text err "other.gz: expected a profile of pprof"
}

test_bad_files_are_named() {
    expect_exit 1 "$bin/haktrace" classes none.heap
    expect_text err none.heap
    printf '%s\n' 'heap_v2/x' >a.heap
    expect_exit 1 "$bin/haktrace" classes a.heap
    expect_text err "a.heap: line 1 'heap_v2/x': expected heap_v2/ and the bytes between samples"
    printf '%s\n' 'heap_v2/1' '@ 0x1' '  t*: 3 122880' >a.heap
    expect_exit 1 "$bin/haktrace" classes a.heap
    expect_text err "a.heap: line 3"
    printf '%s\n' 'heap profile: 1: 2 [1: 2] @ growthz' >a.heap
    expect_exit 1 "$bin/haktrace" classes a.heap
    expect_text err "expected a heap profile '@ heapprofile' or '@ heap_v2/PERIOD'"
    printf '%s\n' '<malloc version="1">' '<size from="1" to="2" total="x" count="1"/>' >a.xml
    expect_exit 1 "$bin/haktrace" classes a.xml
    expect_text err "a.xml: line 2"
    printf '%s\n' '<malloc version="1">' '</malloc>' >a.xml
    expect_exit 1 "$bin/haktrace" classes a.xml
    expect_text err "a.xml: no block in it is alive"
    printf '%s\n' '1,2,3' '1,2' >a.csv
    expect_exit 1 "$bin/haktrace" classes a.csv
    expect_text err "a.csv: line 2 '1,2': expected size, rate, live count"
    echo nonsense >a.txt
    expect_exit 1 "$bin/haktrace" classes a.txt
    expect_text err "a.txt: not a trace"
    three_sizes >t.csv
    local option
    for option in --classes=0 --classes=257 --wmax=0.9 --wmax=x --format=xml --format=sc \
        --range=5:4; do
        expect_exit 2 "$bin/haktrace" classes t.csv $option
        expect_text err "$option"
    done
    expect_exit 2 "$bin/haktrace" info t.csv --wmax=2
    expect_exit 2 "$bin/haktrace" classes t.csv t.csv
    expect_exit 2 "$bin/haktrace" classes t.csv --figures=f
    expect_text err "with --compare only"
}

# ---- bound ----

# Every allocator needs as much as the bound says. Each trace is replayed up to where the bound is
# reached, and memory is read there: so the order of threads does not matter, nor how the kernel
# keeps a peak. What was in memory before the trace began is taken off; of it, the first piece of
# libc's heap (132 KiB) may serve the trace. Kernels before 6.16 may be behind by 32 pages a core.
unseen_bytes=$((135168 + 32 * 4096 * $(nproc)))
test_nothing_is_below_the_bound() {
    local trace bound event resident preload traces_seen=0
    # live, bound, event, packing of each
    "$bin/haktrace" bound --json "$traces"/*.hakt.zst 2>err | grep -oE '_(bytes|event)": [0-9]+' |
        cut -d' ' -f2 | paste -d ' ' - - - - >bounds
    for trace in "$traces"/*.hakt.zst; do
        traces_seen=$((traces_seen + 1))
        read -r _ bound event _ < <(sed -n ${traces_seen}p bounds)
        "$bin/haktrace" cut "$trace" part.hakt --events=0:$((event + 1)) 2>err
        for preload in "" "$hakmem"; do
            LD_PRELOAD=$preload "$bin/hakreplay" part.hakt --touch=page --result=sample
            resident=$(number sample rss_anon_steady_bytes)
            [ $((resident + unseen_bytes)) -ge "$bound" ] ||
                fail "$trace: $resident resident, the bound is $bound ($preload)"
        done
    done
    expect_between 19 $traces_seen 1000
    awk '$2 < $1 || $4 < $2 {exit 1}' bounds || fail "$(cat bounds)"
}

test_bound_as_json() {
    printf '%s\n' event,thread,op,block,bytes,align,time_ns,site 0,0,malloc,0,5000,,, \
        1,0,malloc,1,3000,,, 2,0,free,0,,,, 3,0,malloc,2,4000,,, >b.csv
    "$bin/haktrace" bound --json b.csv | tr -d ' \n' >json
    expect_text json '"peak_live_bytes":8000,"bound_bytes":8192,'
    expect_text json '"packing_bytes":8192'
    expect_exit 2 "$bin/haktrace" bound b.csv --wmax=2
}

run_tests
