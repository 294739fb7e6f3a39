/*
 * test_convert.c - from raw records to a trace: order by ticket, addresses used again, gaps.
 *
 * Each case writes a raw file by hand, in an order in which a recorder might, and looks at the
 * events that come out.
 */
#include "cmocka_all.h"

#include "recorder/hakrec_convert.h"
#include "recorder/raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/hakmem-test-convert-XXXXXX";

typedef struct expected {
    trace_op_t op;
    uint32_t thread, block;
    uint64_t bytes;
} expected_t;

/* A record as the tests write it; lane: that of its thread unless said. */
typedef struct raw_record {
    uint64_t ticket, address, bytes;
    uint32_t thread, lane, site;
    raw_op_t op;
} raw_record_t;

enum { LANES = 4 };

static void write_record(FILE *file, const raw_record_t *record, unsigned width) {
    uint64_t words[RAW_WORDS_SITES] = {record->ticket, raw_place(record->address, record->op, 0),
                                       record->bytes, record->site};
    fwrite(words, 8, width, file);
}

/* The segments of one lane, as many records in each as it has room for but the last. */
static void write_lane(FILE *file, const raw_record_t *records, uint32_t count, uint32_t lane,
                       unsigned width) {
    uint64_t room = raw_segment_records(width), used = room;
    long end = ftell(file);
    uint32_t sequence = 0;
    for (uint32_t i = 0; i < count; i++) {
        if ((records[i].lane == 0 ? records[i].thread : records[i].lane) != lane)
            continue;
        if (used == room) {
            raw_segment_t head = {
                .magic = RAW_SEGMENT_MAGIC, .lane = lane, .thread = records[i].thread};
            head.sequence = sequence++;
            fseek(file, end, SEEK_SET);
            fwrite(&head, sizeof head, 1, file);
            used = 0;
            end += RAW_SEGMENT_BYTES;
        }
        write_record(file, &records[i], width);
        used++;
    }
    fseek(file, end, SEEK_SET);
}

static void write_raw(const raw_record_t *records, uint32_t count, unsigned width) {
    static raw_header_t header = {.magic = RAW_MAGIC, .program = "/bin/p", .command = "p"};
    header.record_words = width;
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fwrite(&header, sizeof header, 1, file);
    for (uint32_t lane = LANES; lane-- > 0;)
        write_lane(file, records, count, lane, width);
    long length = ftell(file);
    assert_int_equal(fclose(file), 0);
    /* Room that was reserved and never used. */
    assert_int_equal(truncate(path, length + RAW_SEGMENT_BYTES), 0);
}

static trace_t convert_to(const raw_record_t *records, uint32_t count, unsigned width,
                          uint64_t max_events) {
    trace_t trace;
    trace_error_t error = {.text = ""};
    write_raw(records, count, width);
    if (!convert_raw(path, max_events, &trace, &error))
        fail_msg("%s", error.text);
    return trace;
}

static trace_t convert(const raw_record_t *records, uint32_t count) {
    return convert_to(records, count, RAW_WORDS_PLAIN, TRACE_EVENTS_MAX);
}

static void assert_events(trace_t *trace, const expected_t *expected, uint64_t count) {
    uint64_t at = 0;
    for (uint64_t i = 0; i < trace->event_count; i++) {
        const trace_event_t *event = &trace->events[i];
        if (event->op == TRACE_THREAD_START)
            continue;
        assert_true(at < count);
        if (event->op != expected[at].op || event->thread != expected[at].thread ||
            event->block != expected[at].block || event->bytes != expected[at].bytes)
            fail_msg("event %d: %s by %u of #%u, %d bytes", (int)at, trace_op_name(event->op),
                     event->thread, event->block, (int)event->bytes);
        at++;
    }
    assert_int_equal(at, count);
    trace_unload(trace);
}

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* Thread 1's lane stands before thread 0's in the file. The address 0x1000 is freed by 0 and got
 * by 1. */
static void order_is_that_of_the_tickets(void **state) {
    (void)state;
    static const raw_record_t raw[] = {
        {.ticket = 3, .op = RAW_MALLOC, .address = 0x1000, .bytes = 20, .thread = 1},
        {.ticket = 4, .op = RAW_FREE, .address = 0x1000, .thread = 1},
        {.ticket = 1, .op = RAW_MALLOC, .address = 0x1000, .bytes = 10},
        {.ticket = 2, .op = RAW_FREE, .address = 0x1000},
    };
    static const expected_t expected[] = {
        {TRACE_MALLOC, 0, 0, 10},
        {TRACE_FREE, 0, 0, 0},
        {TRACE_MALLOC, 1, 1, 20},
        {TRACE_FREE, 1, 1, 0},
    };
    trace_t trace = convert(raw, COUNT(raw));
    assert_int_equal(trace.lost_frees, 0);
    assert_events(&trace, expected, COUNT(expected));
}

/* While thread 0 moves its block from 0x1000 to 0x2000, thread 1 frees 0x2000 and gets 0x1000. */
static void realloc_exchanges_addresses(void **state) {
    (void)state;
    static const raw_record_t raw[] = {
        {.ticket = 1, .op = RAW_MALLOC, .address = 0x1000, .bytes = 10},
        {.ticket = 2, .op = RAW_MALLOC, .address = 0x2000, .bytes = 20, .thread = 1},
        {.ticket = 3, .op = RAW_REALLOC_BEGIN, .address = 0x1000},
        {.ticket = 4, .op = RAW_FREE, .address = 0x2000, .thread = 1},
        {.ticket = 5, .op = RAW_MALLOC, .address = 0x1000, .bytes = 30, .thread = 1},
        {.ticket = 6, .op = RAW_REALLOC_END, .address = 0x2000, .bytes = 40},
        {.ticket = 7, .op = RAW_FREE, .address = 0x1000, .thread = 1},
        {.ticket = 8, .op = RAW_FREE, .address = 0x2000},
    };
    static const expected_t expected[] = {
        {TRACE_MALLOC, 0, 0, 10}, {TRACE_MALLOC, 1, 1, 20},  {TRACE_FREE, 1, 1, 0},
        {TRACE_MALLOC, 1, 2, 30}, {TRACE_REALLOC, 0, 0, 40}, {TRACE_FREE, 1, 2, 0},
        {TRACE_FREE, 0, 0, 0},
    };
    trace_t trace = convert(raw, COUNT(raw));
    assert_int_equal(trace.lost_frees, 0);
    assert_int_equal(trace.unknown_frees, 0);
    assert_events(&trace, expected, COUNT(expected));
}

static void realloc_that_fails_or_frees(void **state) {
    (void)state;
    static const raw_record_t raw[] = {
        {.ticket = 1, .op = RAW_MALLOC, .address = 0x1000, .bytes = 10},
        {.ticket = 2, .op = RAW_REALLOC_BEGIN, .address = 0x1000},
        {.ticket = 3, .op = RAW_REALLOC_END, .address = 0, .bytes = 1u << 30},
        {.ticket = 4, .op = RAW_REALLOC_BEGIN, .address = 0x1000},
        {.ticket = 5, .op = RAW_REALLOC_END, .address = 0, .bytes = 0},
    };
    static const expected_t expected[] = {{TRACE_MALLOC, 0, 0, 10}, {TRACE_FREE, 0, 0, 0}};
    trace_t trace = convert(raw, COUNT(raw));
    assert_events(&trace, expected, COUNT(expected));
}

static void blocks_older_than_the_record(void **state) {
    (void)state;
    static const raw_record_t raw[] = {
        {.ticket = 1, .op = RAW_FREE, .address = 0x1000},
        {.ticket = 2, .op = RAW_REALLOC_BEGIN, .address = 0x2000},
        {.ticket = 3, .op = RAW_REALLOC_END, .address = 0x3000, .bytes = 50},
        {.ticket = 4, .op = RAW_FREE, .address = 0x3000},
    };
    static const expected_t expected[] = {{TRACE_MALLOC, 0, 0, 50}, {TRACE_FREE, 0, 0, 0}};
    trace_t trace = convert(raw, COUNT(raw));
    assert_int_equal(trace.unknown_frees, 2);
    assert_events(&trace, expected, COUNT(expected));
}

/* A killed program: thread 1's free never reached the file, and the last record has no stamp. */
static void gaps_are_closed(void **state) {
    (void)state;
    static const raw_record_t raw[] = {
        {.ticket = 1, .op = RAW_MALLOC, .address = 0x1000, .bytes = 10, .thread = 1},
        {.ticket = 3, .op = RAW_MALLOC, .address = 0x1000, .bytes = 20},
        {.ticket = 4, .op = RAW_FREE, .address = 0x1000},
        {.ticket = 0, .op = RAW_MALLOC, .address = 0x1000, .bytes = 30},
    };
    static const expected_t expected[] = {
        {TRACE_MALLOC, 0, 0, 10},
        {TRACE_FREE, 1, 0, 0},
        {TRACE_MALLOC, 1, 1, 20},
        {TRACE_FREE, 1, 1, 0},
    };
    trace_t trace = convert(raw, COUNT(raw));
    assert_int_equal(trace.lost_frees, 1);
    assert_events(&trace, expected, COUNT(expected));
}

/* More live addresses than the table starts with, removed in another order: each free finds its
 * block. */
static void many_addresses(void **state) {
    (void)state;
    enum { BLOCKS = 20000 };
    static raw_record_t raw[2 * BLOCKS];
    static expected_t expected[2 * BLOCKS];
    for (uint32_t i = 0; i < BLOCKS; i++) {
        uint32_t back = (uint32_t)((i * 7919ull) % BLOCKS);
        raw[i] =
            (raw_record_t){.ticket = 1 + i, .op = RAW_MALLOC, .address = 16 * (i + 1), .bytes = i};
        raw[BLOCKS + i] =
            (raw_record_t){.ticket = 1 + BLOCKS + i, .op = RAW_FREE, .address = 16 * (back + 1)};
        expected[i] = (expected_t){TRACE_MALLOC, 0, i, i};
        expected[BLOCKS + i] = (expected_t){TRACE_FREE, 0, back, 0};
    }
    trace_t trace = convert(raw, COUNT(raw));
    assert_int_equal(trace.unknown_frees, 0);
    assert_events(&trace, expected, COUNT(expected));
}

/* Two clocks' worth of doubt: equal stamps, and one that is before the one before it. */
static void stamps_may_be_equal_or_fall(void **state) {
    (void)state;
    static const raw_record_t raw[] = {
        {.ticket = 7, .op = RAW_MALLOC, .address = 0x1000, .bytes = 10, .thread = 1},
        {.ticket = 9, .op = RAW_FREE, .address = 0x1000, .thread = 1},
        {.ticket = 9, .op = RAW_MALLOC, .address = 0x1000, .bytes = 20},
        {.ticket = 8, .op = RAW_FREE, .address = 0x1000},
    };
    static const expected_t expected[] = {
        {TRACE_MALLOC, 0, 0, 10},
        {TRACE_FREE, 0, 0, 0},
        {TRACE_MALLOC, 1, 1, 20},
        {TRACE_FREE, 1, 1, 0},
    };
    trace_t trace = convert(raw, COUNT(raw));
    assert_int_equal(trace.lost_frees, 0);
    assert_int_equal(trace.unknown_frees, 0);
    assert_events(&trace, expected, COUNT(expected));
}

/* Thread 2 goes on in the lane of thread 1, which has ended. */
static void lanes_are_handed_on(void **state) {
    (void)state;
    static const raw_record_t raw[] = {
        {.ticket = 1, .op = RAW_MALLOC, .address = 0x1000, .bytes = 10, .thread = 1, .lane = 1},
        {.ticket = 2, .op = RAW_THREAD_EXIT, .thread = 1, .lane = 1},
        {.ticket = 3, .op = RAW_THREAD_START, .bytes = 2, .lane = 1},
        {.ticket = 4, .op = RAW_FREE, .address = 0x1000, .lane = 1},
    };
    static const expected_t expected[] = {
        {TRACE_MALLOC, 0, 0, 10}, {TRACE_THREAD_EXIT, 0, 0, 0}, {TRACE_FREE, 1, 0, 0}};
    trace_t trace = convert(raw, COUNT(raw));
    assert_events(&trace, expected, COUNT(expected));
}

static void times_and_sites_are_kept(void **state) {
    (void)state;
    static const raw_record_t raw[] = {
        {.ticket = 1000, .op = RAW_MALLOC, .address = 0x1000, .bytes = 10, .site = 77},
        {.ticket = 5999, .op = RAW_REALLOC_BEGIN, .address = 0x1000},
        {.ticket = 6000, .op = RAW_REALLOC_END, .address = 0x2000, .bytes = 20, .site = 78},
        {.ticket = 9000, .op = RAW_FREE, .address = 0x2000},
    };
    trace_t trace = convert_to(raw, COUNT(raw), RAW_WORDS_SITES, 3);
    assert_int_equal(trace.event_count, 3); /* the thread's start, malloc and realloc */
    assert_int_equal(trace.time_unit_ns, 1000);
    assert_int_equal(trace.times[1], 1);
    assert_int_equal(trace.times[2], 6);
    assert_int_equal(trace.sites[1], 77);
    assert_int_equal(trace.sites[2], 78);
    trace_unload(&trace);
}

static void damage_is_named(void **state) {
    (void)state;
    static const raw_record_t raw[] = {{.ticket = 1, .op = RAW_OPS, .address = 0x1000}};
    trace_t trace;
    trace_error_t error = {.text = ""};
    write_raw(raw, COUNT(raw), RAW_WORDS_PLAIN);
    assert_false(convert_raw(path, TRACE_EVENTS_MAX, &trace, &error));
    assert_non_null(strstr(error.text, "damaged"));
}

static void other_files_are_refused(void **state) {
    (void)state;
    trace_t trace;
    trace_error_t error = {.text = ""};
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs("something else", file);
    fclose(file);
    assert_false(convert_raw(path, TRACE_EVENTS_MAX, &trace, &error));
    assert_non_null(strstr(error.text, path));
    assert_false(convert_raw("/no/such/file", TRACE_EVENTS_MAX, &trace, &error));
    assert_non_null(strstr(error.text, "/no/such/file"));
}

static int make_file(void **state) {
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int drop_file(void **state) {
    (void)state;
    return unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_that_of_the_tickets),
        cmocka_unit_test(realloc_exchanges_addresses),
        cmocka_unit_test(realloc_that_fails_or_frees),
        cmocka_unit_test(blocks_older_than_the_record),
        cmocka_unit_test(gaps_are_closed),
        cmocka_unit_test(many_addresses),
        cmocka_unit_test(stamps_may_be_equal_or_fall),
        cmocka_unit_test(lanes_are_handed_on),
        cmocka_unit_test(times_and_sites_are_kept),
        cmocka_unit_test(damage_is_named),
        cmocka_unit_test(other_files_are_refused),
    };
    return cmocka_run_group_tests(tests, make_file, drop_file);
}
