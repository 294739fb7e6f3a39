/*
 * waste.c - what a block costs beyond its size, of every size, under the allocator in LD_PRELOAD.
 *
 * Of requests from 1 B to --most (4 MiB), two things:
 *
 *   usable   what malloc_usable_size says. Every size up to 4 KiB is asked for; above, 64 sizes a
 *            doubling and, wherever a block ends, the size one byte beyond, so that every class
 *            begins exactly where it does. Blocks are kept: no request finds a freed one, which
 *            might be larger than its class.
 *   touched  anonymous memory per block, of 16 sizes a doubling, when as many blocks of the size
 *            are held as make 2 MiB, a byte written in each page of what was asked for. Headers,
 *            tables and pages that are in part of no use count here. A quarter as many blocks are
 *            made before the first reading and do not count: what a process pays once is not of
 *            the size. Powers of the 16th root of 2 fall anywhere in an allocator's classes.
 *
 * Each touched size has a process of its own, forked before any block was made, so that none finds
 * what another left; as many at once as there are processors. Readings are from smaps_rollup, which
 * counts pages: RssAnon is a counter that some kernels keep per core, and lags.
 *
 * Nothing is random: two runs differ by what the kernel does only.
 */
#include "common/arena.h"
#include "common/cli.h"
#include "shared/die.h"
#include "common/probe.h"
#include "common/buffer.h"
#include "common/touch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SIZE_MOST = 4 << 20,
    EVERY_SIZE_TO = 4096,
    STEPS_A_DOUBLING = 64,
    TOUCHED_A_DOUBLING = 16,
    TOUCHED_BYTES = 2 << 20,
    BLOCKS_LEAST = 4,
    BLOCKS_MOST = 65536,
    UNCOUNTED_PART = 4, /* a quarter */
    USABLE_ROOM = 1 << 18,
    TOUCHED_ROOM = 512,
    FLUSH_AT = BUFFER_BYTES - 1024
};

typedef struct usable {
    size_t request, bytes;
} usable_t;

typedef struct touched {
    size_t request;
    uint64_t blocks, bytes; /* `bytes`: of all blocks */
} touched_t;

typedef struct waste {
    uint64_t most;    /* the largest request */
    usable_t *usable; /* only where it differs from that of the size before */
    unsigned usable_count;
    touched_t *touched;
    unsigned touched_count;
} waste_t;

static void *must_malloc(size_t bytes) {
    void *block = malloc(bytes);
    if (block == NULL)
        die("malloc(%zu) returned NULL", bytes);
    return block;
}

/* ---- usable ---- */

static size_t next_on_grid(size_t request) {
    size_t step = 1;
    if (request >= EVERY_SIZE_TO)
        step = ((size_t)1 << (63 - __builtin_clzl(request))) / STEPS_A_DOUBLING;
    return request - request % step + step;
}

static void measure_usable(waste_t *waste) {
    size_t before = 0;
    for (size_t request = 1; request <= waste->most;) {
        size_t bytes = malloc_usable_size(must_malloc(request));
        if (bytes < request)
            die("malloc_usable_size says %zu of a block of %zu bytes", bytes, request);
        if (bytes != before) {
            if (waste->usable_count == USABLE_ROOM)
                die("more than %d classes", USABLE_ROOM);
            waste->usable[waste->usable_count++] = (usable_t){request, bytes};
        }
        before = bytes;
        size_t next = next_on_grid(request);
        request = bytes + 1 < next ? bytes + 1 : next;
    }
}

/* ---- touched ---- */

static uint64_t resident_pages_bytes(void) {
    static const char path[] = "/proc/self/smaps_rollup", key[] = "\nAnonymous:";
    char text[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (got <= 0)
        die_errno("cannot read %s", path);
    close(fd);
    text[got] = '\0';
    const char *line = strstr(text, key);
    if (line == NULL)
        die("%s has no line %s", path, key + 1);
    return strtoull(line + strlen(key), NULL, 10) * 1024;
}

static void make_blocks(size_t request, uint64_t count) {
    for (uint64_t i = 0; i < count; i++)
        touch_block(TOUCH_PAGE, must_malloc(request), request);
}

static uint64_t blocks_of(size_t request) {
    uint64_t blocks = TOUCHED_BYTES / request;
    return blocks < BLOCKS_LEAST ? BLOCKS_LEAST : blocks > BLOCKS_MOST ? BLOCKS_MOST : blocks;
}

/* In a process of its own, which leaves its reading in shared memory. */
static pid_t start_one(touched_t *touched) {
    pid_t child = fork();
    if (child < 0)
        die_errno("cannot fork");
    if (child == 0) {
        make_blocks(touched->request, touched->blocks / UNCOUNTED_PART);
        uint64_t before = resident_pages_bytes();
        make_blocks(touched->request, touched->blocks);
        touched->bytes = resident_pages_bytes() - before;
        _exit(EXIT_SUCCESS);
    }
    return child;
}

/* The oldest: sizes are near each other, and so are their times. */
static void wait_for(pid_t child, size_t request) {
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            die_errno("cannot wait for the process of %zu bytes", request);
    }
    if (WIFSIGNALED(status))
        die("the process of %zu bytes was killed by signal %d", request, WTERMSIG(status));
    if (WEXITSTATUS(status) != EXIT_SUCCESS)
        exit(EXIT_FAILURE); /* it has said why */
}

static void list_touched(waste_t *waste) {
    size_t before = 0;
    for (unsigned i = 0;; i++) {
        size_t request = (size_t)llround(exp2((double)i / TOUCHED_A_DOUBLING));
        if (request > waste->most)
            return;
        if (request == before)
            continue; /* below 16 bytes several round to the same */
        waste->touched[waste->touched_count++] =
            (touched_t){.request = request, .blocks = blocks_of(request)};
        before = request;
    }
}

static void measure_touched(waste_t *waste) {
    pid_t children[TOUCHED_ROOM];
    cpu_set_t processors;
    unsigned at_once = 1, ended = 0;
    if (sched_getaffinity(0, sizeof processors, &processors) == 0)
        at_once = (unsigned)CPU_COUNT(&processors);
    list_touched(waste);
    for (unsigned i = 0; i < waste->touched_count; i++) {
        if (i - ended == at_once) {
            wait_for(children[ended], waste->touched[ended].request);
            ended++;
        }
        children[i] = start_one(&waste->touched[i]);
    }
    for (; ended < waste->touched_count; ended++)
        wait_for(children[ended], waste->touched[ended].request);
}

/* ---- what is written ---- */

static void flush(buffer_t *text, int fd, const char *path) {
    int error_code = buffer_write(text, fd);
    if (error_code != 0)
        die("cannot write %s: %s", path, strerrordesc_np(error_code));
    text->used = 0;
}

static void add_source(buffer_t *text) {
    probe_hakmem_t hakmem;
    buffer_add(text, "{\"malloc_object\":");
    buffer_add_json_string(text, probe_malloc_object());
    buffer_add(text, ",\"hakmem\":");
    if (!probe_hakmem(&hakmem)) {
        buffer_add(text, "null");
        return;
    }
    buffer_add(text, "{\"version\":");
    buffer_add_json_string(text, hakmem.version);
    buffer_add(text, ",\"bypass\":");
    if (hakmem.bypass == NULL)
        buffer_add(text, "null}");
    else {
        buffer_add_json_string(text, hakmem.bypass);
        buffer_add(text, "}");
    }
}

static void write_json(const waste_t *waste, const char *path) {
    static buffer_t text;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        die_errno("cannot create %s", path);
    add_source(&text);
    buffer_add(&text, ",\"most_bytes\":%" PRIu64 ",\"usable\":[", waste->most);
    for (unsigned i = 0; i < waste->usable_count; i++) {
        const usable_t *usable = &waste->usable[i];
        buffer_add(&text, "%s[%zu,%zu]", i == 0 ? "" : ",", usable->request, usable->bytes);
        if (text.used > FLUSH_AT)
            flush(&text, fd, path);
    }
    buffer_add(&text, "],\"touched\":[");
    for (unsigned i = 0; i < waste->touched_count; i++) {
        const touched_t *touched = &waste->touched[i];
        buffer_add(&text, "%s[%zu,%" PRIu64 ",%" PRIu64 "]", i == 0 ? "" : ",", touched->request,
                   touched->blocks, touched->bytes);
        if (text.used > FLUSH_AT)
            flush(&text, fd, path);
    }
    buffer_add(&text, "]}\n");
    flush(&text, fd, path);
    if (close(fd) != 0)
        die_errno("cannot write %s", path);
}

static size_t usable_of(const waste_t *waste, size_t request) {
    unsigned i = 0;
    while (i + 1 < waste->usable_count && waste->usable[i + 1].request <= request)
        i++;
    return waste->usable[i].bytes;
}

static double percent_over(double bytes, size_t request) {
    return 100 * (bytes / (double)request - 1);
}

static void print_table(const waste_t *waste) {
    static buffer_t text;
    buffer_add(&text, "%s\n%10s %10s %9s %12s %9s\n", probe_malloc_object(), "request", "usable",
               "waste", "touched", "waste");
    for (unsigned i = 0; i < waste->touched_count; i++) {
        const touched_t *touched = &waste->touched[i];
        size_t usable = usable_of(waste, touched->request);
        double bytes = (double)touched->bytes / (double)touched->blocks;
        buffer_add(&text, "%10zu %10zu %7.1f %% %12.1f %7.1f %%\n", touched->request, usable,
                   percent_over((double)usable, touched->request), bytes,
                   percent_over(bytes, touched->request));
        if (text.used > FLUSH_AT)
            flush(&text, STDOUT_FILENO, "the table");
    }
    flush(&text, STDOUT_FILENO, "the table");
}

int main(int argc, char **argv) {
    const char *result = NULL;
    waste_t waste = {.usable_count = 0};
    const cli_number_t numbers[] = {
        {"most", "BYTES", "the largest request", &waste.most, SIZE_MOST, 1, SIZE_MOST, true},
    };
    const cli_t cli = {.about = "Measures what a block costs beyond its size, of every size.",
                       .numbers = numbers,
                       .number_count = sizeof numbers / sizeof numbers[0],
                       .result = &result};
    cli_parse(&cli, argc, argv);
    waste.usable = arena_alloc(USABLE_ROOM, sizeof *waste.usable);
    waste.touched = mmap(NULL, TOUCHED_ROOM * sizeof *waste.touched, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (waste.touched == MAP_FAILED)
        die_errno("cannot map %d readings", TOUCHED_ROOM);
    measure_touched(&waste); /* first: the other's blocks stay */
    measure_usable(&waste);
    if (result != NULL)
        write_json(&waste, result);
    else
        print_table(&waste);
    return EXIT_SUCCESS;
}
