/* Files read in order, plain or gzip (RFC 1952, by zlib). */
#define _GNU_SOURCE /* read, lseek */
#include "data/source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"

/* Reads up to n bytes of the file itself; fewer only at its end, -1 on failure. */
static int64_t read_descriptor(int descriptor, void *bytes, size_t n)
{
    size_t used = 0;
    while (used < n) {
        ssize_t got = read(descriptor, (char *)bytes + used, n - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        used += (size_t)got;
    }
    return (int64_t)used;
}

/* ---- gzip ------------------------------------------------------------------------------------ */

#ifdef HM_HAVE_ZLIB
#include <zlib.h>

enum { PACKED_CHUNK = 1 << 16, GZIP_ONLY = 16 };

struct hm_unpacker {
    z_stream z;
    bool is_at_end;
    unsigned char packed[PACKED_CHUNK];
};

static void *allocate_for_zlib(void *context, uInt n, uInt size)
{
    return hm_alloc(context, n, size, NULL);
}

static void free_for_zlib(void *context, void *memory)
{
    hm_free(context, memory);
}

static hm_status open_unpacker(hm_source *source, hm_error *error)
{
    struct hm_unpacker *unpacker = hm_alloc(source->context, 1, sizeof *unpacker, error);
    if (!unpacker)
        return HM_ERROR_MEMORY;
    unpacker->z.zalloc = allocate_for_zlib;
    unpacker->z.zfree = free_for_zlib;
    unpacker->z.opaque = (void *)source->context;
    if (inflateInit2(&unpacker->z, MAX_WBITS + GZIP_ONLY) != Z_OK) {
        hm_free(source->context, unpacker);
        return hm_fail(error, HM_ERROR_MEMORY, "%s: out of memory for unpacking gzip",
                       source->path);
    }
    source->unpacker = unpacker;
    return HM_OK;
}

static void close_unpacker(hm_source *source)
{
    if (source->unpacker)
        inflateEnd(&source->unpacker->z);
    hm_free(source->context, source->unpacker);
}

static void restart_unpacker(struct hm_unpacker *unpacker)
{
    inflateReset(&unpacker->z);
    unpacker->z.avail_in = 0;
    unpacker->is_at_end = false;
}

static hm_status refill(hm_source *source, hm_error *error)
{
    z_stream *z = &source->unpacker->z;
    int64_t n = read_descriptor(source->descriptor, source->unpacker->packed, PACKED_CHUNK);
    if (n < 0)
        return hm_fail_io(error, "read", source->path);
    z->next_in = source->unpacker->packed;
    z->avail_in = (uInt)n;
    return HM_OK;
}

/* A gzip file may be several members behind one another, and is at its end after the last. */
static hm_status end_member(hm_source *source, hm_error *error)
{
    z_stream *z = &source->unpacker->z;
    if (z->avail_in == 0) {
        hm_status status = refill(source, error);
        if (status != HM_OK)
            return status;
    }
    source->unpacker->is_at_end = z->avail_in == 0;
    if (!source->unpacker->is_at_end)
        inflateReset(z);
    return HM_OK;
}

static hm_status fail_unpack(const hm_source *source, int code, hm_error *error)
{
    if (code == Z_MEM_ERROR)
        return hm_fail(error, HM_ERROR_MEMORY, "%s: out of memory for unpacking gzip",
                       source->path);
    return hm_fail(error, HM_ERROR_FORMAT, "%s: damaged gzip data (%s); fetch the file again",
                   source->path,
                   source->unpacker->z.msg ? source->unpacker->z.msg : "unknown cause");
}

static hm_status unpack(hm_source *source, void *bytes, size_t n, size_t *n_read, hm_error *error)
{
    z_stream *z = &source->unpacker->z;
    hm_status status = HM_OK;
    *n_read = 0;
    while (*n_read < n && !source->unpacker->is_at_end) {
        if (z->avail_in == 0) {
            status = refill(source, error);
            if (status == HM_OK && z->avail_in == 0)
                status = hm_fail(error, HM_ERROR_FORMAT,
                                 "%s: the gzip data is cut off; fetch the file again",
                                 source->path);
            if (status != HM_OK)
                return status;
        }
        uInt room = n - *n_read < 1u << 30 ? (uInt)(n - *n_read) : 1u << 30;
        z->next_out = (Bytef *)bytes + *n_read;
        z->avail_out = room;
        int code = inflate(z, Z_NO_FLUSH);
        *n_read += room - z->avail_out;
        if (code == Z_STREAM_END)
            status = end_member(source, error);
        else if (code != Z_OK && code != Z_BUF_ERROR)
            status = fail_unpack(source, code, error);
        if (status != HM_OK)
            return status;
    }
    return HM_OK;
}

#else /* without zlib a gzip file is never opened, so the rest has nothing to do */

static hm_status open_unpacker(hm_source *source, hm_error *error)
{
    return hm_fail(
        error, HM_ERROR_UNSUPPORTED,
        "%s: packed with gzip, and this build lacks zlib; unpack it with gunzip, or install "
        "zlib1g-dev and build again",
        source->path);
}

static void close_unpacker(hm_source *source)
{
    (void)source;
}

static void restart_unpacker(struct hm_unpacker *unpacker)
{
    (void)unpacker;
}

static hm_status unpack(hm_source *source, void *bytes, size_t n, size_t *n_read, hm_error *error)
{
    (void)bytes, (void)n, (void)n_read;
    return open_unpacker(source, error);
}

#endif

/* ---- Sources --------------------------------------------------------------------------------- */

hm_status hm_source_open(const hm_context *context, const char *path, hm_source *source,
                         hm_error *error)
{
    static const unsigned char gzip_magic[] = {0x1f, 0x8b};
    unsigned char head[sizeof gzip_magic] = {0};
    *source = (hm_source){.context = context, .path = path, .descriptor = -1};
    hm_status status = hm_file_open(path, "read", &source->descriptor, &source->size, error);
    if (status != HM_OK)
        return status;
    if (read_descriptor(source->descriptor, head, sizeof head) < 0)
        status = hm_fail_io(error, "read", path);
    source->is_packed = memcmp(head, gzip_magic, sizeof head) == 0;
    if (status == HM_OK && source->is_packed)
        status = open_unpacker(source, error);
    if (status == HM_OK)
        status = hm_source_rewind(source, error);
    if (status != HM_OK)
        hm_source_close(source);
    return status;
}

void hm_source_close(hm_source *source)
{
    if (source->descriptor >= 0)
        close(source->descriptor);
    close_unpacker(source);
    source->descriptor = -1;
    source->unpacker = NULL;
}

hm_status hm_source_read(hm_source *source, void *bytes, size_t n, size_t *n_read, hm_error *error)
{
    if (source->unpacker)
        return unpack(source, bytes, n, n_read, error);
    int64_t got = read_descriptor(source->descriptor, bytes, n);
    *n_read = got < 0 ? 0 : (size_t)got;
    return got < 0 ? hm_fail_io(error, "read", source->path) : HM_OK;
}

hm_status hm_source_read_all(hm_source *source, void *bytes, size_t n, const char *what,
                             hm_error *error)
{
    size_t n_read;
    hm_status status = hm_source_read(source, bytes, n, &n_read, error);
    if (status == HM_OK && n_read < n)
        status = hm_fail(error, HM_ERROR_FORMAT,
                         "%s: ends before its %s is complete; fetch the file again", source->path,
                         what);
    return status;
}

hm_status hm_source_rewind(hm_source *source, hm_error *error)
{
    if (lseek(source->descriptor, 0, SEEK_SET) < 0)
        return hm_fail_io(error, "read", source->path);
    if (source->unpacker)
        restart_unpacker(source->unpacker);
    return HM_OK;
}

int hm_source_take_descriptor(hm_source *source)
{
    int descriptor = source->descriptor;
    source->descriptor = -1;
    return descriptor;
}
