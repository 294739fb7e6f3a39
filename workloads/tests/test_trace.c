/*
 * test_trace.c - the trace format: what is saved is what is loaded, and no damage goes unseen.
 *
 * Damage is tried at every byte of a small plain file (flipped, and cut there), and at every byte
 * of a compressed one, where a flip may also be harmless to the content: then the content must be
 * equal.
 */
#include "cmocka_all.h"

#include "common/arena.h"
#include "common/rng.h"
#include "trace/bytes.h"
#include "trace/codec.h"
#include "trace/crc32c.h"
#include "trace/stats.h"
#include "trace/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/hakmem-test-trace-XXXXXX";

static const char *in_folder(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* A random trace in which everything occurs: `count` events and the thread starts and ends. */
static trace_t random_trace(uint64_t count, uint64_t seed) {
    enum { THREADS = 5 };
    trace_t trace = {.event_count = count + 2 * THREADS};
    rng_t rng;
    rng_seed(&rng, seed);
    trace.events = arena_alloc(trace.event_count, sizeof *trace.events);
    uint32_t *live = arena_alloc(count, sizeof *live);
    uint64_t at = 0, live_count = 0;
    uint32_t made = 0;
    for (uint32_t t = 0; t < THREADS; t++)
        trace.events[at++] = (trace_event_t){.op = TRACE_THREAD_START, .thread = t & 0xff};
    while (at < count + THREADS) {
        trace_event_t event = {.thread = rng_below(&rng, THREADS) & 0xff};
        event.op = (live_count == 0 ? rng_below(&rng, 2) : rng_below(&rng, 5)) & 7;
        if (trace_op_has_size(event.op))
            event.bytes = 1 + (rng_next(&rng) >> (20 + rng_below(&rng, 43)));
        if (event.op == TRACE_ALIGNED)
            event.align_shift = rng_below(&rng, TRACE_ALIGN_SHIFT_MAX + 1) & 31;
        uint64_t pick = live_count == 0 ? 0 : rng_below(&rng, live_count);
        event.block = trace_op_makes_block(event.op) ? made : live[pick];
        if (trace_op_makes_block(event.op))
            live[live_count++] = made++;
        if (event.op == TRACE_FREE)
            live[pick] = live[--live_count];
        trace.events[at++] = event;
    }
    for (uint32_t t = 0; t < THREADS; t++)
        trace.events[at++] = (trace_event_t){.op = TRACE_THREAD_EXIT, .thread = t & 0xff};
    arena_free(live, count, sizeof *live);
    trace_set_text(&trace.program, &trace.program_bytes, "/usr/bin/program");
    trace_set_text(&trace.command, &trace.command_bytes, "program \"with\" arguments");
    trace_set_text(&trace.allocator, &trace.allocator_bytes, "");
    trace_error_t error = {.text = ""};
    if (!trace_count(&trace, &error))
        fail_msg("%s", error.text);
    return trace;
}

/* Gives a trace what version 2 has: times, and more sites than a site table starts with. */
static void add_extras(trace_t *trace, bool timed, bool sited, uint64_t seed) {
    rng_t rng;
    uint64_t time = 0;
    rng_seed(&rng, seed);
    trace->time_unit_ns = timed ? 1000 : 0;
    trace->times = timed ? arena_alloc(trace->event_count, sizeof *trace->times) : NULL;
    trace->sites = sited ? arena_alloc(trace->event_count, sizeof *trace->sites) : NULL;
    for (uint64_t i = 0; i < trace->event_count; i++) {
        time += rng_next(&rng) >> (30 + rng_below(&rng, 34));
        if (timed)
            trace->times[i] = time;
        if (sited && trace_op_has_size(trace->events[i].op))
            trace->sites[i] = (uint32_t)rng_below(&rng, 3000) * 2654435769u;
    }
}

static void assert_same(const trace_t *a, const trace_t *b) {
    assert_int_equal(a->event_count, b->event_count);
    assert_int_equal(a->block_count, b->block_count);
    assert_int_equal(a->thread_count, b->thread_count);
    assert_int_equal(a->peak_live_bytes, b->peak_live_bytes);
    assert_int_equal(a->peak_live_blocks, b->peak_live_blocks);
    assert_string_equal(a->program, b->program);
    assert_string_equal(a->command, b->command);
    assert_string_equal(a->allocator, b->allocator);
    assert_memory_equal(a->events, b->events, a->event_count * sizeof *a->events);
    assert_int_equal(a->time_unit_ns, b->time_unit_ns);
    assert_int_equal(a->times == NULL, b->times == NULL);
    assert_int_equal(a->sites == NULL, b->sites == NULL);
    if (a->times != NULL)
        assert_memory_equal(a->times, b->times, a->event_count * sizeof *a->times);
    if (a->sites != NULL)
        assert_memory_equal(a->sites, b->sites, a->event_count * sizeof *a->sites);
}

static void save(const trace_t *trace, const char *path) {
    trace_error_t error = {.text = ""};
    if (!trace_save(path, trace, &error))
        fail_msg("%s", error.text);
}

static void saved_and_loaded_is_the_same(void **state) {
    (void)state;
    /* None, one chunk, exactly one chunk, and several. */
    static const uint64_t counts[] = {0, 1, 1000, 65536 - 10, 150000, 1000, 1000, 1000};
    static const char *const names[] = {"t.hakt", "t.hakt.zst"};
    for (unsigned i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        trace_t trace = random_trace(counts[i], i);
        add_extras(&trace, i & 1, i & 2, i);
        for (unsigned n = 0; n < 2; n++) {
            trace_t loaded;
            trace_error_t error = {.text = ""};
            save(&trace, in_folder(names[n]));
            if (!trace_load(in_folder(names[n]), &loaded, &error))
                fail_msg("%s", error.text);
            assert_same(&trace, &loaded);
            trace_unload(&loaded);
        }
        trace_unload(&trace);
    }
}

static void write_bytes(const char *path, const void *bytes, size_t count) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

static size_t read_bytes(const char *path, unsigned char *bytes, size_t room) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t count = fread(bytes, 1, room, file);
    assert_true(count > 0 && count < room);
    fclose(file);
    return count;
}

static void assert_refused(const char *path, const char *because) {
    trace_t trace;
    trace_error_t error = {.text = ""};
    assert_false(trace_load(path, &trace, &error));
    assert_non_null(strstr(error.text, path));
    assert_non_null(strstr(error.text, because));
}

enum { FILE_ROOM = 1 << 16 };
static unsigned char bytes[FILE_ROOM];

static void each_flipped_byte_is_noticed(void **state) {
    (void)state;
    trace_t trace = random_trace(500, 7);
    add_extras(&trace, true, true, 7);
    save(&trace, in_folder("t.hakt"));
    size_t count = read_bytes(in_folder("t.hakt"), bytes, sizeof bytes);
    for (size_t at = 0; at < count; at++) {
        trace_t loaded;
        trace_error_t error = {.text = ""};
        bytes[at] ^= (unsigned char)(1 + at % 255);
        if (codec_decode(bytes, count, "flipped", &loaded, &error))
            fail_msg("byte %zu of %zu was flipped, and nobody noticed", at, count);
        bytes[at] ^= (unsigned char)(1 + at % 255);
    }
    trace_unload(&trace);
}

static void each_cut_is_noticed(void **state) {
    (void)state;
    trace_t trace = random_trace(500, 8);
    add_extras(&trace, true, true, 8);
    save(&trace, in_folder("t.hakt"));
    size_t count = read_bytes(in_folder("t.hakt"), bytes, sizeof bytes);
    for (size_t length = 0; length < count; length++) {
        trace_t loaded;
        trace_error_t error = {.text = ""};
        if (codec_decode(bytes, length, "cut", &loaded, &error))
            fail_msg("cut to %zu of %zu bytes, and nobody noticed", length, count);
    }
    write_bytes(in_folder("long.hakt"), bytes, count + 1);
    assert_refused(in_folder("long.hakt"), "follow the last chunk");
    trace_unload(&trace);
}

static void damage_under_zstd_is_noticed(void **state) {
    (void)state;
    trace_t trace = random_trace(120, 9);
    save(&trace, in_folder("t.hakt.zst"));
    size_t count = read_bytes(in_folder("t.hakt.zst"), bytes, sizeof bytes);
    unsigned refused = 0;
    for (size_t at = 0; at < count; at++) {
        trace_t loaded;
        trace_error_t error = {.text = ""};
        bytes[at] ^= 0x10;
        write_bytes(in_folder("flipped.hakt.zst"), bytes, count);
        bytes[at] ^= 0x10;
        if (trace_load(in_folder("flipped.hakt.zst"), &loaded, &error)) {
            assert_same(&trace, &loaded);
            trace_unload(&loaded);
        } else {
            refused++;
        }
    }
    assert_true(refused > count * 9 / 10);
    write_bytes(in_folder("cut.hakt.zst"), bytes, count / 2);
    assert_refused(in_folder("cut.hakt.zst"), "");
    trace_unload(&trace);
}

static void another_version_is_named(void **state) {
    (void)state;
    trace_t trace = random_trace(10, 10);
    save(&trace, in_folder("t.hakt"));
    size_t count = read_bytes(in_folder("t.hakt"), bytes, sizeof bytes);
    bytes[8] = 3;
    write_bytes(in_folder("new.hakt"), bytes, count);
    assert_refused(in_folder("new.hakt"), "version 3");
    bytes[8] = 0;
    write_bytes(in_folder("new.hakt"), bytes, count);
    assert_refused(in_folder("new.hakt"), "version 0");
    write_bytes(in_folder("text.hakt"), "not at all a trace, but long enough", 35);
    assert_refused(in_folder("text.hakt"), "not a hakmem trace");
    assert_refused(in_folder("missing.hakt"), "No such file");
    assert_refused(folder, "not a hakmem trace");
    trace_unload(&trace);
}

/* Events that no program can have done are not saved, so they can only come from damage. */
static void impossible_events_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *what;
        trace_event_t last;
    } cases[] = {
        {"use after free", {.op = TRACE_REALLOC, .block = 0, .bytes = 1}},
        {"double free", {.op = TRACE_FREE, .block = 0}},
        {"free of a block that is not made", {.op = TRACE_FREE, .block = 1}},
        {"thread that has not started", {.op = TRACE_MALLOC, .block = 1, .thread = 1}},
        {"second start", {.op = TRACE_THREAD_START}},
        {"block out of order", {.op = TRACE_MALLOC, .block = 2}},
        {"realloc to nothing", {.op = TRACE_REALLOC, .block = 0, .bytes = 0}},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        trace_event_t events[] = {{.op = TRACE_THREAD_START},
                                  {.op = TRACE_MALLOC, .block = 0, .bytes = 9},
                                  {.op = TRACE_FREE, .block = 0},
                                  cases[i].last};
        trace_t trace = {.events = events, .event_count = 4};
        trace_error_t error = {.text = ""};
        if (trace_save(in_folder("bad.hakt"), &trace, &error))
            fail_msg("%s was saved", cases[i].what);
        assert_non_null(strstr(error.text, "number 3"));
        assert_int_equal(access(in_folder("bad.hakt"), F_OK), -1);
    }
}

/* Damage that has a right checksum: whatever the bytes say, the reader answers with a message or
 * with a trace that is sound, and reads nothing that is not there. */
static void forged_bytes_are_no_harm(void **state) {
    (void)state;
    trace_t trace = random_trace(300, 11);
    add_extras(&trace, true, true, 11);
    save(&trace, in_folder("t.hakt"));
    size_t count = read_bytes(in_folder("t.hakt"), bytes, sizeof bytes);
    size_t header_end = 16 + bytes[12] + 256u * bytes[13];
    unsigned accepted = 0;
    rng_t rng;
    rng_seed(&rng, 5);
    const char *percent = getenv("HAK_TEST_PERCENT");
    unsigned rounds = 50 * (percent ? (unsigned)atoi(percent) : 100);
    for (unsigned round = 0; round < rounds; round++) {
        static unsigned char forged[FILE_ROOM];
        trace_t loaded;
        trace_error_t error = {.text = ""};
        memcpy(forged, bytes, count);
        for (uint64_t flips = 1 + rng_below(&rng, 3); flips > 0; flips--)
            forged[8 + rng_below(&rng, count - 8)] = (unsigned char)rng_next(&rng);
        uint32_t crc = crc32c(0, forged, header_end);
        memcpy(forged + header_end, &crc, 4);
        crc = crc32c(0, forged + header_end + 4, count - header_end - 8);
        memcpy(forged + count - 4, &crc, 4);
        if (codec_decode(forged, count, "forged", &loaded, &error)) {
            accepted++;
            assert_true(trace_count(&loaded, &error));
            trace_unload(&loaded);
        } else {
            assert_non_null(strstr(error.text, "forged: "));
            assert_null(strchr(error.text, '\n'));
        }
    }
    assert_true(accepted > 0);
    trace_unload(&trace);
}

static void varints(void **state) {
    (void)state;
    static const uint64_t values[] = {0, 1, 127, 128, 300, 1u << 28, UINT64_MAX - 1, UINT64_MAX};
    sink_t sink;
    sink_open(&sink);
    for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++)
        sink_varint(&sink, values[i]);
    source_t source = {.at = sink.bytes, .end = sink.bytes + sink.used};
    for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_int_equal(source_varint(&source), values[i]);
    assert_int_equal(source_left(&source), 0);
    assert_false(source.overrun);
    source_varint(&source);
    assert_true(source.overrun);
    sink_close(&sink);

    static const unsigned char too_long[] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 2};
    source = (source_t){.at = too_long, .end = too_long + sizeof too_long};
    source_varint(&source);
    assert_true(source.overrun);
}

static void crc_is_castagnoli(void **state) {
    (void)state;
    /* RFC 3720, B.4, and the usual check value. */
    unsigned char zeros[32] = {0};
    assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(crc32c(0, zeros, sizeof zeros), 0x8a9136aa);
    assert_int_equal(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
}

static void statistics(void **state) {
    (void)state;
    trace_event_t events[] = {
        {.op = TRACE_THREAD_START},
        {.op = TRACE_THREAD_START, .thread = 1},
        {.op = TRACE_MALLOC, .block = 0, .bytes = 33000},
        {.op = TRACE_CALLOC, .block = 1, .bytes = 33000, .thread = 1},
        {.op = TRACE_MALLOC, .block = 2, .bytes = 32768},
        {.op = TRACE_REALLOC, .block = 1, .bytes = 65536},
        {.op = TRACE_FREE, .block = 0},
        {.op = TRACE_FREE, .block = 1, .thread = 1},
    };
    trace_t trace = {.events = events, .event_count = sizeof events / sizeof events[0]};
    trace_error_t error = {.text = ""};
    trace_stats_t stats;
    assert_true(trace_count(&trace, &error));
    trace_stats_read(&trace, &stats);
    assert_int_equal(trace.peak_live_bytes, 33000 + 32768 + 65536);
    assert_int_equal(stats.requests, 4);
    assert_int_equal(stats.mid_requests, 3);
    assert_int_equal(stats.mid_bytes, 33000 + 33000 + 65536);
    assert_int_equal(stats.uses, 3);
    assert_int_equal(stats.cross_uses, 2);
    assert_int_equal(stats.leftover_blocks, 1);
    assert_int_equal(stats.leftover_bytes, 32768);
    assert_int_equal(stats.top[0].bytes, 33000);
    assert_int_equal(stats.top[0].requests, 2);
    assert_int_equal(stats.distinct_sizes, 3);
    assert_int_equal(stats.thread_events[1], 3);
    trace_stats_free(&stats);
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int drop_folder(void **state) {
    char command[300];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(saved_and_loaded_is_the_same),
        cmocka_unit_test(each_flipped_byte_is_noticed),
        cmocka_unit_test(each_cut_is_noticed),
        cmocka_unit_test(damage_under_zstd_is_noticed),
        cmocka_unit_test(another_version_is_named),
        cmocka_unit_test(impossible_events_are_refused),
        cmocka_unit_test(forged_bytes_are_no_harm),
        cmocka_unit_test(varints),
        cmocka_unit_test(crc_is_castagnoli),
        cmocka_unit_test(statistics),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
