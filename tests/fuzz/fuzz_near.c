/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an index; and a good one with any damage, its checksums made good again. The
 * good one is made once, and mended after each input.
 */
#include "near/kernel.h"
#include "near/layout.h"

#include <stdlib.h>
#include <string.h>

enum {
    count = 4100, /* codes: a few more than need tables */
    kernels_max = 8,
    spans_max = cu_near_parts + cu_near_chunks + 1, /* codes; three of a table; the trailer */
    trailer_span = spans_max - 1,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* ---- an index and what searches it ---- */

typedef struct opened {
    cu_near *index;
    const cu_near_kernel *kernels[kernels_max]; /* that run here */
    cu_near_search *searches[kernels_max];
    size_t n;
} opened;

static bool open_all(cu_bytes section, opened *out)
{
    *out = (opened){.index = NULL};
    if (cu_near_open(section, &out->index, NULL) != CU_OK)
        return false;
    for (const cu_near_kernel *const *kernel = cu_near_kernels(); *kernel != NULL; kernel++) {
        if (!(*kernel)->runs_here())
            continue;
        if (out->n == kernels_max ||
            cu_near_search_with(*kernel, out->index, &out->searches[out->n++], NULL) != CU_OK)
            abort();
    }
    return true;
}

static void close_all(opened *self)
{
    for (size_t i = 0; i < self->n; i++)
        cu_near_search_free(self->searches[i]);
    cu_near_close(self->index);
}

/* Whatever is damaged, a hit is a code of the index, and every kernel has the same. The radius
 * is the input's: all of them for each input would take most of the time for the same few
 * paths. */
static void search_all(const opened *self, const uint8_t *query, size_t n)
{
    const unsigned radius = (unsigned)(n / 4 % 5) * 15;
    cu_near_hits first = {0};

    for (size_t k = 0; k < self->n; k++) {
        cu_near_hits hits = {0};

        if (cu_near_find(self->searches[k], query, 1, radius, &hits, NULL) != CU_OK)
            abort();
        for (size_t i = 0; i < hits.n; i++) {
            if (hits.p[i].number >= cu_near_count(self->index) || hits.p[i].distance > radius)
                abort();
        }
        if (k == 0) {
            first = hits;
            continue;
        }
        if (hits.n != first.n ||
            (hits.n > 0 && memcmp(hits.p, first.p, hits.n * sizeof *hits.p) != 0))
            abort();
        cu_near_hits_free(&hits);
    }
    cu_near_hits_free(&first);
}

/* ---- the good one ---- */

typedef struct span {
    size_t at, n;
} span;

static struct {
    cu_near_layout layout;
    uint8_t *good;    /* the section as it was built */
    uint8_t *section; /* what is damaged, in memory of its own length */
    size_t n;
    span spans[spans_max];
    opened whole; /* over section */
} made;

static cu_status into_memory(void *context, cu_bytes bytes, cu_err *err)
{
    size_t *const at = context;

    (void)err;
    memcpy(made.good + *at, bytes.p, bytes.n);
    *at += bytes.n;
    return CU_OK;
}

static void list_spans(void)
{
    const cu_near_layout *const layout = &made.layout;
    span *next = made.spans;

    *next++ = (span){0, layout->codes_bytes};
    for (size_t t = 0; t < cu_near_chunks; t++) {
        const size_t at = cu_near_table_at(layout, t);

        *next++ = (span){at, layout->offsets_bytes};
        *next++ = (span){at + layout->offsets_bytes, layout->sketches_bytes};
        *next++ =
            (span){at + layout->offsets_bytes + layout->sketches_bytes, layout->ids_bytes};
    }
    *next = (span){made.n - cu_near_trailer_bytes, cu_near_trailer_bytes};
}

static void make_once(void)
{
    uint8_t *const codes = calloc(count, cu_near_code_bytes);
    const cu_near_codes all = {codes, count, cu_near_code_bytes};
    size_t at = 0;
    const cu_near_sink sink = {into_memory, &at};

    made.layout = cu_near_layout_of(count);
    made.n = cu_near_section_bytes(count);
    made.good = malloc(made.n);
    made.section = malloc(made.n);
    if (codes == NULL || made.good == NULL || made.section == NULL)
        abort();
    for (size_t i = 0; i < (size_t)count * cu_near_code_bytes; i++)
        codes[i] = (uint8_t)(i * i >> 5);
    if (cu_near_build(&all, 1, &sink, NULL) != CU_OK || at != made.n)
        abort();
    free(codes);
    memcpy(made.section, made.good, made.n);
    list_spans();
    if (!open_all((cu_bytes){made.section, made.n}, &made.whole))
        abort();
}

/* ---- damage ---- */

static bool is_offsets(size_t which)
{
    return which != trailer_span && which % 3 == 1;
}

/* Four bytes of the input: which part, where in it, and what is put there. */
static size_t place_of(const uint8_t *four, bool entries_alone, size_t *which)
{
    *which = four[0] % spans_max;
    if (entries_alone && (*which == trailer_span || is_offsets(*which)))
        *which = 0;

    const span *const part = &made.spans[*which];
    const size_t at = (four[1] | (size_t)four[2] << 8) * part->n / 65536;

    return part->at + (at + four[0] / spans_max) % part->n;
}

static void put_u64(uint8_t *p, uint64_t value)
{
    for (unsigned i = 0; i < sizeof value; i++)
        p[i] = (uint8_t)(value >> (8 * i));
}

/* What opening reads is damaged: its checksums say that this is meant. */
static void seal(const bool *damaged)
{
    uint8_t *const trailer = made.section + made.n - cu_near_trailer_bytes;

    for (size_t t = 0; t < cu_near_chunks; t++) {
        const span *const offsets = &made.spans[1 + 3 * t];

        if (damaged[1 + 3 * t])
            put_u64(trailer + 32 + 8 * (1 + 2 * t),
                    cu_near_sum((cu_bytes){made.section + offsets->at, offsets->n}));
    }
    put_u64(trailer + cu_near_trailer_bytes - 8,
            cu_near_sum((cu_bytes){trailer, cu_near_trailer_bytes - 8}));
}

static void search_anew(const bool *damaged, size_t n)
{
    opened self;

    seal(damaged);
    if (open_all((cu_bytes){made.section, made.n}, &self)) {
        (void)!cu_near_verify(self.index, NULL);
        search_all(&self, made.good, n);
    }
    close_all(&self);
}

static void damage_and_search(const uint8_t *bytes, size_t n, bool entries_alone)
{
    bool damaged[spans_max] = {false};
    bool opens_otherwise = false;
    bool differs = false;
    size_t which = 0;

    if (made.section == NULL)
        make_once();
    for (size_t i = 0; i + 4 <= n; i += 4) {
        const size_t at = place_of(bytes + i, entries_alone, &which);

        made.section[at] = bytes[i + 3];
        damaged[which] = true;
        opens_otherwise = opens_otherwise || which == trailer_span || is_offsets(which);
    }
    for (size_t i = 0; i < spans_max; i++)
        differs = differs ||
                  (damaged[i] && memcmp(made.section + made.spans[i].at,
                                        made.good + made.spans[i].at, made.spans[i].n) != 0);
    if (opens_otherwise) {
        search_anew(damaged, n);
    } else { /* opening, which takes the longest, reads nothing that is damaged */
        if ((cu_near_verify(made.whole.index, NULL) == CU_OK) == differs)
            abort();
        search_all(&made.whole, made.good, n);
    }
    for (size_t i = 0; i < spans_max; i++) {
        if (damaged[i] || i == trailer_span)
            memcpy(made.section + made.spans[i].at, made.good + made.spans[i].at,
                   made.spans[i].n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const uint8_t query[cu_near_code_bytes] = {0};
    opened self;

    if (n > 0 && (bytes[0] == 'D' || bytes[0] == 'E')) {
        damage_and_search(bytes + 1, n - 1, bytes[0] == 'E');
        return 0;
    }
    if (open_all((cu_bytes){bytes, n}, &self)) {
        (void)!cu_near_verify(self.index, NULL);
        search_all(&self, query, n);
    }
    close_all(&self);
    return 0;
}
