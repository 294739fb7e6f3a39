/*
 * ace_failure.h - the record of what ACE could not serve: counted always, traced on request.
 *
 * A failure is counted under (reason, class id); the trace line and the counter are made by the
 * same call, so their numbers agree. Counters are relaxed atomics: they order nothing. No lock is
 * taken, nothing is allocated, errno is kept.
 */
#ifndef HAK_ACE_FAILURE_H
#define HAK_ACE_FAILURE_H

#include "../base/base.h"
#include "../os/text.h"
#include "../slab/size_class.h"
#include "../span/window.h"

typedef enum { ACE_THRESHOLD, ACE_EXHAUSTION, ACE_MAPFAIL, ACE_REASONS } hak_ace_reason_t;

typedef struct hak_ace_failure {
    hak_ace_reason_t reason;
    size_t request_bytes;
    unsigned class_id;  /* smallest class that holds the request; HAK_CLASS_BIG above all */
    size_t used_bytes;  /* Exhaustion: what the pool holds */
    size_t cap_bytes;   /* Exhaustion: what it may hold */
    size_t map_bytes;   /* MapFail: what the OS was asked for */
    int map_errno;      /* MapFail: what it said */
    size_t limit_bytes; /* MapFail: HAKMEM_LIMIT, if that is why, else 0 */
} hak_ace_failure_t;

typedef struct hak_ace_count {
    uint64_t count;
    uint64_t bytes; /* requested, summed */
    uint64_t min_request_bytes;
    uint64_t max_request_bytes;
} hak_ace_count_t;

void ace_failure_open(void);  /* at start-up: checks that HAKMEM_ACE_TRACE_FILE can be written */
void ace_failure_reset(void); /* in the child of a fork: what the parent met is not its own */
void ace_failure_report(const hak_ace_failure_t *failure);
/* An Exhaustion and a MapFail: in the frame of whoever grows a pool there is little room. */
void ace_failure_exhausted(unsigned class_id, size_t request_bytes, size_t used, size_t cap);
void ace_failure_refused(unsigned class_id, size_t request_bytes, const hak_map_failure_t *failure);
hak_ace_count_t ace_failure_count(hak_ace_reason_t reason, unsigned class_id);
/* What HAKMEM_LEARN did with a class: "add", "retire"; and by what figures. */
void ace_learn_report(const char *what, unsigned class_id, uint64_t live_bytes,
                      uint64_t rent_bytes);
const char *ace_reason_name(hak_ace_reason_t reason); /* as in the trace: "Threshold" */
void ace_failure_write_summary(void);                 /* the [ACE-SUMMARY] lines */

#endif
