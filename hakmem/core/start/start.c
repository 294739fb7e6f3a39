/* start.c - see start.h. */
#include "start.h"

#include "../box/class_table.h"
#include "../box/learn.h"
#include "../box/libc_bypass.h"
#include "../cache/thread_cache.h"
#include "../hakmem_tiers.h"
#include "../harden/harden.h"
#include "../options/options.h"
#include "../os/fatal.h"
#include "../os/lock.h"
#include "../os/os.h"
#include "../report/ace_failure.h"
#include "../slab/homes.h"
#include "../span/limit.h"

static hak_lock_t start_lock;
bool start_done;

static void start(void) {
    HAK_CHECK(os_start(), "this system's pages are not 4 to 64 KiB", NULL);
    options_read();
    limit_start();
    window_start();
    ace_failure_open();
    bypass_start();
    tiny_add_classes();
    smallmid_add_classes();
    mid_add_classes();
    large_add_classes();
    class_table_fill();
    cache_start();
    if (harden_is_on()) {
        harden_start();
    } else {
        homes_add_classes();
    }
    learn_start();
    large_start();
}

/* Of functions of libc that are called here others may stand in the way, which allocate: a
 * sanitizer's start when they are called first. They would wait for themselves. */
static _Thread_local bool starts __attribute__((tls_model("initial-exec")));

void start_now(void) {
    HAK_CHECK(!starts,
              "malloc while hakmem starts, by what stands in for a function of libc "
              "(a sanitizer's runtime?)",
              NULL);
    lock_acquire(&start_lock, LOCK_RANK_INIT);
    if (!start_done) {
        starts = true;
        start();
        starts = false;
        __atomic_store_n(&start_done, true, __ATOMIC_RELEASE);
    }
    lock_release(&start_lock, LOCK_RANK_INIT);
}
