//! hakmem as the allocator of a Rust program:
//!
//! ```
//! #[global_allocator]
//! static ALLOCATOR: hakmem::Hakmem = hakmem::Hakmem;
//!
//! let text = String::from("served by hakmem");
//! assert!(hakmem::memory().live_bytes >= text.len() as u64);
//! ```
//!
//! Options are environment variables, as everywhere: see hakmem(7).

use std::alloc::{GlobalAlloc, Layout};
use std::ffi::{CStr, CString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

pub use hakmem_sys::{hak_ace_totals_t as AceTotals, hak_memory_t as Memory};

/// The allocator, for `#[global_allocator]`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hakmem;

/// Every block has this alignment at least.
const USUAL_ALIGNMENT: usize = 16;

// SAFETY: hakmem's functions are thread-safe, do not unwind, and keep the contract of malloc.
unsafe impl GlobalAlloc for Hakmem {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() <= USUAL_ALIGNMENT {
            hakmem_sys::hak_malloc(layout.size()).cast()
        } else {
            hakmem_sys::hak_memalign(layout.align(), layout.size()).cast()
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.align() <= USUAL_ALIGNMENT {
            return hakmem_sys::hak_calloc(1, layout.size()).cast();
        }
        let block = self.alloc(layout);
        if !block.is_null() {
            block.write_bytes(0, layout.size());
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, _layout: Layout) {
        hakmem_sys::hak_free(block.cast());
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        if layout.align() <= USUAL_ALIGNMENT {
            return hakmem_sys::hak_realloc(block.cast(), bytes).cast();
        }
        let new = self.alloc(Layout::from_size_align_unchecked(bytes, layout.align()));
        if !new.is_null() {
            new.copy_from_nonoverlapping(block, layout.size().min(bytes));
            self.dealloc(block, layout);
        }
        new
    }
}

/// Where the memory of the process stands.
pub fn memory() -> Memory {
    let mut out = Memory::default();
    // SAFETY: writes the record, and nothing else.
    unsafe { hakmem_sys::hak_memory_read(&mut out) };
    out
}

/// How often ACE could not serve a request since the process started.
pub fn ace_totals() -> AceTotals {
    let mut out = AceTotals::default();
    // SAFETY: writes the record, and nothing else.
    unsafe { hakmem_sys::hak_ace_totals(&mut out) };
    out
}

/// Gives cached memory back to the system, but for so many bytes. Whether there was some.
pub fn trim(keep_bytes: usize) -> bool {
    // SAFETY: takes no memory that is in use.
    unsafe { hakmem_sys::hak_malloc_trim(keep_bytes) != 0 }
}

/// Says that the calling thread will wait: what it keeps for itself becomes free to others, and idle
/// memory goes back but for what the program took again lately.
pub fn idle() {
    // SAFETY: takes no memory that is in use.
    unsafe { hakmem_sys::hak_idle() }
}

/// The version of the library that runs.
pub fn version() -> &'static str {
    // SAFETY: static, and ASCII.
    unsafe { CStr::from_ptr(hakmem_sys::hak_version()) }.to_str().unwrap_or("")
}

/// The option that sends some or all requests to libc; None while hakmem serves all.
pub fn bypass_reason() -> Option<&'static str> {
    // SAFETY: NULL, or static and ASCII.
    let reason = unsafe { hakmem_sys::hak_bypass_reason() };
    if reason.is_null() {
        return None;
    }
    unsafe { CStr::from_ptr(reason) }.to_str().ok()
}

/// Writes all counters as JSON into a file; "-" is standard error.
pub fn dump_stats(path: impl AsRef<Path>) -> io::Result<()> {
    let path = CString::new(path.as_ref().as_os_str().as_bytes())?;
    // SAFETY: reads the path, and nothing else.
    match unsafe { hakmem_sys::hak_stats_dump(path.as_ptr()) } {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}
