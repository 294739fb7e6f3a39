//! A program whose global allocator is hakmem: who serves it, contents, alignments, threads.

use hakmem::Hakmem;
use std::alloc::{alloc, alloc_zeroed, dealloc, realloc, Layout};
use std::sync::mpsc;
use std::sync::{Mutex, MutexGuard};
use std::thread;

#[global_allocator]
static ALLOCATOR: Hakmem = Hakmem;

extern "C" {
    fn malloc(bytes: usize) -> *mut u8;
    fn free(block: *mut u8);
}

/// Figures are exact while no other thread allocates.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

const LARGE: u64 = 300_000_000;

#[test]
fn hakmem_serves_rust_and_c() {
    let _alone = alone();
    assert_eq!(hakmem::version(), env!("CARGO_PKG_VERSION"));
    assert_eq!(hakmem::bypass_reason(), None);
    let before = hakmem::memory().live_bytes;
    let of_rust: Vec<u8> = Vec::with_capacity(LARGE as usize);
    assert!(hakmem::memory().live_bytes >= before + LARGE);
    let of_c = unsafe { malloc(LARGE as usize) };
    assert!(hakmem::memory().live_bytes >= before + 2 * LARGE);
    drop(of_rust);
    unsafe { free(of_c) };
    assert!(hakmem::memory().live_bytes < before + LARGE);
}

#[test]
fn blocks_are_aligned_zeroed_and_kept() {
    let _alone = alone();
    for shift in [0, 3, 4, 5, 8, 12, 16] {
        for bytes in [1, 24, 1000, 33_000, 70_000, 300_000] {
            let layout = Layout::from_size_align(bytes, 1 << shift).unwrap();
            let aligned = |block: *mut u8| !block.is_null() && block as usize % (1 << shift) == 0;
            unsafe {
                // used before, so that zeroes are work
                let used = alloc(layout);
                assert!(aligned(used));
                used.write_bytes(7, bytes);
                dealloc(used, layout);
                let block = alloc_zeroed(layout);
                assert!(aligned(block));
                assert!((0..bytes).all(|i| *block.add(i) == 0), "{:?}", layout);
                (0..bytes).for_each(|i| *block.add(i) = i as u8);
                let more = realloc(block, layout, 2 * bytes + 1);
                assert!(aligned(more));
                assert!((0..bytes).all(|i| *more.add(i) == i as u8), "{:?}", layout);
                let layout = Layout::from_size_align(2 * bytes + 1, 1 << shift).unwrap();
                let less = realloc(more, layout, (bytes + 1) / 2);
                assert!(aligned(less));
                assert!((0..bytes / 2).all(|i| *less.add(i) == i as u8), "{:?}", layout);
                dealloc(less, Layout::from_size_align((bytes + 1) / 2, 1 << shift).unwrap());
            }
        }
    }
}

#[test]
fn threads_free_the_blocks_of_others() {
    let _alone = alone();
    let (sender, receiver) = mpsc::channel::<Vec<u8>>();
    let threads: Vec<_> = (1..5u8)
        .map(|n| {
            let sender = sender.clone();
            thread::spawn(move || {
                for i in 0..2000 {
                    sender.send(vec![n; 1 + i * usize::from(n) * 37 % 40_000]).unwrap();
                }
            })
        })
        .collect();
    drop(sender);
    let mut blocks = 0;
    for block in receiver {
        assert!(block.iter().all(|byte| *byte == block[0]));
        blocks += 1;
    }
    assert_eq!(blocks, 4 * 2000);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn figures_and_trim() {
    let _alone = alone();
    drop(vec![1u8; LARGE as usize / 10]);
    hakmem::trim(0);
    let memory = hakmem::memory();
    assert!(memory.purged_bytes > 0 && memory.mapped_bytes > 0, "{:?}", memory);
    assert_eq!(hakmem::ace_totals(), hakmem::AceTotals::default());
    let path = std::env::temp_dir().join(format!("hakmem-rust-{}.json", std::process::id()));
    hakmem::dump_stats(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(text.contains("\"active\": false"), "{}", text);
    assert_eq!(hakmem::dump_stats("/nowhere/file").unwrap_err().kind(), std::io::ErrorKind::NotFound);
}
