/* SPDX-License-Identifier: Apache-2.0 */
/* The two loops that take the time, by plain code or by vectors. Private to near/. */
#ifndef CU_NEAR_KERNEL_H
#define CU_NEAR_KERNEL_H

#include "near/near.h"

/* Entries of one table that share a value. */
typedef struct cu_near_span {
    const uint8_t *sketches; /* u16 each, of the span */
    uint32_t first;          /* the first entry's place in its table */
    uint32_t count;
    uint16_t wanted; /* the query's next chunk */
    uint8_t limit;   /* how many bits of it may differ */
    uint8_t table;
} cu_near_span;

/* An entry whose code is worth a look. */
typedef struct cu_near_survivor {
    uint32_t span;
    uint32_t entry; /* of the span */
} cu_near_survivor;

typedef struct cu_near_survivors {
    cu_near_survivor *p;
    size_t n, room;
} cu_near_survivors;

/* Room that a kernel wants beyond what it fills. */
enum { cu_near_spare = 64 };

typedef struct cu_near_kernel {
    const char *name;
    bool (*runs_here)(void);
    /* Appends the entries of spans that are within their limit; false where room ran out. */
    bool (*filter)(const cu_near_span *spans, size_t n, cu_near_survivors *out);
    /* Writes the places (0 to n - 1, n at most 1024) of codes within radius of query, in order,
     * and gives how many. out has room for n. */
    size_t (*scan)(const uint8_t *codes, size_t n, const uint8_t *query, unsigned radius,
                   uint16_t *out);
} cu_near_kernel;

extern const cu_near_kernel cu_near_plain;
extern const cu_near_kernel cu_near_avx2;   /* where CU_NEAR_VECTORS is defined */
extern const cu_near_kernel cu_near_avx512; /* likewise */

/* All kernels of this build, best first, and NULL; the last runs everywhere. */
const cu_near_kernel *const *cu_near_kernels(void);

/* As cu_near_search_new, with this kernel. */
cu_status cu_near_search_with(const cu_near_kernel *kernel, const cu_near *index,
                              cu_near_search **out, cu_err *err) CU_MUST_CHECK;

/* Asks for the first lines of a span, which a kernel will read soon. */
static inline void cu_near_ask(const cu_near_span *span)
{
    const size_t bytes = span->count * sizeof(uint16_t);

    for (size_t at = 0; at < bytes && at < 512; at += 64)
        __builtin_prefetch(span->sketches + at);
}

#endif
