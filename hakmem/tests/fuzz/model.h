/*
 * model.h - the shadow model: a table of blocks, what each must hold, and single operations on it.
 *
 * An operation takes, checks, resizes or frees blocks of the table as its bytes say, through every
 * function of the interface, and compares what the allocator did with what the model knows:
 *
 *   contents     what was written is there at each look, resize and free, up to the usable size
 *   overlap      no byte belongs to two live blocks (owned.h)
 *   result       alignment, usable size, zeroes of calloc, errno; NULL only with ENOMEM, and only
 *                when the allocator's own counters of failures say so
 *   inside       (with HAK_API) tier, bound on waste, figures, and that no page is lost: inside.h
 *
 * What does not hold ends the process with a line that names the place. Any number of threads may
 * work on the table: a block in use by one is passed over by the others.
 */
#ifndef MODEL_H
#define MODEL_H

#include "source.h"

typedef struct slot {
    bool busy; /* a thread works on it */
    unsigned char *block;
    size_t bytes, usable, alignment;
    size_t least_bytes; /* what the bound on waste is reckoned from */
    size_t held_bytes;  /* what the allocator counts as live for it */
    uint64_t serial;
} slot_t;

/* `run` is what a failure is to be repeated with; it is printed with it, and must stay. */
void model_start(size_t slots, size_t most_live_bytes, const char *run);
/* Set where files are made to fail. */
extern bool model_writes_may_fail;
/* One operation. `alone`: no other thread works on the table or in the allocator. */
void model_step(source_t *source, bool alone);
/* Blocks that this thread has taken, resized or freed so far. */
uint64_t model_calls(void);
/* Checks and frees every block; then nothing may be live. Call alone. */
void model_end(void);

/* Bytes that the allocator is to count as live, while nobody works. */
size_t model_held_bytes(void);

#define MODEL_CHECK(cond, ...)                                                                     \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            model_fail(__FILE__, __LINE__, #cond, __VA_ARGS__);                                    \
        }                                                                                          \
    } while (0)
__attribute__((noreturn, format(printf, 4, 5))) void
model_fail(const char *file, int line, const char *what, const char *format, ...);

#endif
