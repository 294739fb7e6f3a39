/*
 * traced.c - where hakmem meets the model. Its objects are compiled as for ThreadSanitizer, so that
 * they call a function at each access to memory that another thread could see; here these tell the
 * model. Its locks, clocks, and system calls come by here (ld's --wrap).
 */
#include "cores.h"

#include "os/lock.h"
#include "os/os.h"

/* ---- plain accesses ---- */

#define ACCESS(name, writes)                                                                       \
    void __tsan_##name(void *address);                                                             \
    void __tsan_##name(void *address) {                                                            \
        core_access((uintptr_t)address, writes, false, __builtin_return_address(0));               \
    }
ACCESS(read1, false)
ACCESS(read2, false)
ACCESS(read4, false)
ACCESS(read8, false)
ACCESS(read16, false)
ACCESS(write1, true)
ACCESS(write2, true)
ACCESS(write4, true)
ACCESS(write8, true)
ACCESS(write16, true)

static void access_range(uintptr_t start, size_t bytes, bool writes, const void *from) {
    for (uintptr_t at = start & ~(uintptr_t)(LINE_BYTES - 1); at < start + bytes;
         at += LINE_BYTES) {
        core_access(at, writes, false, from);
    }
}

void __tsan_read_range(void *start, unsigned long bytes);
void __tsan_read_range(void *start, unsigned long bytes) {
    access_range((uintptr_t)start, bytes, false, __builtin_return_address(0));
}

void __tsan_write_range(void *start, unsigned long bytes);
void __tsan_write_range(void *start, unsigned long bytes) {
    access_range((uintptr_t)start, bytes, true, __builtin_return_address(0));
}

void *__real_memset(void *start, int byte, size_t bytes);
void *__wrap_memset(void *start, int byte, size_t bytes);
void *__wrap_memset(void *start, int byte, size_t bytes) {
    access_range((uintptr_t)start, bytes, true, __builtin_return_address(0));
    return __real_memset(start, byte, bytes);
}

void __tsan_init(void);
void __tsan_init(void) {
}
void __tsan_func_entry(void *caller);
void __tsan_func_entry(void *caller) {
    (void)caller;
}
void __tsan_func_exit(void);
void __tsan_func_exit(void) {
}

/* ---- atomic ones: these do what they are told to ---- */

#define ATOMIC(bits)                                                                               \
    uint##bits##_t __tsan_atomic##bits##_load(const volatile uint##bits##_t *at, int order);       \
    uint##bits##_t __tsan_atomic##bits##_load(const volatile uint##bits##_t *at, int order) {      \
        (void)order;                                                                               \
        core_access((uintptr_t)at, false, false, __builtin_return_address(0));                     \
        return __atomic_load_n(at, __ATOMIC_SEQ_CST);                                              \
    }                                                                                              \
    void __tsan_atomic##bits##_store(volatile uint##bits##_t *at, uint##bits##_t value,            \
                                     int order);                                                   \
    void __tsan_atomic##bits##_store(volatile uint##bits##_t *at, uint##bits##_t value,            \
                                     int order) {                                                  \
        core_access((uintptr_t)at, true, order == __ATOMIC_SEQ_CST, __builtin_return_address(0));  \
        __atomic_store_n(at, value, __ATOMIC_SEQ_CST);                                             \
    }                                                                                              \
    int __tsan_atomic##bits##_compare_exchange_strong(volatile uint##bits##_t *at,                 \
                                                      uint##bits##_t *expected,                    \
                                                      uint##bits##_t value, int order, int fail);  \
    int __tsan_atomic##bits##_compare_exchange_strong(volatile uint##bits##_t *at,                 \
                                                      uint##bits##_t *expected,                    \
                                                      uint##bits##_t value, int order, int fail) { \
        (void)order;                                                                               \
        (void)fail;                                                                                \
        core_access((uintptr_t)at, true, true, __builtin_return_address(0));                       \
        return __atomic_compare_exchange_n(at, expected, value, false, __ATOMIC_SEQ_CST,           \
                                           __ATOMIC_SEQ_CST);                                      \
    }                                                                                              \
    int __tsan_atomic##bits##_compare_exchange_weak(volatile uint##bits##_t *at,                   \
                                                    uint##bits##_t *expected,                      \
                                                    uint##bits##_t value, int order, int fail);    \
    int __tsan_atomic##bits##_compare_exchange_weak(volatile uint##bits##_t *at,                   \
                                                    uint##bits##_t *expected,                      \
                                                    uint##bits##_t value, int order, int fail) {   \
        return __tsan_atomic##bits##_compare_exchange_strong(at, expected, value, order, fail);    \
    }
ATOMIC(8)
ATOMIC(16)
ATOMIC(32)
ATOMIC(64)

#define ATOMIC_STEP(bits, name, built_in)                                                          \
    uint##bits##_t __tsan_atomic##bits##_##name(volatile uint##bits##_t *at, uint##bits##_t value, \
                                                int order);                                        \
    uint##bits##_t __tsan_atomic##bits##_##name(volatile uint##bits##_t *at, uint##bits##_t value, \
                                                int order) {                                       \
        (void)order;                                                                               \
        core_access((uintptr_t)at, true, true, __builtin_return_address(0));                       \
        return built_in(at, value, __ATOMIC_SEQ_CST);                                              \
    }
ATOMIC_STEP(8, exchange, __atomic_exchange_n)
ATOMIC_STEP(32, exchange, __atomic_exchange_n)
ATOMIC_STEP(64, exchange, __atomic_exchange_n)
ATOMIC_STEP(32, fetch_add, __atomic_fetch_add)
ATOMIC_STEP(64, fetch_add, __atomic_fetch_add)
ATOMIC_STEP(32, fetch_sub, __atomic_fetch_sub)
ATOMIC_STEP(64, fetch_sub, __atomic_fetch_sub)
ATOMIC_STEP(64, fetch_and, __atomic_fetch_and)
ATOMIC_STEP(64, fetch_or, __atomic_fetch_or)
ATOMIC_STEP(32, fetch_and, __atomic_fetch_and)
ATOMIC_STEP(32, fetch_or, __atomic_fetch_or)

/* ---- locks ---- */

void __real_lock_acquire(hak_lock_t *lock, unsigned rank);
void __wrap_lock_acquire(hak_lock_t *lock, unsigned rank);
void __wrap_lock_acquire(hak_lock_t *lock, unsigned rank) {
    core_lock(lock, rank);
    __real_lock_acquire(lock, rank);
}

bool __real_lock_try(hak_lock_t *lock, unsigned rank);
bool __wrap_lock_try(hak_lock_t *lock, unsigned rank);
bool __wrap_lock_try(hak_lock_t *lock, unsigned rank) {
    return core_try_lock(lock, rank) && __real_lock_try(lock, rank);
}

void __real_lock_release(hak_lock_t *lock, unsigned rank);
void __wrap_lock_release(hak_lock_t *lock, unsigned rank);
void __wrap_lock_release(hak_lock_t *lock, unsigned rank) {
    __real_lock_release(lock, rank);
    core_unlock(lock, rank);
}

/* ---- the system ---- */

uint64_t __wrap_os_clock_ms(void);
uint64_t __wrap_os_clock_ms(void) {
    return 1000 + (core_is_simulated() ? (uint64_t)(core_now_ns() / 1e6) : 0);
}

uint64_t __wrap_os_clock_ns(void);
uint64_t __wrap_os_clock_ns(void) {
    return (uint64_t)1e9 + (core_is_simulated() ? (uint64_t)core_now_ns() : 0);
}

#define CALL(name)                                                                                 \
    int __real_os_##name(void *start, size_t bytes);                                               \
    int __wrap_os_##name(void *start, size_t bytes);                                               \
    int __wrap_os_##name(void *start, size_t bytes) {                                              \
        core_system_call();                                                                        \
        return __real_os_##name(start, bytes);                                                     \
    }
CALL(claim)
CALL(commit)
CALL(guard)
CALL(purge)
CALL(release)

void __real_os_advise_huge(void *start, size_t bytes, bool want);
void __wrap_os_advise_huge(void *start, size_t bytes, bool want);
void __wrap_os_advise_huge(void *start, size_t bytes, bool want) {
    core_system_call();
    __real_os_advise_huge(start, bytes, want);
}
