/* publish.c - see publish.h. */
#include "publish.h"

#include <errno.h>
#include <string.h>

#include "../box/libc_bypass.h"
#include "../hakmem_tiers.h"
#include "../options/options.h"
#include "../options/path.h"
#include "../os/os.h"
#include "../report/ace_failure.h"
#include "../slab/homes.h"
#include "published.h"
#include "stats.h"

/* Publishing takes a twentieth of the time at most; after a pause so much at once. A publication
 * takes some ten microseconds, more with many threads. */
#define TIME_SHARE 20
#define CREDIT_NS  (UINT64_C(20) * 1000 * 1000)
#define COST_NS    (UINT64_C(20) * 1000) /* of the first, as is supposed */

static_assert(PUBLISHED_ROWS == (int)HAK_CLASS_COUNT && PUBLISHED_POOLS == (int)POOL_COUNT,
              "a row for each class and each pool");

bool publish_is_on;

/* A page that the kernel empties in the child of a fork, so that it writes into no file of its
 * parent's. */
static struct { published_t *file; } * own;
static published_t *mapped; /* … is there all the same, until it is unmapped */
static uint32_t is_publishing;
static uint64_t paid_until_ns, cost_ns = COST_NS;

/* "/dev/shm/hakmem-stats-4026531836-%p" */
static const char *const folders[] = {PUBLISHED_FOLDERS};
enum { FOLDERS = sizeof(folders) / sizeof(folders[0]), NAME_ROOM = 80 };
static char pattern[NAME_ROOM], names[2][NAME_ROOM];
static hak_path_t path = {.pattern = pattern, .names = {names[0], names[1]}};

static char *append(char *at, const char *text) {
    size_t length = strlen(text);
    memcpy(at, text, length + 1);
    return at + length;
}

static char *append_number(char *at, uint64_t number) {
    char digits[24];
    char *first = digits + sizeof(digits) - 1;
    *first = '\0';
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    return append(at, first);
}

/* Sets the path, and removes what dead processes left there. */
static void choose_folder(const char *folder) {
    char name[sizeof(PUBLISHED_NAME) + 24];
    append(append_number(append(name, PUBLISHED_NAME), os_process_space()), "-");
    os_remove_of_dead(folder, name);
    append(append(append(pattern, folder), name), "%p");
    path.made = 0;
}

static void keep_text(char *to, const char *text) {
    if (text != NULL) {
        strncpy(to, text, PUBLISHED_TEXT - 1);
    }
}

static void write_head(published_t *file) {
    file->layout = PUBLISHED_LAYOUT;
    file->process_id = os_process_id();
    keep_text(file->version, HAKMEM_VERSION);
    keep_text(file->bypass, bypass_reason());
    for (hak_pool_id_t pool = POOL_TINY; pool < POOL_COUNT; pool++) {
        strncpy(file->pools[pool], class_pool_name(pool), sizeof(file->pools[0]) - 1);
    }
}

/* 0, or why there is no file. */
static int share(void) {
    void *file = NULL;
    int error = 0;
    for (unsigned i = 0; i < FOLDERS && file == NULL; i++) {
        choose_folder(folders[i]);
        error = os_share(path_name(&path), sizeof(published_t), &file);
    }
    if (file == NULL) {
        return error;
    }
    mapped = file;
    write_head(mapped);
    is_publishing = 0;
    paid_until_ns = 0;
    own->file = mapped;
    publish_is_on = true;
    publish_now();
    /* Release: after all else. */
    __atomic_store_n(&mapped->magic, PUBLISHED_MAGIC, __ATOMIC_RELEASE);
    return 0;
}

void publish_start(void) {
    void *page = NULL;
    if (hak_options.stats_shm == 0) {
        return;
    }
    int error = os_reserve(os_page_bytes, &page);
    if (error == 0) {
        error = os_commit(page, os_page_bytes);
    }
    if (error == 0) {
        os_wipe_in_child(page, os_page_bytes);
        own = page;
        error = share();
    }
    if (error != 0) {
        hak_text_t text;
        text_note(&text, "HAKMEM_STATS_SHM=1: no file can be made in /dev/shm or /tmp, errno ");
        text_u64(&text, (uint64_t)error);
        text_str(&text, "; hakmem top will not see this process\n");
        text_flush(&text);
    }
}

void publish_in_child(void) {
    if (publish_is_on) {
        publish_is_on = false;
        own->file = NULL; /* where the kernel wipes nothing */
        os_unshare(mapped, sizeof(published_t));
        share();
    }
}

void publish_end(void) {
    if (publish_is_on && own->file != NULL) {
        publish_is_on = false;
        os_remove(path_name(&path));
    }
}

static void write_failures(published_row_t *row, unsigned id) {
    row->threshold = ace_failure_count(ACE_THRESHOLD, id).count;
    row->exhaustion = ace_failure_count(ACE_EXHAUSTION, id).count;
    row->mapfail = ace_failure_count(ACE_MAPFAIL, id).count;
}

static void write_class(published_t *file, unsigned id) {
    published_row_t *row = &file->rows[id];
    hak_class_figures_t figures;
    stats_read_class(id, &figures);
    row->class_bytes = figures.block_bytes;
    row->pool = figures.pool;
    row->live_blocks = figures.live_blocks;
    row->live_bytes = figures.live_bytes;
    row->requested_bytes = figures.requested_bytes;
    row->cached_bytes = figures.cached_bytes;
    write_failures(row, id);
}

static void write_pool(published_t *file, hak_pool_id_t pool, unsigned id) {
    published_row_t *row = &file->rows[id];
    hak_pool_figures_t figures;
    stats_read_pool(pool, &figures);
    row->pool = pool;
    row->live_blocks = PUBLISHED_UNKNOWN;
    row->live_bytes = figures.live_bytes;
    row->requested_bytes = figures.requested_bytes;
    row->cached_bytes = figures.cached_bytes;
    write_failures(row, id);
}

static void write_figures(published_t *file) {
    hak_memory_t memory;
    for (unsigned id = HAK_CLASS_FIRST; id < hak_class_end; id++) {
        if (!homes_has(id)) {
            write_class(file, id);
        }
    }
    write_pool(file, POOL_DIRECT, HAK_CLASS_DIRECT);
    write_pool(file, POOL_BIG, HAK_CLASS_BIG);
    stats_read_memory_beside_pools(&memory);
    for (unsigned id = HAK_CLASS_FIRST; id < HAK_CLASS_COUNT; id++) {
        memory.live_bytes += file->rows[id].live_bytes;
        memory.requested_bytes += file->rows[id].requested_bytes;
        memory.cached_bytes += file->rows[id].cached_bytes;
    }
    file->live_bytes = memory.live_bytes;
    file->requested_bytes = memory.requested_bytes;
    file->cached_bytes = memory.cached_bytes;
    file->metadata_bytes = memory.metadata_bytes;
    file->mapped_bytes = memory.mapped_bytes;
    file->purged_bytes = memory.purged_bytes;
}

static void write_now(published_t *file, uint64_t now_ns) {
    uint64_t sequence = file->sequence;
    /* The fences keep the figures between the two: before them nobody reads the old sequence and
     * new figures, after them nobody the new one and old figures. */
    __atomic_store_n(&file->sequence, sequence + 1, __ATOMIC_RELAXED);
#ifndef __SANITIZE_THREAD__ /* which knows no fences; who reads is another process */
    __atomic_thread_fence(__ATOMIC_RELEASE);
#endif
    file->published_ns = now_ns;
    keep_text(file->program, os_program_name()); /* which libc does not know before constructors */
    write_figures(file);
    __atomic_store_n(&file->sequence, sequence + 2, __ATOMIC_RELEASE);
}

/* A thread that was preempted meanwhile took long, and that is no cost of what it did: so the cost
 * falls at once, and rises by an eighth. */
static void note_cost(uint64_t took_ns) {
    cost_ns = hak_min(took_ns, cost_ns + cost_ns / 8 + 1000);
}

HAK_NOINLINE void publish_now(void) {
    int saved_errno = errno;
    /* Acquire, and release below: the file and the time are handed from thread to thread. */
    if (own->file == NULL || __atomic_exchange_n(&is_publishing, 1, __ATOMIC_ACQUIRE) != 0) {
        return;
    }
    uint64_t now_ns = os_clock_ns();
    if (now_ns >= paid_until_ns) {
        uint64_t credit_ns = TIME_SHARE * CREDIT_NS;
        write_now(own->file, now_ns);
        note_cost(os_clock_ns() - now_ns);
        paid_until_ns = hak_max(paid_until_ns, now_ns - hak_min(now_ns, credit_ns));
        paid_until_ns += cost_ns * TIME_SHARE;
    }
    __atomic_store_n(&is_publishing, 0, __ATOMIC_RELEASE);
    errno = saved_errno;
}
