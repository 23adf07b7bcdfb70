/* SPDX-License-Identifier: Apache-2.0 */
/* An open index. Private to near/. */
#ifndef CU_NEAR_INDEX_H
#define CU_NEAR_INDEX_H

#include "near/layout.h"

typedef struct cu_near_table {
    const uint8_t *offsets;  /* u32 [65537], rising from 0 to the count: checked when opened */
    const uint8_t *sketches; /* u16: the next chunk of each entry's code */
    const uint8_t *ids;      /* u32: each entry's number; not checked */
} cu_near_table;

struct cu_near {
    cu_bytes section;
    cu_near_layout layout;
    uint64_t sums[cu_near_parts];
    const uint8_t *codes;
    cu_near_table tables[cu_near_chunks];
};

#endif
