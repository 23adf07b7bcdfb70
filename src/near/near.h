/* SPDX-License-Identifier: Apache-2.0 */
/* Codes of 256 bits, found by those that differ in few bits: all of them, or the nearest. */
#ifndef CU_NEAR_NEAR_H
#define CU_NEAR_NEAR_H

#include "base/bytes.h"

enum {
    cu_near_code_bytes = 32,
    cu_near_table_radius = 63, /* farther than this, every code is looked at */
    cu_near_bits = 256,
    cu_near_threads_max = 16,
};

/* ---- making an index ---- */

/* Where an index goes: bytes in order, from the first to the last. */
typedef struct cu_near_sink {
    cu_status (*write)(void *context, cu_bytes bytes, cu_err *err);
    void *context;
} cu_near_sink;

/* Codes to index, borrowed: number i is at p + i * stride_bytes. */
typedef struct cu_near_codes {
    const uint8_t *p;
    size_t count;        /* under 2^32 */
    size_t stride_bytes; /* 32 at least */
} cu_near_codes;

/* The bytes of the index of count codes: about 128 a code, 32 where they are few. */
uint64_t cu_near_section_bytes(uint64_t count);

/*
 * Writes the index of codes. The same codes give the same bytes, with any number of threads (1
 * to cu_near_threads_max; each takes 6 bytes a code while it works, and codes that do not lie
 * close together are copied).
 *
 * CU_EUSAGE  too many codes, a stride under 32, no threads.
 * CU_ENOMEM  also where no thread could be had. Failures of the sink are passed on.
 */
cu_status cu_near_build(const cu_near_codes *codes, unsigned threads, const cu_near_sink *sink,
                        cu_err *err) CU_MUST_CHECK;

/* ---- an index in use ---- */

/* Immutable: any number of threads may search it, each with a search of its own. */
typedef struct cu_near cu_near;

/*
 * Opens an index over section, which it borrows and which may be a part of a mapped file. What
 * could lead out of the section is checked here; whatever else is damaged gives wrong or
 * missing hits and nothing worse, and cu_near_verify finds it.
 *
 * CU_EFORMAT  no index, another version, cut off, or damaged.
 */
cu_status cu_near_open(cu_bytes section, cu_near **out, cu_err *err) CU_MUST_CHECK;
void cu_near_close(cu_near *index); /* NULL is allowed */
CU_DEFINE_AUTO(cu_near, cu_near_close)

uint64_t cu_near_count(const cu_near *index);

/* Reads the whole section against its checksums. CU_EFORMAT names the part that is damaged. */
cu_status cu_near_verify(const cu_near *index, cu_err *err) CU_MUST_CHECK;

/* ---- searching ---- */

typedef struct cu_near_hit {
    uint32_t query;    /* which of the queries, from 0 */
    uint32_t number;   /* of the code, as it was given to cu_near_build, from 0 */
    uint32_t distance; /* bits that differ */
} cu_near_hit;

/* A growing list. Zero it to start. */
typedef struct cu_near_hits {
    cu_near_hit *p;
    size_t n;
    size_t room;
} cu_near_hits;

void cu_near_hits_free(cu_near_hits *hits); /* leaves an empty list */

/* One thread's working memory for one index: a third of a megabyte, and up to half a byte a
 * code.
 */
typedef struct cu_near_search cu_near_search;

cu_status cu_near_search_new(const cu_near *index, cu_near_search **out,
                             cu_err *err) CU_MUST_CHECK;
void cu_near_search_free(cu_near_search *search); /* NULL is allowed */
CU_DEFINE_AUTO(cu_near_search, cu_near_search_free)

/*
 * Appends every code at distance radius (0 to 256) or less from each of count queries of 32
 * bytes, one after the other: by query, then distance, then number. Nothing is left out: where
 * the tables would cost more than looking at every code, every code is looked at.
 *
 * CU_ENOMEM  hits holds what it held before.
 */
cu_status cu_near_find(cu_near_search *search, const uint8_t *queries, size_t count,
                       unsigned radius, cu_near_hits *hits, cu_err *err) CU_MUST_CHECK;

/* Appends the k nearest codes at distance radius or less from one query, in the same order; of
 * those equally far, the lowest numbers. */
cu_status cu_near_nearest(cu_near_search *search, const uint8_t *query, size_t k,
                          unsigned radius, cu_near_hits *hits, cu_err *err) CU_MUST_CHECK;

/* What searches here have done: how often the tables answered, and how often all was looked at.
 */
typedef struct cu_near_counts {
    uint64_t queries, scans;
    uint64_t entries;   /* table entries looked at */
    uint64_t survivors; /* of them, whose code was looked at */
} cu_near_counts;

cu_near_counts cu_near_search_counts(const cu_near_search *search);

/* A name of the code that runs here: "avx512", "avx2", "plain". */
const char *cu_near_engine(void);

#endif
