/*
 * heap_proto.c - heap profiles of pprof: the message Profile of profile.proto, plain or packed by
 * gzip, as Go, jemalloc's and tcmalloc's tools write them.
 *
 * Of it, these fields: sample types (1), samples (2) with values and the numeric label "bytes",
 * and the table of strings (6). Values are already those of all blocks, not of the sampled ones.
 * Without the label a sample counts as blocks of its mean size.
 */
#include "sizes_load.h"

#include "shared/die.h"

#include <zlib.h>

enum { TYPES_MOST = 16, UNPACKED_MOST = 1 << 30 };
enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };
enum { PROFILE_SAMPLE_TYPE = 1, PROFILE_SAMPLE = 2, PROFILE_STRING = 6 };
enum { SAMPLE_VALUE = 2, SAMPLE_LABEL = 3, LABEL_KEY = 1, LABEL_NUMBER = 3 };

typedef struct field {
    uint64_t number, value; /* the value of a varint */
    unsigned wire;
    source_t bytes; /* of the others */
} field_t;

/* false: at the end, or malformed (source->overrun). */
static bool next_field(source_t *source, field_t *out) {
    if (source->overrun || source_left(source) == 0)
        return false;
    uint64_t tag = source_varint(source), length = 0;
    *out = (field_t){.number = tag >> 3, .wire = tag & 7};
    if (out->wire == WIRE_VARINT)
        out->value = source_varint(source);
    else if (out->wire == WIRE_BYTES)
        length = source_varint(source);
    else if (out->wire == WIRE_64 || out->wire == WIRE_32)
        length = out->wire == WIRE_64 ? 8 : 4;
    else
        source->overrun = true;
    out->bytes.at = source_take(source, length);
    source->overrun |= out->number == 0;
    if (source->overrun)
        return false;
    out->bytes.end = out->bytes.at + length;
    return true;
}

/* ---- what the values mean ---- */

typedef struct profile_names {
    uint64_t types[TYPES_MOST]; /* places in the table of strings */
    unsigned type_count;
    uint64_t bytes_key; /* 0: no label has this name */
    unsigned objects, space;
} profile_names_t;

static bool is_text(const source_t *bytes, const char *text) {
    return source_left(bytes) == strlen(text) && memcmp(bytes->at, text, strlen(text)) == 0;
}

static bool read_types(source_t source, profile_names_t *names) {
    field_t field, part;
    while (next_field(&source, &field)) {
        if (field.number != PROFILE_SAMPLE_TYPE || field.wire != WIRE_BYTES)
            continue;
        if (names->type_count == TYPES_MOST)
            return false;
        uint64_t type = 0;
        while (next_field(&field.bytes, &part)) {
            if (part.number == 1 && part.wire == WIRE_VARINT)
                type = part.value;
        }
        names->types[names->type_count++] = type;
    }
    return !source.overrun;
}

/* "inuse_…" is preferred to what has no prefix. */
static void match_type(profile_names_t *names, uint64_t place, const source_t *text) {
    for (unsigned i = 0; i < names->type_count; i++) {
        if (names->types[i] != place)
            continue;
        if (is_text(text, "inuse_objects") ||
            (names->objects == TYPES_MOST && is_text(text, "objects")))
            names->objects = i;
        if (is_text(text, "inuse_space") || (names->space == TYPES_MOST && is_text(text, "space")))
            names->space = i;
    }
}

static bool read_names(source_t source, profile_names_t *names) {
    uint64_t place = 0;
    field_t field;
    *names = (profile_names_t){.objects = TYPES_MOST, .space = TYPES_MOST};
    if (!read_types(source, names))
        return false;
    while (next_field(&source, &field)) {
        if (field.number != PROFILE_STRING || field.wire != WIRE_BYTES)
            continue;
        match_type(names, place, &field.bytes);
        if (is_text(&field.bytes, "bytes"))
            names->bytes_key = place;
        place++;
    }
    return !source.overrun;
}

/* ---- samples ---- */

typedef struct sample {
    uint64_t values[TYPES_MOST];
    unsigned count;
    uint64_t label_bytes;
} sample_t;

static void add_value(sample_t *sample, uint64_t value) {
    if (sample->count < TYPES_MOST)
        sample->values[sample->count++] = value;
}

static void read_label(source_t source, const profile_names_t *names, sample_t *out) {
    field_t field;
    uint64_t key = 0, number = 0;
    while (next_field(&source, &field)) {
        if (field.number == LABEL_KEY)
            key = field.value;
        if (field.number == LABEL_NUMBER)
            number = field.value;
    }
    if (names->bytes_key != 0 && key == names->bytes_key)
        out->label_bytes = number;
}

static bool read_sample(source_t source, const profile_names_t *names, sizes_t *out) {
    sample_t sample = {.count = 0};
    field_t field;
    while (next_field(&source, &field)) {
        if (field.number == SAMPLE_VALUE && field.wire == WIRE_VARINT)
            add_value(&sample, field.value);
        else if (field.number == SAMPLE_VALUE && field.wire == WIRE_BYTES)
            while (source_left(&field.bytes) > 0 && !field.bytes.overrun)
                add_value(&sample, source_varint(&field.bytes));
        else if (field.number == SAMPLE_LABEL && field.wire == WIRE_BYTES)
            read_label(field.bytes, names, &sample);
    }
    if (source.overrun || sample.count < names->type_count)
        return false;
    uint64_t objects = sample.values[names->objects], space = sample.values[names->space];
    if (objects == 0 || space == 0 || objects > INT64_MAX || space > INT64_MAX)
        return objects <= INT64_MAX && space <= INT64_MAX;
    uint64_t bytes = sample.label_bytes > 0 ? sample.label_bytes : (space + objects / 2) / objects;
    sizes_add(out, bytes, (double)objects);
    return true;
}

static bool read_profile(source_t source, const char *path, sizes_t *out, trace_error_t *error) {
    profile_names_t names;
    field_t field;
    if (!read_names(source, &names))
        return trace_fault(error, path,
                           "expected a profile of pprof (profile.proto), which is "
                           "damaged or something else");
    if (names.objects == TYPES_MOST || names.space == TYPES_MOST)
        return trace_fault(error, path,
                           "a profile of pprof, but not of the heap: expected the "
                           "values inuse_objects and inuse_space");
    while (next_field(&source, &field)) {
        if (field.number == PROFILE_SAMPLE && field.wire == WIRE_BYTES &&
            !read_sample(field.bytes, &names, out))
            return trace_fault(error, path,
                               "expected a sample of %u numbers in each sample of "
                               "the profile",
                               names.type_count);
    }
    return true;
}

/* ---- the file ---- */

static bool is_gzip(const sink_t *file) {
    return file->used >= 2 && file->bytes[0] == 0x1f && file->bytes[1] == 0x8b;
}

static bool pprof_matches(const sink_t *file) {
    source_t source = {file->bytes, file->bytes + file->used, false};
    profile_names_t names;
    return is_gzip(file) || (file->used > 0 && file->bytes[0] == 0x0a &&
                             read_names(source, &names) && names.type_count > 0);
}

static bool unpack(const sink_t *file, sink_t *out) {
    enum { CHUNK = 1 << 16 };
    z_stream stream = {.next_in = file->bytes, .avail_in = (unsigned)file->used};
    int status = file->used > UINT32_MAX ? Z_DATA_ERROR : inflateInit2(&stream, 16 + MAX_WBITS);
    while (status == Z_OK && out->used < UNPACKED_MOST) {
        sink_reserve(out, CHUNK);
        stream.next_out = out->bytes + out->used;
        stream.avail_out = CHUNK;
        status = inflate(&stream, Z_NO_FLUSH);
        out->used += CHUNK - stream.avail_out;
        if (status == Z_OK && stream.avail_in == 0 && stream.avail_out > 0)
            status = Z_BUF_ERROR; /* the file ends too early */
    }
    inflateEnd(&stream);
    return status == Z_STREAM_END;
}

static bool pprof_read(const sink_t *file, const char *path, sizes_t *out, trace_error_t *error) {
    source_t plain = {file->bytes, file->bytes + file->used, false};
    if (!is_gzip(file))
        return read_profile(plain, path, out, error);
    sink_t unpacked;
    sink_open(&unpacked);
    bool good =
        unpack(file, &unpacked) ||
        trace_fault(error, path, "packed by gzip, and damaged: expected a profile of pprof");
    sink_byte(&unpacked, '\0');
    unpacked.used--;
    source_t source = {unpacked.bytes, unpacked.bytes + unpacked.used, false};
    if (good && snapshot_gperftools.matches(&unpacked))
        good = snapshot_gperftools.read(&unpacked, path, out, error);
    else if (good && snapshot_jemalloc.matches(&unpacked))
        good = snapshot_jemalloc.read(&unpacked, path, out, error);
    else if (good)
        good = read_profile(source, path, out, error);
    sink_close(&unpacked);
    return good;
}

const snapshot_format_t snapshot_pprof = {pprof_matches, pprof_read};
