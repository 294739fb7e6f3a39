/*
 * file.c - trace files: reading, zstd, and saving so that a half-written file never has the name.
 *
 * zstd's own buffers come from the arena too (its custom-allocator interface), so that loading a
 * trace does not warm the allocator that will be measured.
 */
#define ZSTD_STATIC_LINKING_ONLY
#include "common/arena.h"
#include "common/buffer.h"
#include "trace/codec.h"
#include "trace/crc32c.h"
#include "trace/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

enum { LEVEL = 19 };
#define UNPACKED_MAX (UINT64_C(1) << 34)

/* ---- zstd's memory: each piece is a mapping that starts with its own length ---- */

enum { PIECE_HEADER = 64 };

static void *piece_alloc(void *unused, size_t bytes) {
    (void)unused;
    size_t whole = bytes + PIECE_HEADER;
    char *piece = arena_alloc(whole, 1);
    memcpy(piece, &whole, sizeof whole);
    return piece + PIECE_HEADER;
}

static void piece_free(void *unused, void *address) {
    (void)unused;
    if (address == NULL)
        return;
    char *piece = (char *)address - PIECE_HEADER;
    size_t whole;
    memcpy(&whole, piece, sizeof whole);
    arena_free(piece, whole, 1);
}

static const ZSTD_customMem pieces = {piece_alloc, piece_free, NULL};

/* ---- loading ---- */

static bool unpack_all(ZSTD_DCtx *context, ZSTD_inBuffer *in, const char *path, sink_t *out,
                       trace_error_t *error) {
    size_t hint = 1;
    while (in->pos < in->size || hint != 0) {
        sink_reserve(out, ZSTD_DStreamOutSize());
        ZSTD_outBuffer piece = {out->bytes + out->used, out->room - out->used, 0};
        size_t before = in->pos;
        hint = ZSTD_decompressStream(context, &piece, in);
        if (ZSTD_isError(hint))
            return trace_fault(error, path, "damaged: %s", ZSTD_getErrorName(hint));
        out->used += piece.pos;
        if (out->used > UNPACKED_MAX)
            return trace_fault(error, path, "unpacks to more than %" PRIu64 " bytes", UNPACKED_MAX);
        if (hint != 0 && in->pos == before && piece.pos == 0)
            return trace_fault(error, path, "truncated");
    }
    return true;
}

static bool unpack(const unsigned char *bytes, size_t count, const char *path, sink_t *out,
                   trace_error_t *error) {
    ZSTD_DCtx *context = ZSTD_createDCtx_advanced(pieces);
    if (context == NULL)
        return trace_fault(error, path, "no memory to unpack it");
    ZSTD_inBuffer in = {bytes, count, 0};
    bool good = unpack_all(context, &in, path, out, error);
    ZSTD_freeDCtx(context);
    return good;
}

static bool is_zstd(const unsigned char *bytes, size_t count) {
    return count >= 4 && memcmp(bytes, "\x28\xb5\x2f\xfd", 4) == 0;
}

static bool load_bytes(const unsigned char *bytes, size_t count, const char *path, sink_t *out,
                       trace_error_t *error) {
    sink_open(out);
    bool good = true;
    if (is_zstd(bytes, count))
        good = unpack(bytes, count, path, out, error);
    else
        sink_add(out, bytes, count);
    if (!good)
        sink_close(out);
    return good;
}

bool trace_file_map(const char *path, size_t least_bytes, const char *a_kind,
                    const unsigned char **bytes, size_t *count, trace_error_t *error) {
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) {
        trace_fault(error, path, "%s", strerrordesc_np(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    *count = (size_t)status.st_size;
    if (!S_ISREG(status.st_mode) || *count < least_bytes) {
        close(fd);
        return trace_fault(error, path, "not %s", a_kind);
    }
    void *map = mmap(NULL, *count, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    *bytes = map;
    return map != MAP_FAILED ||
           trace_fault(error, path, "cannot map it: %s", strerrordesc_np(errno));
}

bool trace_file_read(const char *path, sink_t *out, trace_error_t *error) {
    const unsigned char *bytes;
    size_t count;
    if (!trace_file_map(path, 1, "a hakmem trace", &bytes, &count, error))
        return false;
    bool good = load_bytes(bytes, count, path, out, error);
    munmap((void *)(uintptr_t)bytes, count);
    return good;
}

bool trace_load(const char *path, trace_t *out, trace_error_t *error) {
    sink_t plain;
    if (!trace_file_read(path, &plain, error))
        return false;
    bool good = codec_decode(plain.bytes, plain.used, path, out, error);
    sink_close(&plain);
    return good;
}

/* ---- saving ---- */

static bool pack(const sink_t *plain, sink_t *packed, const char *path, trace_error_t *error) {
    ZSTD_CCtx *context = ZSTD_createCCtx_advanced(pieces);
    if (context == NULL)
        return trace_fault(error, path, "no memory to compress it");
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    /* All that fits into a window of 64 MiB may be matched: programs repeat over long distances. */
    ZSTD_CCtx_setParameter(context, ZSTD_c_enableLongDistanceMatching, 1);
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 26);
    sink_reserve(packed, ZSTD_compressBound(plain->used));
    size_t used = ZSTD_compress2(context, packed->bytes, packed->room, plain->bytes, plain->used);
    ZSTD_freeCCtx(context);
    if (ZSTD_isError(used))
        return trace_fault(error, path, "cannot compress: %s", ZSTD_getErrorName(used));
    packed->used = used;
    return true;
}

static bool write_all(int fd, const sink_t *bytes) {
    for (size_t done = 0; done < bytes->used;) {
        ssize_t wrote = write(fd, bytes->bytes + done, bytes->used - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        done += (size_t)wrote;
    }
    return true;
}

static bool write_file(const char *path, const sink_t *bytes, trace_error_t *error) {
    char temporary[4096];
    int length = snprintf(temporary, sizeof temporary, "%s.%d.tmp", path, (int)getpid());
    if (length < 0 || (size_t)length >= sizeof temporary)
        return trace_fault(error, path, "the name is too long");
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return trace_fault(error, temporary, "%s", strerrordesc_np(errno));
    bool good = write_all(fd, bytes);
    good = close(fd) == 0 && good && rename(temporary, path) == 0;
    if (!good) {
        trace_fault(error, path, "%s", strerrordesc_np(errno));
        unlink(temporary);
    }
    return good;
}

static bool wants_plain(const char *path) {
    size_t length = strlen(path);
    return length >= 5 && strcmp(path + length - 5, ".hakt") == 0;
}

bool trace_save(const char *path, const trace_t *trace, trace_error_t *error) {
    trace_t counted = *trace;
    sink_t plain, packed;
    if (!trace_count(&counted, error))
        return false;
    sink_open(&plain);
    sink_open(&packed);
    codec_encode(&counted, &plain);
    bool good = wants_plain(path)
                    ? write_file(path, &plain, error)
                    : pack(&plain, &packed, path, error) && write_file(path, &packed, error);
    sink_close(&plain);
    sink_close(&packed);
    return good;
}
