/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an index; and a good one with any damage, its checksums made good again. */
#include "near/kernel.h"
#include "near/layout.h"

#include <stdlib.h>
#include <string.h>

enum { count = 4100 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

typedef struct memory {
    uint8_t *p;
    size_t n;
} memory;

static cu_status into_memory(void *context, cu_bytes bytes, cu_err *err)
{
    memory *const self = context;

    (void)err;
    memcpy(self->p + self->n, bytes.p, bytes.n);
    self->n += bytes.n;
    return CU_OK;
}

static void search_all(cu_bytes section, const uint8_t *query)
{
    for (const cu_near_kernel *const *kernel = cu_near_kernels(); *kernel != NULL; kernel++) {
        CU_AUTO(cu_near, index);
        CU_AUTO(cu_near_search, search);
        cu_near_hits hits = {0};

        if (!(*kernel)->runs_here() || cu_near_open(section, &index, NULL) != CU_OK)
            continue;
        (void)!cu_near_verify(index, NULL);
        if (cu_near_search_with(*kernel, index, &search, NULL) != CU_OK)
            abort();
        for (unsigned radius = 0; radius <= 60; radius += 15) {
            if (cu_near_find(search, query, 1, radius, &hits, NULL) != CU_OK)
                abort();
        }
        for (size_t i = 0; i < hits.n; i++) {
            if (hits.p[i].number >= cu_near_count(index) || hits.p[i].distance > 60)
                abort();
        }
        cu_near_hits_free(&hits);
    }
}

static void put_u64(uint8_t *p, uint64_t value)
{
    for (unsigned i = 0; i < sizeof value; i++)
        p[i] = (uint8_t)(value >> (8 * i));
}

/* Makes the checksums say that the damage is meant. */
static void seal(uint8_t *section, size_t n)
{
    const cu_near_layout layout = cu_near_layout_of(count);
    uint8_t *const trailer = section + n - cu_near_trailer_bytes;

    for (size_t t = 0; t < cu_near_chunks; t++)
        put_u64(trailer + 32 + 8 * (1 + 2 * t),
                cu_near_sum(
                    (cu_bytes){section + cu_near_table_at(&layout, t), layout.offsets_bytes}));
    put_u64(trailer + cu_near_trailer_bytes - 8,
            cu_near_sum((cu_bytes){trailer, cu_near_trailer_bytes - 8}));
}

/* Each four bytes of the input: three of a place, one of what is put there. */
static void damage_and_search(const uint8_t *bytes, size_t n)
{
    uint8_t *const codes = calloc(count, cu_near_code_bytes);
    memory section = {.p = malloc(cu_near_section_bytes(count))};
    const cu_near_codes all = {codes, count, cu_near_code_bytes};
    const cu_near_sink sink = {into_memory, &section};

    if (codes == NULL || section.p == NULL)
        abort();
    for (size_t i = 0; i < (size_t)count * cu_near_code_bytes; i++)
        codes[i] = (uint8_t)(i * i >> 5);
    if (cu_near_build(&all, 1, &sink, NULL) != CU_OK)
        abort();
    for (size_t i = 0; i + 4 <= n; i += 4) {
        const size_t at = bytes[i] | (size_t)bytes[i + 1] << 8 | (size_t)bytes[i + 2] << 16;

        section.p[at % section.n] = bytes[i + 3];
    }
    seal(section.p, section.n);
    search_all((cu_bytes){section.p, section.n}, codes);
    free(section.p);
    free(codes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const uint8_t query[cu_near_code_bytes] = {0};

    if (n > 0 && bytes[0] == 'D')
        damage_and_search(bytes + 1, n - 1);
    else
        search_all((cu_bytes){bytes, n}, query);
    return 0;
}
