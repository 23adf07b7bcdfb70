/* SPDX-License-Identifier: Apache-2.0 */
/* Zip directories with 64-bit sizes. Source: PKWARE APPNOTE 6.3.9, sections 4.3 to 4.5. */
#include "image/zip.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

enum {
    end_bytes = 22,
    end_reach = end_bytes + 65535, /* with the longest comment behind it */
    locator_bytes = 20,
    end64_bytes = 56,
    entry_bytes = 46,
    local_bytes = 30,
    extra_64 = 1,
};

/* ---- the end of the directory ---- */

typedef struct ending {
    uint64_t at;
    uint64_t bytes;
    uint64_t count;
} ending;

static bool read_end64(const cu_segment *segment, uint64_t end_at, ending *out)
{
    uint8_t bytes[end64_bytes];

    if (end_at < locator_bytes ||
        !cu_segment_read(segment, end_at - locator_bytes, bytes, locator_bytes) ||
        memcmp(bytes, "PK\x06\x07", 4) != 0)
        return false;

    cu_cursor locator = cu_cursor_over((cu_bytes){bytes, locator_bytes});

    cu_cursor_take(&locator, 8); /* signature, disk */

    const uint64_t at = cu_cursor_u64le(&locator);

    if (at > INT64_MAX || !cu_segment_read(segment, at, bytes, sizeof bytes) ||
        memcmp(bytes, "PK\x06\x06", 4) != 0)
        return false;

    cu_cursor c = cu_cursor_over((cu_bytes){bytes, sizeof bytes});

    cu_cursor_take(&c, 32); /* signature, length, versions, disks, entries of this disk */
    out->count = cu_cursor_u64le(&c);
    out->bytes = cu_cursor_u64le(&c);
    out->at = cu_cursor_u64le(&c);
    return true;
}

static bool parse_end(const cu_segment *segment, cu_bytes from, uint64_t end_at, ending *out)
{
    cu_cursor c = cu_cursor_over(from);

    cu_cursor_take(&c, 10); /* signature, disks, entries of this disk */
    out->count = cu_cursor_u16le(&c);
    out->bytes = cu_cursor_u32le(&c);
    out->at = cu_cursor_u32le(&c);
    if (c.bad)
        return false;
    if (out->count == UINT16_MAX || out->bytes == UINT32_MAX || out->at == UINT32_MAX)
        (void)read_end64(segment, end_at, out);
    return out->at <= end_at && out->bytes <= end_at - out->at;
}

static cu_status find_end(const cu_segment *segment, ending *out, cu_err *err)
{
    const size_t n = segment->bytes < end_reach ? (size_t)segment->bytes : end_reach;
    const uint64_t start = segment->bytes - n;
    uint8_t *const tail = malloc(n + 1);
    bool found = false;

    if (tail == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    if (cu_segment_read(segment, start, tail, n)) {
        for (size_t i = n < end_bytes ? 0 : n - end_bytes + 1; !found && i > 0; i--) {
            if (memcmp(tail + i - 1, "PK\x05\x06", 4) == 0)
                found =
                    parse_end(segment, (cu_bytes){tail + i - 1, n - i + 1}, start + i - 1, out);
        }
    }
    free(tail);
    return found ? CU_OK
                 : cu_fail(err, CU_EFORMAT,
                           "it is cut off: the directory at its end is missing or damaged");
}

/* ---- members ---- */

/* The fields that were too large for 32 bits, in their order. */
static void read_extra(cu_bytes extra, cu_zip_member *member)
{
    cu_cursor c = cu_cursor_over(extra);

    while (cu_cursor_left(&c) >= 4) {
        const uint16_t kind = cu_cursor_u16le(&c);
        cu_cursor field = cu_cursor_over(cu_cursor_take(&c, cu_cursor_u16le(&c)));

        if (kind != extra_64)
            continue;
        if (member->bytes == UINT32_MAX)
            member->bytes = cu_cursor_u64le(&field);
        if (member->packed_bytes == UINT32_MAX)
            member->packed_bytes = cu_cursor_u64le(&field);
        if (member->header_at == UINT32_MAX)
            member->header_at = cu_cursor_u64le(&field);
    }
}

/* One entry of the directory; its name is ended by a zero over what follows it and is read. */
static bool read_member(cu_cursor *c, uint8_t *directory, cu_zip_member *out)
{
    const size_t start = c->at;
    const cu_bytes signature = cu_cursor_take(c, 4);

    if (!cu_bytes_starts(signature, "PK\x01\x02", 4))
        return false;
    cu_cursor_take(c, 6); /* versions, flags */
    out->method = cu_cursor_u16le(c);
    cu_cursor_take(c, 8); /* time, checksum */
    out->packed_bytes = cu_cursor_u32le(c);
    out->bytes = cu_cursor_u32le(c);

    const size_t name_bytes = cu_cursor_u16le(c);
    const size_t extra_bytes = cu_cursor_u16le(c);
    const size_t comment_bytes = cu_cursor_u16le(c);

    cu_cursor_take(c, 8); /* disk, attributes */
    out->header_at = cu_cursor_u32le(c);
    cu_cursor_take(c, name_bytes);
    read_extra(cu_cursor_take(c, extra_bytes), out);
    cu_cursor_take(c, comment_bytes);
    if (c->bad)
        return false;
    /* Moved over its own fixed fields, which were read, the name has room for its end. */
    memmove(directory + start, directory + start + entry_bytes, name_bytes);
    directory[start + name_bytes] = '\0';
    out->name = (const char *)(directory + start);
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const cu_zip_member *)a)->name, ((const cu_zip_member *)b)->name);
}

static cu_status read_members(cu_zip *zip, size_t n, uint64_t count, cu_err *err)
{
    cu_cursor c = cu_cursor_over((cu_bytes){zip->directory, n});
    const uint64_t most = n / entry_bytes;
    const size_t room = (size_t)(count < most ? count : most);

    if (room > cu_zip_members_max)
        return cu_fail(err, CU_ELIMIT, "it has more than %d members", cu_zip_members_max);
    zip->list = calloc(room + 1, sizeof *zip->list);
    if (zip->list == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    while (zip->count < room && read_member(&c, zip->directory, &zip->list[zip->count]))
        zip->count++;
    if (zip->count == 0)
        return cu_fail(err, CU_EFORMAT, "its directory is broken");
    qsort(zip->list, zip->count, sizeof *zip->list, by_name);
    return CU_OK;
}

cu_status cu_zip_open(const cu_segment *segment, cu_zip *out, cu_err *err)
{
    cu_zip zip = {.segment = segment};
    ending end = {0};
    cu_status st = find_end(segment, &end, err);

    if (st == CU_OK && end.bytes > cu_zip_directory_max)
        st = cu_fail(err, CU_ELIMIT, "its directory is larger than %d bytes",
                     cu_zip_directory_max);
    if (st != CU_OK)
        return st;
    zip.directory = malloc((size_t)end.bytes + 1);
    if (zip.directory == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    st = cu_segment_read(segment, end.at, zip.directory, (size_t)end.bytes)
             ? read_members(&zip, (size_t)end.bytes, end.count, err)
             : cu_fail(err, CU_EFORMAT, "its directory cannot be read");
    if (st != CU_OK) {
        cu_zip_close(&zip);
        return st;
    }
    *out = zip;
    return CU_OK;
}

void cu_zip_close(cu_zip *zip)
{
    free(zip->directory);
    free(zip->list);
    *zip = (cu_zip){0};
}

const cu_zip_member *cu_zip_find(const cu_zip *zip, const char *name)
{
    const cu_zip_member wanted = {.name = name};

    return bsearch(&wanted, zip->list, zip->count, sizeof *zip->list, by_name);
}

bool cu_zip_locate(const cu_zip *zip, const cu_zip_member *member, uint64_t *at)
{
    uint8_t bytes[local_bytes];

    if (member->header_at > INT64_MAX ||
        !cu_segment_read(zip->segment, member->header_at, bytes, sizeof bytes) ||
        memcmp(bytes, "PK\x03\x04", 4) != 0)
        return false;

    cu_cursor c = cu_cursor_over((cu_bytes){bytes, sizeof bytes});

    cu_cursor_take(&c, 26); /* what the directory says better */

    const uint16_t name_bytes = cu_cursor_u16le(&c);

    *at = member->header_at + local_bytes + name_bytes + cu_cursor_u16le(&c);
    return true;
}

static cu_status inflate_member(const cu_zip *zip, const cu_zip_member *member, uint64_t at,
                                cu_buffer *out, cu_err *err)
{
    struct libdeflate_decompressor *const inflater = libdeflate_alloc_decompressor();
    uint8_t *const packed = malloc((size_t)member->packed_bytes + 1);
    cu_status st = CU_OK;

    if (inflater == NULL || packed == NULL)
        st = cu_fail(err, CU_ENOMEM, "out of memory");
    else if (!cu_segment_read(zip->segment, at, packed, (size_t)member->packed_bytes) ||
             libdeflate_deflate_decompress(inflater, packed, (size_t)member->packed_bytes,
                                           out->p, (size_t)member->bytes,
                                           NULL) != LIBDEFLATE_SUCCESS)
        st = cu_fail(err, CU_EFORMAT, "its member \"%.100s\" is damaged", member->name);
    free(packed);
    if (inflater != NULL)
        libdeflate_free_decompressor(inflater);
    return st;
}

cu_status cu_zip_read(const cu_zip *zip, const cu_zip_member *member, cu_buffer *out,
                      cu_err *err)
{
    uint64_t at = 0;
    cu_status st = CU_OK;

    out->n = 0;
    if (member->method != 0 && member->method != 8)
        return cu_fail(err, CU_EUNSUPPORTED, "its member \"%.100s\" is packed by method %u",
                       member->name, member->method);
    if (!cu_zip_locate(zip, member, &at) || at > zip->segment->bytes ||
        member->packed_bytes > zip->segment->bytes - at)
        return cu_fail(err, CU_EFORMAT, "its member \"%.100s\" is cut off", member->name);
    if (member->bytes > out->ceiling ||
        (member->method == 0 && member->bytes != member->packed_bytes))
        return cu_fail(err, CU_ELIMIT, "its member \"%.100s\" is too large", member->name);
    if (!cu_buffer_reserve(out, member->bytes > 0 ? (size_t)member->bytes : 1))
        return cu_buffer_check(out, err);
    if (member->method == 8)
        st = inflate_member(zip, member, at, out, err);
    else if (!cu_segment_read(zip->segment, at, out->p, (size_t)member->bytes))
        st = cu_fail(err, CU_EFORMAT, "its member \"%.100s\" cannot be read", member->name);
    if (st == CU_OK)
        out->n = (size_t)member->bytes;
    return st;
}
