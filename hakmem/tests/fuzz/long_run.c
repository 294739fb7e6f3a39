/*
 * long_run.c - the model without a fuzzer: rounds of random operations from a seed, or inputs from
 * files.
 *
 * Each round is a process of its own, since options are read once: the options of round r are row r
 * of the table below (modulo its length), and its seed is --seed + r. In three passes of four
 * through the table threads are truly concurrent, in the fourth they take turns (program.h), which
 * the same seed repeats exactly: --record then writes the bytes that the round was made of, for
 * --replay, or for the fuzzer to shrink. A round that fails ends the run, and the line that repeats
 * it is printed.
 */
#include "api.h"
#include "exec_self.h"
#include "inside.h"
#include "model.h"
#include "program.h"

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

enum { SLOTS = 4096, MOST_THREADS = 64, MOST_OPTIONS = 4 };
#define LIVE_BYTES   (256 * MIB)
#define RECORD_BYTES (64 * MIB)

typedef struct setting {
    const char *options[MOST_OPTIONS + 1];
    size_t address_space_bytes; /* RLIMIT_AS; 0: none */
} setting_t;

static const setting_t settings[] = {
    {.options = {NULL}},
    {.options = {"HAKMEM_WMAX_MID=1.00", "HAKMEM_WMAX_LARGE=1.00"}},
    {.options = {"HAKMEM_PURGE_DELAY_MS=0"}},
    {.options = {"HAKMEM_CAP_MID=8m", "HAKMEM_CAP_LARGE=16m"}},
    {.options = {"HAKMEM_SMALLMID_ENABLE=0", "HAKMEM_PURGE_DELAY_MS=1"}},
    {.options = {"HAKMEM_WMAX_MID=4.00", "HAKMEM_WMAX_LARGE=4.00"}},
    {.options = {"HAKMEM_CAP_MID=4m", "HAKMEM_CAP_LARGE=4m", "HAKMEM_ACE_STRICT=1",
                 "HAKMEM_WMAX_LARGE=1.05"}},
    {.options = {NULL}, .address_space_bytes = 320 * MIB},
    {.options = {"HAKMEM_FRONT_GATE_UNIFIED=0", "HAKMEM_PURGE_DELAY_MS=5"}},
    {.options = {"HAKMEM_MID_CLASSES=8k,16k,32k,33024,40k,52k",
                 "HAKMEM_LARGE_CLASSES=60k,96k,512k,2m"}},
    {.options = {"HAKMEM_WMAX_MID=1.01", "HAKMEM_ACE_TRACE=2", "HAKMEM_ACE_TRACE_FILE=/dev/null"}},
    {.options = {"HAKMEM_FORCE_LIBC_ALLOC=1"}},
};
/* Sanitizers need more address space than a limit leaves, as qemu does, and stand where libc's
 * malloc is. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED true
#else
#define IS_SANITIZED false
#endif
enum { SETTINGS = sizeof settings / sizeof settings[0] };

static struct {
    uint64_t seed, ops, round_ops, threads, share;
    int64_t round; /* -1: all of them; else the process is this round */
    bool replay, quiet;
    char **files;
    const char *record;
} wanted = {
    .seed = 1, .ops = 10000000, .round_ops = 2000000, .threads = 4, .share = 1, .round = -1};

static char run_text[160];

static void *thread_main(void *argument) {
    source_t source = source_of_seed(wanted.seed * 1000003 + (uintptr_t)argument);
    while (model_calls() < wanted.round_ops / wanted.threads) {
        model_step(&source, false);
    }
    return NULL;
}

/* The bytes of a round, in a file that has them also if the process dies. */
static void record_bytes(source_t *source) {
    int fd = open(wanted.record, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0 || ftruncate(fd, RECORD_BYTES) != 0) {
        fprintf(stderr, "long_run: %s: %s\n", wanted.record, strerror(errno));
        exit(1);
    }
    source->record = mmap(NULL, RECORD_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    source->record_end = source->record + RECORD_BYTES;
    CHECK(source->record != MAP_FAILED);
    close(fd);
}

/* The file is as long as what was recorded, but for zeros at the end, which say nothing. */
static void trim_record(void) {
    static uint8_t data[RECORD_BYTES];
    FILE *file = fopen(wanted.record, "rb");
    size_t bytes = file == NULL ? 0 : fread(data, 1, sizeof data, file);
    while (bytes > 0 && data[bytes - 1] == 0) {
        bytes--;
    }
    if (file == NULL || truncate(wanted.record, (off_t)bytes) != 0) {
        fprintf(stderr, "long_run: %s: %s\n", wanted.record, strerror(errno));
        exit(1);
    }
    fclose(file);
}

static void concurrent_round(void) {
    pthread_t threads[MOST_THREADS];
    for (uintptr_t i = 0; i < wanted.threads; i++) {
        CHECK(pthread_create(&threads[i], NULL, thread_main, (void *)i) == 0);
    }
    for (unsigned i = 0; i < wanted.threads; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    model_end();
}

static bool takes_turns(int64_t round) {
    return round >= 0 && round / SETTINGS % 4 == 3;
}

static int run_round(void) {
    bool turns = takes_turns(wanted.round);
    wanted.seed += (uint64_t)wanted.round;
    model_start(turns ? 512 : SLOTS, LIVE_BYTES, run_text);
    if (turns) {
        source_t source = source_of_seed(wanted.seed);
        if (wanted.record != NULL) {
            record_bytes(&source);
        }
        program_run(&source, wanted.round_ops);
    } else {
        concurrent_round();
    }
    return 0;
}

static void replay_file(const char *path) {
    static uint8_t data[RECORD_BYTES];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "long_run: %s: %s\n", path, strerror(errno));
        exit(1);
    }
    size_t bytes = fread(data, 1, sizeof data, file);
    fclose(file);
    source_t source = source_of_bytes(data, bytes);
    model_start(512, LIVE_BYTES, path);
    program_run(&source, UINT64_MAX);
}

static void name_round(uint64_t round) {
    int used = snprintf(run_text, sizeof run_text,
                        "--seed %" PRIu64 " --round %" PRIu64 " --round-ops %" PRIu64
                        " --threads %" PRIu64,
                        wanted.seed, round, wanted.round_ops, wanted.threads);
    CHECK(used > 0 && (size_t)used < sizeof run_text);
}

static bool needs_plain_process(const setting_t *setting) {
    return setting->address_space_bytes != 0 ||
           (setting->options[0] != NULL && strstr(setting->options[0], "FORCE_LIBC") != NULL);
}

/* In the forked child: the options of the row, and this program once more, so that they are read.
 * Replays go on with the files that the parent was given. */
__attribute__((noreturn)) static void become_round(uint64_t round, char **argv) {
    const setting_t *setting = &settings[round % SETTINGS];
    for (unsigned i = 0; setting->options[i] != NULL; i++) {
        putenv((char *)(uintptr_t)setting->options[i]);
    }
    if (setting->address_space_bytes != 0) {
        struct rlimit limit = {setting->address_space_bytes, setting->address_space_bytes};
        CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    }
    putenv((char *)(uintptr_t) "HAKMEM_STRICT_OPTIONS=1");
    static char number[32];
    snprintf(number, sizeof number, "HAK_FUZZ_ROUND=%" PRIu64, round);
    putenv(number);
    exec_self(argv);
    _exit(126);
}

static bool round_succeeds(uint64_t round, char **argv) {
    int status = 0;
    bool is_plain = !IS_SANITIZED && getenv("HAK_TEST_RUNNER") == NULL;
    if (!is_plain && needs_plain_process(&settings[round % SETTINGS])) {
        return true;
    }
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        become_round(round, argv);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    if (status == 0) {
        return true;
    }
    fprintf(stderr, "\nlong_run: round %" PRIu64 " %s %d; to repeat it: long_run %s\n", round,
            WIFSIGNALED(status) ? "ended by signal" : "exit",
            WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), run_text);
    return false;
}

static void show_progress(uint64_t done, time_t start) {
    if (!wanted.quiet && isatty(STDERR_FILENO)) {
        time_t seconds = time(NULL) - start + 1;
        fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " operations, %" PRIu64 " a second  ", done,
                wanted.ops, done / (uint64_t)seconds);
    }
}

static int run_all(char **argv) {
    time_t start = time(NULL);
    uint64_t rounds = (wanted.ops + wanted.round_ops - 1) / wanted.round_ops;
    for (uint64_t round = 0; round < rounds; round++) {
        name_round(round);
        if (!round_succeeds(round, argv)) {
            return 1;
        }
        show_progress((round + 1) * wanted.round_ops, start);
    }
    fprintf(stderr,
            "%s%" PRIu64 " operations, seeds %" PRIu64 " to %" PRIu64 ", %" PRIu64
            " threads: no finding\n",
            isatty(STDERR_FILENO) ? "\n" : "", rounds * wanted.round_ops, wanted.seed,
            wanted.seed + rounds - 1, wanted.threads);
    return 0;
}

/* Every file under every row of options. */
static int replay_all(char **argv) {
    uint64_t first = wanted.round < 0 ? 0 : (uint64_t)wanted.round;
    uint64_t last = wanted.round < 0 ? SETTINGS - 1 : (uint64_t)wanted.round;
    for (uint64_t round = first; round <= last; round++) {
        snprintf(run_text, sizeof run_text, "--replay --round %" PRIu64 " FILE", round);
        if (!round_succeeds(round, argv)) {
            return 1;
        }
    }
    return 0;
}

static uint64_t number_or_usage(const char *text, uint64_t least, uint64_t most,
                                struct argp_state *state) {
    char *end;
    errno = 0;
    uint64_t number = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || *text == '-' || number < least ||
        number > most) {
        argp_error(state, "%s: a number from %" PRIu64 " to %" PRIu64 " was expected", text, least,
                   most);
    }
    return number;
}

static error_t parse(int key, char *text, struct argp_state *state) {
    switch (key) {
    case 's':
        wanted.seed = number_or_usage(text, 0, UINT64_MAX / 2, state);
        return 0;
    case 'n':
        wanted.ops = number_or_usage(text, 1, UINT64_MAX / 2, state);
        return 0;
    case 'N':
        wanted.round_ops = number_or_usage(text, 1, UINT32_MAX, state);
        return 0;
    case 't':
        wanted.threads = number_or_usage(text, 1, MOST_THREADS, state);
        return 0;
    case 'r':
        wanted.round = (int64_t)number_or_usage(text, 0, INT64_MAX, state);
        return 0;
    case 'f':
        wanted.replay = true;
        return 0;
    case 'p':
        wanted.share = number_or_usage(text, 1, SETTINGS, state);
        return 0;
    case 'o':
        wanted.record = text;
        return 0;
    case 'q':
        wanted.quiet = true;
        return 0;
    case ARGP_KEY_ARGS:
        wanted.files = state->argv + state->next;
        return 0;
    case ARGP_KEY_END:
        if (wanted.record != NULL && (wanted.replay || !takes_turns(wanted.round))) {
            argp_error(state, "--record: a --round whose threads take turns was expected");
        }
        if (wanted.replay != (wanted.files != NULL)) {
            argp_error(state,
                       wanted.replay ? "--replay: a file was expected" : "files are for --replay");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"seed", 's', "N", 0, "of the first round; the next have the next seeds (1)", 0},
    {"ops", 'n', "N", 0, "operations in all (10000000)", 0},
    {"round-ops", 'N', "N", 0, "operations of a round (2000000)", 0},
    {"threads", 't', "N", 0, "of a concurrent round (4)", 0},
    {"round", 'r', "N", 0, "only this round (or, of --replay, this row of options)", 0},
    {"replay", 'f', NULL, 0, "run the FILEs, inputs of the fuzzer, under each row of options", 0},
    {"share", 'p', "N", 0, "of --replay: a row of options runs one FILE in N, each row others", 0},
    {"record", 'o', "FILE", 0, "with --round: write the bytes that the round is made of", 0},
    {"quiet", 'q', NULL, 0, "no progress on the terminal", 0},
    {0}};

int main(int argc, char **argv) {
    static const struct argp argp = {
        options, parse, "[FILE...]", "Random operations on hakmem against a shadow model.",
        NULL,    NULL,  NULL};
    argp_parse(&argp, argc, argv, 0, NULL, NULL);
    const char *inner = getenv("HAK_FUZZ_ROUND");
    if (inner == NULL && wanted.round >= 0 && !wanted.replay) {
        name_round((uint64_t)wanted.round);
        bool succeeds = round_succeeds((uint64_t)wanted.round, argv);
        if (wanted.record != NULL) {
            trim_record();
        }
        return succeeds ? 0 : 1;
    }
    if (inner == NULL) {
        return wanted.replay ? replay_all(argv) : run_all(argv);
    }
    wanted.round = (int64_t)strtoll(inner, NULL, 10);
    if (!wanted.replay) {
        name_round((uint64_t)wanted.round);
        return run_round();
    }
    uint64_t number = (uint64_t)wanted.round;
    for (char **file = wanted.files; *file != NULL; file++) {
        if (number++ % wanted.share == 0) {
            replay_file(*file);
        }
    }
    return 0;
}
