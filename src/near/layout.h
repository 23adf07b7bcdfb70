/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of an index: docs/formats/near.md. Private to near/. */
#ifndef CU_NEAR_LAYOUT_H
#define CU_NEAR_LAYOUT_H

#include "near/near.h"

#define CU_NEAR_MAGIC "custos-near/1\0\0" /* 16 bytes with its end */

enum {
    cu_near_chunks = 16,      /* of 16 bits: words of the code, little-endian */
    cu_near_values = 1 << 16, /* of a chunk */
    cu_near_few = 4096,       /* codes below which there are no tables */
    cu_near_trailer_bytes = 512,
    cu_near_align = 64,
    cu_near_parts = 1 + 2 * cu_near_chunks, /* the codes; offsets and entries of each table */
};

/* Where the parts of an index of count codes lie, from its start. */
typedef struct cu_near_layout {
    uint64_t count;
    bool tables;
    uint64_t codes_bytes;    /* at 0, padded */
    uint64_t offsets_bytes;  /* of one table, padded */
    uint64_t sketches_bytes; /* likewise */
    uint64_t ids_bytes;      /* likewise */
    uint64_t section_bytes;
} cu_near_layout;

cu_near_layout cu_near_layout_of(uint64_t count);

static inline uint64_t cu_near_table_at(const cu_near_layout *layout, size_t table)
{
    return layout->codes_bytes +
           table * (layout->offsets_bytes + layout->sketches_bytes + layout->ids_bytes);
}

/* A checksum of eight bytes: any one bit changed changes it. */
uint64_t cu_near_sum(cu_bytes bytes);

/* Numbers of the section are little-endian, at any address. */
static inline uint16_t cu_near_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t cu_near_u32(const uint8_t *p)
{
    return (uint32_t)cu_near_u16(p) | (uint32_t)cu_near_u16(p + 2) << 16;
}

#endif
