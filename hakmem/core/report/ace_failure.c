/*
 * ace_failure.c - see ace_failure.h. The form of the lines is an interface (keys, order):
 *   [ACE-FAIL] Threshold: size=33000 wmax=1.01 class=36864 pool=mid
 *   [ACE-FAIL] Exhaustion: size=33000 wmax=1.60 class=36864 pool=mid used=4194304 cap=4194304
 *   [ACE-FAIL] MapFail: size=33000 wmax=1.60 class=36864 pool=mid map=2097152 errno=12
 *   [ACE-SUMMARY] Threshold: pool=mid class=36864 count=2 bytes=66000 min=33000 max=33000
 *   [ACE-LEARN] add: pool=mid class=33104 live=22118400 rent=2211840
 * A pool without a bound on waste prints wmax=inf. Where it was HAKMEM_LIMIT that refused, not the
 * OS, a MapFail ends in limit=67108864.
 */
#include "ace_failure.h"

#include <string.h>

#include "../options/options.h"
#include "../os/os.h"
#include "../span/limit.h"

HAK_APART static hak_ace_count_t counts[ACE_REASONS][HAK_CLASS_COUNT];

const char *ace_reason_name(hak_ace_reason_t reason) {
    static const char *const names[] = {"Threshold", "Exhaustion", "MapFail"};
    return names[reason];
}

/* NULL: stderr. */
static const char *trace_path(void) {
    const char *path = path_name(&hak_options.ace_trace_file);
    return path != NULL && strcmp(path, "-") != 0 ? path : NULL;
}

/* The trace file is opened for each line: a descriptor that is kept could be closed by the program
 * and its number become one of the program's own files. */
static void open_trace(hak_text_t *text) {
    const char *path = trace_path();
    int fd = OS_STDERR;
    if (path != NULL && os_open_log(path, true, &fd) != 0) {
        fd = OS_STDERR;
    }
    text_open(text, fd);
}

static void close_trace(hak_text_t *text) {
    text_flush(text);
    if (text->fd != OS_STDERR) {
        os_close(text->fd);
    }
}

void ace_failure_open(void) {
    const char *path = hak_options.ace_trace != 0 ? trace_path() : NULL;
    int fd;
    if (path == NULL) {
        return;
    }
    int error = os_open_log(path, true, &fd);
    if (error == 0) {
        os_close(fd);
        return;
    }
    hak_text_t text;
    text_note(&text, "HAKMEM_ACE_TRACE_FILE=");
    text_str(&text, path);
    text_figure(&text, ": cannot be opened, errno ", (uint64_t)error);
    text_str(&text, "; the trace goes to stderr\n");
    text_flush(&text);
}

void ace_failure_reset(void) {
    memset(counts, 0, sizeof(counts));
}

static void lower_to(uint64_t *bound, uint64_t value) {
    uint64_t now = __atomic_load_n(bound, __ATOMIC_RELAXED);
    while ((now == 0 || value < now) &&
           !__atomic_compare_exchange_n(bound, &now, value, true, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED)) {
    }
}

static void raise_to(uint64_t *bound, uint64_t value) {
    uint64_t now = __atomic_load_n(bound, __ATOMIC_RELAXED);
    while (value > now && !__atomic_compare_exchange_n(bound, &now, value, true, __ATOMIC_RELAXED,
                                                       __ATOMIC_RELAXED)) {
    }
}

static void write_line(const hak_ace_failure_t *failure) {
    hak_text_t text;
    open_trace(&text);
    text_str(&text, "[ACE-FAIL] ");
    text_str(&text, ace_reason_name(failure->reason));
    text_figure(&text, ": size=", failure->request_bytes);
    hak_pool_id_t pool = class_pool(failure->class_id);
    uint32_t wmax = class_wmax(pool);
    text_str(&text, " wmax=");
    if (wmax != 0) {
        text_ratio(&text, wmax);
    } else {
        text_str(&text, "inf");
    }
    text_figure(&text, " class=", class_block_bytes(failure->class_id, failure->request_bytes));
    text_str(&text, " pool=");
    text_str(&text, class_pool_name(pool));
    if (failure->reason == ACE_EXHAUSTION) {
        text_figure(&text, " used=", failure->used_bytes);
        text_figure(&text, " cap=", failure->cap_bytes);
    } else if (failure->reason == ACE_MAPFAIL) {
        text_figure(&text, " map=", failure->map_bytes);
        text_figure(&text, " errno=", (uint64_t)failure->map_errno);
        if (failure->limit_bytes != 0) {
            text_figure(&text, " limit=", failure->limit_bytes);
        }
    }
    text_str(&text, "\n");
    close_trace(&text);
}

void ace_failure_report(const hak_ace_failure_t *failure) {
    hak_ace_count_t *count = &counts[failure->reason][failure->class_id];
    uint64_t request = failure->request_bytes;
    __atomic_fetch_add(&count->count, 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&count->bytes, request, __ATOMIC_RELAXED);
    lower_to(&count->min_request_bytes, request);
    raise_to(&count->max_request_bytes, request);
    if (HAK_UNLIKELY(hak_options.ace_trace != 0)) {
        write_line(failure);
    }
}

void ace_learn_report(const char *what, unsigned class_id, uint64_t live_bytes,
                      uint64_t rent_bytes) {
    hak_text_t text;
    open_trace(&text);
    text_str(&text, "[ACE-LEARN] ");
    text_str(&text, what);
    text_str(&text, ": pool=");
    text_str(&text, class_pool_name(class_pool(class_id)));
    text_figure(&text, " class=", hak_classes[class_id].block_bytes);
    text_figure(&text, " live=", live_bytes);
    text_figure(&text, " rent=", rent_bytes);
    text_str(&text, "\n");
    close_trace(&text);
}

void ace_failure_exhausted(unsigned class_id, size_t request_bytes, size_t used, size_t cap) {
    hak_ace_failure_t failure = {ACE_EXHAUSTION, request_bytes, class_id, .used_bytes = used};
    failure.cap_bytes = cap;
    ace_failure_report(&failure);
}

void ace_failure_refused(unsigned class_id, size_t request_bytes,
                         const hak_map_failure_t *failure) {
    ace_failure_report(&(hak_ace_failure_t){
        .reason = ACE_MAPFAIL,
        .request_bytes = request_bytes,
        .class_id = class_id,
        .map_bytes = failure->bytes,
        .map_errno = failure->error,
        .limit_bytes = failure->at_limit ? hak_limit.pages << HAK_PAGE_SHIFT : 0});
}

hak_ace_count_t ace_failure_count(hak_ace_reason_t reason, unsigned class_id) {
    const hak_ace_count_t *from = &counts[reason][class_id];
    hak_ace_count_t copy = {
        .count = __atomic_load_n(&from->count, __ATOMIC_RELAXED),
        .bytes = __atomic_load_n(&from->bytes, __ATOMIC_RELAXED),
        .min_request_bytes = __atomic_load_n(&from->min_request_bytes, __ATOMIC_RELAXED),
        .max_request_bytes = __atomic_load_n(&from->max_request_bytes, __ATOMIC_RELAXED),
    };
    return copy;
}

void ace_failure_write_summary(void) {
    for (unsigned reason = 0; reason < ACE_REASONS; reason++) {
        for (unsigned id = 0; id < HAK_CLASS_COUNT; id++) {
            hak_ace_count_t count = ace_failure_count((hak_ace_reason_t)reason, id);
            if (count.count == 0) {
                continue;
            }
            hak_text_t text;
            open_trace(&text);
            text_str(&text, "[ACE-SUMMARY] ");
            text_str(&text, ace_reason_name((hak_ace_reason_t)reason));
            text_str(&text, ": pool=");
            text_str(&text, class_pool_name(class_pool(id)));
            text_figures(&text,
                         FIGURES({" class=", class_block_bytes(id, 0)}, {" count=", count.count},
                                 {" bytes=", count.bytes}, {" min=", count.min_request_bytes},
                                 {" max=", count.max_request_bytes}));
            text_str(&text, "\n");
            close_trace(&text);
        }
    }
}
