/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a set file, and its numbers. */
#include "hashset/layout.h"

#include <string.h>

size_t cu_hashset_digest_bytes(cu_hashset_algorithm algorithm)
{
    static const size_t bytes[] = {
        [CU_HASHSET_MD5] = 16, [CU_HASHSET_SHA1] = 20, [CU_HASHSET_SHA256] = 32};

    return bytes[algorithm];
}

const char *cu_hashset_algorithm_word(cu_hashset_algorithm algorithm)
{
    static const char *const words[] = {
        [CU_HASHSET_MD5] = "md5", [CU_HASHSET_SHA1] = "sha1", [CU_HASHSET_SHA256] = "sha256"};

    return words[algorithm];
}

void cu_hashset_sha256(cu_bytes bytes, uint8_t out[32])
{
    cu_digest_stream stream;
    cu_digests digests;

    cu_digest_init(&stream, CU_DIGEST_SHA256);
    cu_digest_update(&stream, bytes);
    cu_digest_final(&stream, &digests);
    memcpy(out, digests.sha256, 32);
}

void cu_hashset_number_encode(cu_buffer *out, uint64_t value)
{
    while (value >= 128) {
        cu_buffer_u8(out, (uint8_t)(value | 128));
        value >>= 7;
    }
    cu_buffer_u8(out, (uint8_t)value);
}

static void fill_to(cu_buffer *out, size_t start, size_t n)
{
    while (!out->bad && out->n - start < n)
        cu_buffer_u8(out, 0);
}

static void encode_fact(cu_buffer *out, const char *text)
{
    const size_t start = out->n;

    cu_buffer_append(out, text, strnlen(text, cu_hashset_fact_bytes - 1));
    fill_to(out, start, cu_hashset_fact_bytes);
}

void cu_hashset_header_encode(const cu_hashset_header *header, cu_buffer *out)
{
    const size_t start = out->n;
    uint64_t sections = 0;
    uint8_t digest[32];

    for (size_t type = 0; type < cu_hashset_sections_max; type++)
        sections += header->sections[type].bytes > 0;
    cu_buffer_append(out, CU_HASHSET_MAGIC, sizeof CU_HASHSET_MAGIC - 1);
    cu_buffer_u64le(out, header->purpose);
    cu_buffer_u64le(out, header->file_bytes);
    cu_buffer_u64le(out, header->records);
    cu_buffer_u64le(out, header->pieces_offset);
    cu_buffer_u64le(out, header->pieces);
    cu_buffer_append(out, header->pieces_sha256, 32);
    cu_buffer_u64le(out, sections);
    for (size_t i = 0; i < cu_hashset_counts; i++)
        cu_buffer_u64le(out, header->counts[i]);
    encode_fact(out, header->name);
    encode_fact(out, header->version);
    encode_fact(out, header->scheme);
    fill_to(out, start, cu_hashset_directory_offset);
    for (size_t type = 0; type < cu_hashset_sections_max; type++) {
        const cu_hashset_place *const place = &header->sections[type];

        if (place->bytes == 0)
            continue;
        cu_buffer_u32le(out, (uint32_t)type);
        cu_buffer_u32le(out, 0);
        cu_buffer_u64le(out, place->offset);
        cu_buffer_u64le(out, place->bytes);
        cu_buffer_u64le(out, place->count);
    }
    fill_to(out, start, cu_hashset_sealed_bytes);
    if (out->bad)
        return;
    cu_hashset_sha256((cu_bytes){out->p + start, cu_hashset_sealed_bytes}, digest);
    cu_buffer_append(out, digest, 32);
}

static void decode_fact(cu_cursor *c, char *out)
{
    const cu_bytes text = cu_cursor_take(c, cu_hashset_fact_bytes);

    if (text.n == cu_hashset_fact_bytes && text.p[text.n - 1] == 0)
        memcpy(out, text.p, text.n);
    else
        c->bad = true;
}

/* The directory's lines; each section lies between the header and the digests of the pieces. */
static bool decode_directory(cu_cursor *c, cu_hashset_header *out)
{
    if (out->section_count > cu_hashset_sections_max)
        return false;
    for (uint64_t i = 0; i < out->section_count; i++) {
        const uint32_t type = cu_cursor_u32le(c);

        (void)cu_cursor_u32le(c);

        const cu_hashset_place place = {cu_cursor_u64le(c), cu_cursor_u64le(c),
                                        cu_cursor_u64le(c)};

        if (c->bad || place.offset < cu_hashset_header_bytes ||
            place.offset % cu_hashset_section_align != 0 || place.offset > out->pieces_offset ||
            place.bytes > out->pieces_offset - place.offset || place.bytes == 0)
            return false;
        if (type < cu_hashset_sections_max) {
            if (out->sections[type].bytes != 0)
                return false;
            out->sections[type] = place;
        }
    }
    return true;
}

cu_status cu_hashset_header_decode(cu_bytes file, cu_hashset_header *out, cu_err *err)
{
    cu_cursor c = cu_cursor_over(cu_bytes_slice(file, 0, cu_hashset_sealed_bytes));

    *out = (cu_hashset_header){.purpose = 0};
    cu_cursor_take(&c, sizeof CU_HASHSET_MAGIC - 1);
    out->purpose = cu_cursor_u64le(&c);
    out->file_bytes = cu_cursor_u64le(&c);
    out->records = cu_cursor_u64le(&c);
    out->pieces_offset = cu_cursor_u64le(&c);
    out->pieces = cu_cursor_u64le(&c);

    const cu_bytes pieces = cu_cursor_take(&c, 32);

    if (pieces.n == 32)
        memcpy(out->pieces_sha256, pieces.p, 32);
    out->section_count = cu_cursor_u64le(&c);
    for (size_t i = 0; i < cu_hashset_counts; i++)
        out->counts[i] = cu_cursor_u64le(&c);
    decode_fact(&c, out->name);
    decode_fact(&c, out->version);
    decode_fact(&c, out->scheme);
    cu_cursor_take(&c, cu_hashset_directory_offset - c.at);
    if (out->file_bytes != file.n)
        return cu_fail(err, CU_EFORMAT,
                       "it is cut off or damaged: %zu bytes, its header says %llu", file.n,
                       (unsigned long long)out->file_bytes);
    if (c.bad || out->purpose > CU_HASHSET_KNOWN_GOOD ||
        out->pieces_offset < cu_hashset_header_bytes || out->pieces_offset > file.n ||
        !decode_directory(&c, out))
        return cu_fail(err, CU_EFORMAT, "its header makes no sense");
    return CU_OK;
}
