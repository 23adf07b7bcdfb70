/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a set file: docs/formats/hashset.md. Private to hashset/. */
#ifndef CU_HASHSET_LAYOUT_H
#define CU_HASHSET_LAYOUT_H

#include "hashset/hashset.h"

#define CU_HASHSET_MAGIC "custos-hashset/1"

enum {
    cu_hashset_header_bytes = 4096,
    cu_hashset_sealed_bytes = 168, /* of the header, before its own digest */
    cu_hashset_record_bytes = 16,
    cu_hashset_text_max = 4096, /* of one label or code */
};

/* The header's numbers, in the order in which they stand in the file. */
typedef struct cu_hashset_header {
    uint64_t purpose;
    uint64_t file_bytes;
    uint64_t records;

    struct {
        uint64_t offset;
        uint64_t count;
    } values[cu_hashset_algorithms];

    uint64_t records_offset;
    uint64_t text_offset;
    uint64_t text_bytes;
    uint32_t name, version, scheme; /* offsets in the text */
    uint32_t unused;
    uint8_t payload_sha256[32];
} cu_hashset_header;

/* The digest and then the record's number (u64), without padding. */
static inline size_t cu_hashset_value_bytes(cu_hashset_algorithm algorithm)
{
    return cu_hashset_digest_bytes(algorithm) + 8;
}

#endif
