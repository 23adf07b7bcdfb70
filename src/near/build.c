/* SPDX-License-Identifier: Apache-2.0 */
/* Sixteen counting sorts, a few at a time, written in order. */
#include "near/layout.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* One table on its way. Entries lie by the value of their chunk, then by number. */
typedef struct table {
    const cu_near_codes *codes;
    const cu_near_layout *layout;
    size_t chunk;
    uint8_t *offsets; /* [65537] u32 */
    uint8_t *entries; /* sketches and then ids */
    uint64_t offsets_sum, entries_sum;
    bool started;
    pthread_t thread;
} table;

static void put_u32(uint8_t *p, uint32_t value)
{
    for (unsigned i = 0; i < sizeof value; i++)
        p[i] = (uint8_t)(value >> (8 * i));
}

static const uint8_t *chunk_of(const cu_near_codes *codes, size_t number, size_t chunk)
{
    return codes->p + number * codes->stride_bytes + 2 * (chunk % cu_near_chunks);
}

static void *fill_table(void *argument)
{
    table *const self = argument;
    const cu_near_layout *const layout = self->layout;
    const cu_near_codes *const codes = self->codes;
    uint8_t *const sketches = self->entries;
    uint8_t *const ids = self->entries + layout->sketches_bytes;
    uint32_t *const next = calloc(cu_near_values + 1, sizeof *next);

    if (next == NULL)
        return self;
    for (size_t i = 0; i < codes->count; i++)
        next[cu_near_u16(chunk_of(codes, i, self->chunk)) + 1]++;
    memset(self->offsets, 0, layout->offsets_bytes);
    for (size_t v = 1; v <= cu_near_values; v++) {
        next[v] += next[v - 1];
        put_u32(self->offsets + v * sizeof(uint32_t), next[v]);
    }
    memset(sketches + codes->count * sizeof(uint16_t), 0,
           layout->sketches_bytes - codes->count * sizeof(uint16_t));
    memset(ids + codes->count * sizeof(uint32_t), 0,
           layout->ids_bytes - codes->count * sizeof(uint32_t));
    for (size_t i = 0; i < codes->count; i++) {
        const size_t to = next[cu_near_u16(chunk_of(codes, i, self->chunk))]++;

        memcpy(sketches + to * sizeof(uint16_t), chunk_of(codes, i, self->chunk + 1),
               sizeof(uint16_t));
        put_u32(ids + to * sizeof(uint32_t), (uint32_t)i);
    }
    free(next);
    self->offsets_sum = cu_near_sum((cu_bytes){self->offsets, layout->offsets_bytes});
    self->entries_sum =
        cu_near_sum((cu_bytes){self->entries, layout->sketches_bytes + layout->ids_bytes});
    return NULL;
}

static void free_tables(table *tables, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(tables[i].offsets);
        free(tables[i].entries);
    }
}

static bool reserve_tables(table *tables, size_t n, const cu_near_codes *codes,
                           const cu_near_layout *layout)
{
    bool all = true;

    for (size_t i = 0; i < n; i++) {
        tables[i] = (table){
            .codes = codes,
            .layout = layout,
            .offsets = malloc(layout->offsets_bytes),
            .entries = malloc(layout->sketches_bytes + layout->ids_bytes),
        };
        all = all && tables[i].offsets != NULL && tables[i].entries != NULL;
    }
    return all;
}

/* Fills tables first… with a thread each; false where one found no memory. */
static bool fill_tables(table *tables, size_t n, size_t first)
{
    bool all = true;

    for (size_t i = 0; i < n; i++) {
        tables[i].chunk = first + i;
        tables[i].started =
            n > 1 && pthread_create(&tables[i].thread, NULL, fill_table, &tables[i]) == 0;
    }
    for (size_t i = 0; i < n; i++) {
        void *failed = NULL;

        if (!tables[i].started)
            failed = fill_table(&tables[i]);
        else if (pthread_join(tables[i].thread, &failed) != 0)
            failed = &tables[i];
        all = all && failed == NULL;
    }
    return all;
}

static cu_status write_tables(const cu_near_codes *codes, const cu_near_layout *layout,
                              size_t threads, const cu_near_sink *sink, uint64_t *sums,
                              cu_err *err)
{
    table tables[cu_near_threads_max];
    cu_status st = CU_OK;

    if (!reserve_tables(tables, threads, codes, layout))
        st = cu_fail(err, CU_ENOMEM, "out of memory");
    for (size_t first = 0; st == CU_OK && first < cu_near_chunks; first += threads) {
        const size_t left = cu_near_chunks - first;
        const size_t n = left < threads ? left : threads;

        if (!fill_tables(tables, n, first))
            st = cu_fail(err, CU_ENOMEM, "out of memory");
        for (size_t i = 0; st == CU_OK && i < n; i++) {
            sums[2 * (first + i)] = tables[i].offsets_sum;
            sums[2 * (first + i) + 1] = tables[i].entries_sum;
            st = sink->write(sink->context,
                             (cu_bytes){tables[i].offsets, layout->offsets_bytes}, err);
            if (st == CU_OK)
                st = sink->write(
                    sink->context,
                    (cu_bytes){tables[i].entries, layout->sketches_bytes + layout->ids_bytes},
                    err);
        }
    }
    free_tables(tables, threads);
    return st;
}

/* The codes without what lies between them; where nothing does, as they lie. */
static cu_status write_codes(const cu_near_codes *codes, const cu_near_layout *layout,
                             const cu_near_sink *sink, uint64_t *sum, cu_err *err)
{
    static const uint8_t zeros[cu_near_align] = {0};
    const size_t n = codes->count * cu_near_code_bytes;
    const bool tight = codes->stride_bytes == cu_near_code_bytes;
    uint8_t *const copy = tight ? NULL : malloc(n + 1);
    cu_bytes all = {tight ? codes->p : copy, n};
    cu_status st = CU_OK;

    if (!tight && copy == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    for (size_t i = 0; !tight && i < codes->count; i++)
        memcpy(copy + i * cu_near_code_bytes, codes->p + i * codes->stride_bytes,
               cu_near_code_bytes);
    *sum = cu_near_sum(all);
    if (n > 0)
        st = sink->write(sink->context, all, err);
    if (st == CU_OK && layout->codes_bytes > n)
        st = sink->write(sink->context, (cu_bytes){zeros, layout->codes_bytes - n}, err);
    free(copy);
    return st;
}

static cu_status write_trailer(const cu_near_layout *layout, const uint64_t sums[cu_near_parts],
                               const cu_near_sink *sink, cu_err *err)
{
    cu_buffer out = {0};
    cu_status st = CU_OK;

    cu_buffer_append(&out, CU_NEAR_MAGIC, 16);
    cu_buffer_u64le(&out, layout->section_bytes);
    cu_buffer_u64le(&out, layout->count);
    for (size_t i = 0; i < cu_near_parts; i++)
        cu_buffer_u64le(&out, sums[i]);
    while (!out.bad && out.n < cu_near_trailer_bytes - sizeof(uint64_t))
        cu_buffer_u8(&out, 0);
    cu_buffer_u64le(&out, cu_near_sum(cu_buffer_view(&out)));
    st = cu_buffer_check(&out, err);
    if (st == CU_OK)
        st = sink->write(sink->context, cu_buffer_view(&out), err);
    cu_buffer_free(&out);
    return st;
}

cu_status cu_near_build(const cu_near_codes *codes, unsigned threads, const cu_near_sink *sink,
                        cu_err *err)
{
    const cu_near_layout layout = cu_near_layout_of(codes->count);
    uint64_t sums[cu_near_parts] = {0};
    cu_status st = CU_OK;

    if (codes->count > UINT32_MAX)
        return cu_fail(err, CU_EUSAGE, "an index of %zu codes is too large", codes->count);
    if (codes->stride_bytes < cu_near_code_bytes)
        return cu_fail(err, CU_EUSAGE, "codes of 32 bytes do not fit %zu", codes->stride_bytes);
    if (threads == 0 || threads > cu_near_threads_max)
        return cu_fail(err, CU_EUSAGE, "an index is built with 1 to %d threads",
                       cu_near_threads_max);
    st = write_codes(codes, &layout, sink, &sums[0], err);
    if (st == CU_OK && layout.tables)
        st = write_tables(codes, &layout, threads, sink, &sums[1], err);
    if (st == CU_OK)
        st = write_trailer(&layout, sums, sink, err);
    return st;
}
