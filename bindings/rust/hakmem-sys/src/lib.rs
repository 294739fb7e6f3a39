//! hakmem.h in Rust, as it is. What each function does, the header says, and the manual page
//! libhakmem(3).
//!
//! A program that is linked with this crate is served by hakmem whole: malloc and free of C
//! libraries in it, too.

#![allow(non_camel_case_types)]

use std::os::raw::{c_char, c_int, c_void};

/// How often ACE could not serve a request, by reason.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct hak_ace_totals_t {
    pub threshold: u64,
    pub exhaustion: u64,
    pub mapfail: u64,
}

/// Where the memory of the process stands, in bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct hak_memory_t {
    pub live_bytes: u64,
    pub requested_bytes: u64,
    pub cached_bytes: u64,
    pub metadata_bytes: u64,
    pub mapped_bytes: u64,
    pub purged_bytes: u64,
}

extern "C" {
    pub fn hak_malloc(bytes: usize) -> *mut c_void;
    pub fn hak_calloc(count: usize, bytes: usize) -> *mut c_void;
    pub fn hak_realloc(block: *mut c_void, bytes: usize) -> *mut c_void;
    pub fn hak_reallocarray(block: *mut c_void, count: usize, bytes: usize) -> *mut c_void;
    pub fn hak_free(block: *mut c_void);
    pub fn hak_aligned_alloc(alignment: usize, bytes: usize) -> *mut c_void;
    pub fn hak_memalign(alignment: usize, bytes: usize) -> *mut c_void;
    pub fn hak_posix_memalign(block: *mut *mut c_void, alignment: usize, bytes: usize) -> c_int;
    pub fn hak_valloc(bytes: usize) -> *mut c_void;
    pub fn hak_pvalloc(bytes: usize) -> *mut c_void;
    pub fn hak_malloc_usable_size(block: *const c_void) -> usize;
    pub fn hak_malloc_trim(keep_bytes: usize) -> c_int;
    pub fn hak_idle();
    pub fn hak_version() -> *const c_char;
    pub fn hak_bypass_reason() -> *const c_char;
    pub fn hak_ace_totals(out: *mut hak_ace_totals_t);
    pub fn hak_memory_read(out: *mut hak_memory_t);
    pub fn hak_stats_dump(path: *const c_char) -> c_int;
}
