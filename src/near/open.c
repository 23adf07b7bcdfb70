/* SPDX-License-Identifier: Apache-2.0 */
/* From bytes to an index, trusting none of them. */
#include "near/index.h"

#include <stdlib.h>
#include <string.h>

/* The trailer's numbers. The section must be exactly as long as its count says. */
static cu_status read_trailer(cu_near *self, cu_err *err)
{
    const cu_bytes section = self->section;

    if (section.n < cu_near_trailer_bytes)
        return cu_fail(err, CU_EFORMAT, "a near index has %zu bytes, needs %d", section.n,
                       cu_near_trailer_bytes);

    const cu_bytes trailer =
        cu_bytes_slice(section, section.n - cu_near_trailer_bytes, cu_near_trailer_bytes);
    cu_cursor c = cu_cursor_over(trailer);

    if (!cu_bytes_equal(cu_cursor_take(&c, 16), (cu_bytes){(const uint8_t *)CU_NEAR_MAGIC, 16}))
        return cu_fail(err, CU_EFORMAT, "this is no near index of version 1");

    const uint64_t section_bytes = cu_cursor_u64le(&c);
    const uint64_t count = cu_cursor_u64le(&c);

    for (size_t i = 0; i < cu_near_parts; i++)
        self->sums[i] = cu_cursor_u64le(&c);
    c = cu_cursor_over(cu_bytes_slice(trailer, cu_near_trailer_bytes - 8, 8));
    if (cu_cursor_u64le(&c) !=
        cu_near_sum(cu_bytes_slice(trailer, 0, cu_near_trailer_bytes - 8)))
        return cu_fail(err, CU_EFORMAT, "the near index's trailer is damaged");
    if (count > UINT32_MAX)
        return cu_fail(err, CU_EFORMAT, "a near index of %llu codes is too large",
                       (unsigned long long)count);
    self->layout = cu_near_layout_of(count);
    if (section_bytes != section.n || self->layout.section_bytes != section.n)
        return cu_fail(err, CU_EFORMAT, "a near index has %zu bytes, says %llu", section.n,
                       (unsigned long long)section_bytes);
    return CU_OK;
}

/* Offsets lead into the table: they rise from 0 to the count. */
static bool offsets_are_good(const cu_near_table *table, uint64_t count)
{
    uint32_t last = cu_near_u32(table->offsets);
    bool good = last == 0;

    for (size_t v = 1; v <= cu_near_values; v++) {
        const uint32_t now = cu_near_u32(table->offsets + v * sizeof now);

        good = good && now >= last;
        last = now;
    }
    return good && last == count;
}

static cu_status place_tables(cu_near *self, cu_err *err)
{
    const cu_near_layout *const layout = &self->layout;

    self->codes = self->section.p;
    if (!layout->tables)
        return CU_OK;
    for (size_t t = 0; t < cu_near_chunks; t++) {
        cu_near_table *const table = &self->tables[t];

        table->offsets = self->section.p + cu_near_table_at(layout, t);
        table->sketches = table->offsets + layout->offsets_bytes;
        table->ids = table->sketches + layout->sketches_bytes;
        if (!offsets_are_good(table, layout->count) ||
            cu_near_sum((cu_bytes){table->offsets, layout->offsets_bytes}) !=
                self->sums[1 + 2 * t])
            return cu_fail(err, CU_EFORMAT, "table %zu of the near index is damaged", t);
    }
    return CU_OK;
}

cu_status cu_near_open(cu_bytes section, cu_near **out, cu_err *err)
{
    CU_AUTO(cu_near, self);
    cu_status st = CU_OK;

    self = calloc(1, sizeof *self);
    if (self == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    self->section = section;
    st = read_trailer(self, err);
    if (st == CU_OK)
        st = place_tables(self, err);
    if (st != CU_OK)
        return st;
    *out = CU_MOVE(self);
    return CU_OK;
}

void cu_near_close(cu_near *index)
{
    free(index);
}

uint64_t cu_near_count(const cu_near *index)
{
    return index->layout.count;
}

cu_status cu_near_verify(const cu_near *index, cu_err *err)
{
    const cu_near_layout *const layout = &index->layout;

    if (cu_near_sum((cu_bytes){index->codes, layout->count * cu_near_code_bytes}) !=
        index->sums[0])
        return cu_fail(err, CU_EFORMAT, "the codes of the near index are damaged");
    for (size_t t = 0; layout->tables && t < cu_near_chunks; t++) {
        const cu_bytes entries = {index->tables[t].sketches,
                                  layout->sketches_bytes + layout->ids_bytes};

        if (cu_near_sum(entries) != index->sums[2 + 2 * t])
            return cu_fail(err, CU_EFORMAT, "table %zu of the near index is damaged", t);
    }
    return CU_OK;
}
