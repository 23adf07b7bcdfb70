/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a set file: docs/formats/hashset.md. Private to hashset/. */
#ifndef CU_HASHSET_LAYOUT_H
#define CU_HASHSET_LAYOUT_H

#include "hashset/hashset.h"

#define CU_HASHSET_MAGIC "custos-hashset/1"

enum {
    cu_hashset_header_bytes = 4096,
    cu_hashset_sealed_bytes = 4064, /* of the header, before its own digest */
    cu_hashset_directory_offset = 2048,
    cu_hashset_sections_max = 32,
    cu_hashset_fact_bytes = 256,    /* name, version, scheme: with their zero byte */
    cu_hashset_piece_bytes = 65536, /* sealed by one digest */
    cu_hashset_section_align = 64,  /* a section begins at a line of the processor's cache */
    cu_hashset_bucket_values = 8,   /* on average, in a line of the table */
    cu_hashset_line_bytes = 16,     /* a line of the table */
    cu_hashset_fingerprints = 12,   /* in it */
    cu_hashset_more = 255,          /* the last fingerprint: 11 are listed, there are more */
    cu_hashset_block_records = 16,  /* reached by one offset */
    cu_hashset_text_max = 4096,     /* of one text of a record */
    cu_hashset_pdq_bytes = 32,
    cu_hashset_pdq_fact_bytes = 8,
    cu_hashset_photodna_entry_bytes = cu_hashset_photodna_bytes + 4,
};

/* What a section holds. A reader passes over a type that it does not know. */
typedef enum cu_hashset_section {
    CU_HASHSET_VALUES = 1,     /* + algorithm: the digests, rising, none twice */
    CU_HASHSET_TABLE = 4,      /* + algorithm: where to look for a digest */
    CU_HASHSET_NUMBERS = 7,    /* + algorithm: the record of each digest, u32; 0 none */
    CU_HASHSET_RECORDS = 10,   /* what the source says of each */
    CU_HASHSET_BLOCKS = 11,    /* offsets in it, u64, one for each 16 records */
    CU_HASHSET_PDQ = 12,       /* 32 bytes each, rising */
    CU_HASHSET_PDQ_FACTS = 13, /* quality u8, variant u8, zero u16, record u32, for each */
    CU_HASHSET_PHOTODNA = 14,  /* 144 bytes and the record, u32 */
    CU_HASHSET_NEAR = 15,      /* the near index of the PDQ values: docs/formats/near.md */
    cu_hashset_section_types = 16,
} cu_hashset_section;

/* A line of the directory: u32 type, u32 zero, u64 offset, u64 bytes, u64 count. */
typedef struct cu_hashset_place {
    uint64_t offset, bytes, count;
} cu_hashset_place;

/* What was left out, and how many rows there were: in the header, in this order, u64 each. */
enum {
    CU_HASHSET_COUNT_ROWS,
    CU_HASHSET_COUNT_EMPTY,
    CU_HASHSET_COUNT_WITHOUT,
    CU_HASHSET_COUNT_WRONG,
    CU_HASHSET_COUNT_DUPLICATE,
    CU_HASHSET_COUNT_WITHDRAWN,
    cu_hashset_counts,
};

typedef struct cu_hashset_header {
    uint64_t purpose;
    uint64_t file_bytes;
    uint64_t records;
    uint64_t
        pieces_offset; /* of the digests of the pieces, 32 bytes each; the last in the file */
    uint64_t pieces;
    uint64_t section_count;
    uint64_t counts[cu_hashset_counts];
    uint8_t pieces_sha256[32];
    char name[cu_hashset_fact_bytes];
    char version[cu_hashset_fact_bytes];
    char scheme[cu_hashset_fact_bytes];
    cu_hashset_place sections[cu_hashset_sections_max]; /* by type; bytes 0: it is not there */
} cu_hashset_header;

void cu_hashset_sha256(cu_bytes bytes, uint8_t out[32]);

/* All 4096 bytes; a section without bytes is not written. */
void cu_hashset_header_encode(const cu_hashset_header *header, cu_buffer *out);

/* CU_EFORMAT: not ours, damaged, or a section that does not lie in file_bytes. */
cu_status cu_hashset_header_decode(cu_bytes file, cu_hashset_header *out,
                                   cu_err *err) CU_MUST_CHECK;

/* As cu_hashset_open, of bytes that stay with the caller. sealed false (tests that make a set
 * by hand): digests are taken as right. */
cu_status cu_hashset_open_bytes(cu_bytes file, bool sealed, cu_hashset **out,
                                cu_err *err) CU_MUST_CHECK;

/* ---- where a digest is looked for ---- */

/* A bucket of the table, and the fingerprint (1 to 254) that stands for the digest in it. Both
 * rise with the digest. */
typedef struct cu_hashset_spot {
    uint64_t bucket;
    uint8_t fingerprint;
} cu_hashset_spot;

static inline uint64_t cu_hashset_buckets(uint64_t values)
{
    return values / cu_hashset_bucket_values + 1;
}

/* digest: 8 bytes and more. */
static inline cu_hashset_spot cu_hashset_spot_of(const uint8_t *digest, uint64_t buckets)
{
    const uint64_t high = (uint64_t)digest[0] << 24 | (uint64_t)digest[1] << 16 |
                          (uint64_t)digest[2] << 8 | digest[3];
    const uint64_t low = (uint64_t)digest[4] << 24 | (uint64_t)digest[5] << 16 |
                         (uint64_t)digest[6] << 8 | digest[7];
    /* The digest as a fraction of one, times the buckets, which are fewer than 2^32. */
    const uint64_t product = high * buckets + (low * buckets >> 32);

    return (cu_hashset_spot){product >> 32,
                             (uint8_t)(1 + ((product >> 16 & 0xFFFF) * 254 >> 16))};
}

/* ---- records ---- */

/* Seven bits a byte, lowest first; the last has its high bit clear. */
void cu_hashset_number_encode(cu_buffer *out, uint64_t value);

static inline uint64_t cu_hashset_number_decode(cu_cursor *cursor)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        const uint8_t byte = cu_cursor_u8(cursor);

        value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return value;
    }
    cursor->bad = true;
    return 0;
}

#endif
