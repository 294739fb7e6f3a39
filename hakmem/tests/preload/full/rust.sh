#!/usr/bin/env bash
# Rust: the compiler makes a program under hakmem, and the program, whose allocator is the system's,
# works with threads, collections and aligned blocks.
# Debian packages: rustc gcc
. "$(dirname "$0")/../../support/preload.sh"
need rustc
cat >heavy.rs <<'RS'
use std::alloc::{alloc_zeroed, dealloc, realloc, Layout};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{mpsc, Arc, Mutex};
use std::thread;

fn work(seed: usize) -> usize {
    let mut map: BTreeMap<usize, String> = BTreeMap::new();
    let mut queue: VecDeque<Vec<u8>> = VecDeque::new();
    let mut sum = 0;
    for i in 0..30000 {
        map.insert(i * 7919 % 9973, "x".repeat(i * seed % 300));
        queue.push_back(vec![i as u8; 33000 * (i % 40 == 0) as usize + i % 90]);
        if queue.len() > 100 {
            sum += queue.pop_front().unwrap().iter().map(|b| *b as usize).sum::<usize>();
        }
    }
    for power in 4..20 {
        unsafe {
            let layout = Layout::from_size_align(5000, 1 << power).unwrap();
            let block = alloc_zeroed(layout);
            assert!(!block.is_null() && block as usize % (1 << power) == 0);
            *block.add(4999) = power as u8;
            let more = realloc(block, layout, 50000);
            assert_eq!(*more.add(4999), power as u8);
            dealloc(more, Layout::from_size_align(50000, 1 << power).unwrap());
        }
    }
    sum + map.values().map(|v| v.len()).sum::<usize>()
}

fn main() {
    let shared = Arc::new(Mutex::new(Vec::new()));
    let threads: Vec<_> = (1..5)
        .map(|n| {
            let results = shared.clone();
            thread::spawn(move || {
                let result = work(n);
                results.lock().unwrap().push((n, result));
            })
        })
        .collect();
    threads.into_iter().for_each(|t| t.join().unwrap());
    let mut results = shared.lock().unwrap().clone();
    results.sort();
    println!("{:?}", results);
    let (sender, receiver) = mpsc::channel::<Box<[u8]>>();
    let producer = thread::spawn(move || {
        (0..5000).for_each(|i| sender.send(vec![1; i * 13 % 40000].into()).unwrap())
    });
    println!("{}", receiver.iter().map(|b| b.len()).sum::<usize>());
    producer.join().unwrap();
    let caught = std::panic::catch_unwind(|| {
        let empty: Vec<u32> = Vec::new();
        empty[seed()]
    });
    println!("{:?}", caught.is_err());
}

fn seed() -> usize { std::env::args().count() }
RS
rustc -O -C codegen-units=4 -o want heavy.rs 2>rustc.err || fail "libc: $(tail -n 3 rustc.err)"
under_hakmem rustc -O -C codegen-units=4 -o got heavy.rs 2>rustc.err ||
    fail "$(tail -n 3 rustc.err)"
assert_served
[ "$(./want 2>/dev/null)" = "$(./got 2>/dev/null)" ] || fail "the compiled programs differ"
same_output bash -c './got 2>/dev/null'
same_output bash -c 'rustc --emit=llvm-ir -C codegen-units=1 -o out.ll heavy.rs && cat out.ll'
