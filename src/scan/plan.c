/* SPDX-License-Identifier: Apache-2.0 */
/* Growing arrays, one sort by device offset, one line swept over the claims. */
#include "scan/plan.h"

/*
 * Makes room for count records in all, each bytes long. count stays below UINT32_MAX, so that
 * indexes fit in 32 bits.
 */
static cu_status make_room(cu_plan *plan, unsigned which, size_t count, size_t each,
                           cu_err *err)
{
    cu_spill *const memory = &plan->memory[which];
    const size_t least = 1024;

    if (count * each <= memory->bytes)
        return CU_OK;
    if (count >= UINT32_MAX / 2)
        return cu_fail(err, CU_ELIMIT, "more than %u extents on one device", UINT32_MAX / 2);
    memory->folder = plan->folder;
    return cu_spill_grow(memory, (count < least ? least : count + count / 2) * each, err);
}

void cu_plan_free(cu_plan *plan)
{
    for (size_t i = 0; i < cu_plan_tables; i++)
        cu_spill_free(&plan->memory[i]);
    *plan = (cu_plan){0};
}

cu_status cu_plan_add_content(cu_plan *plan, const cu_content *content, cu_err *err)
{
    const cu_status st =
        make_room(plan, CU_PLAN_CONTENTS, plan->content_count + 1, sizeof *content, err);

    if (st != CU_OK)
        return st;
    plan->contents = plan->memory[CU_PLAN_CONTENTS].p;
    plan->contents[plan->content_count] = *content;
    plan->contents[plan->content_count++].first_extent = (uint32_t)plan->extent_count;
    return CU_OK;
}

cu_status cu_plan_add_extent(cu_plan *plan, uint64_t file_offset, uint64_t bytes,
                             uint64_t device_offset, cu_err *err)
{
    const cu_status st =
        make_room(plan, CU_PLAN_EXTENTS, plan->extent_count + 1, sizeof *plan->extents, err);

    if (st != CU_OK)
        return st;
    plan->extents = plan->memory[CU_PLAN_EXTENTS].p;
    plan->extents[plan->extent_count++] = (cu_plan_extent){file_offset, bytes, device_offset,
                                                           (uint32_t)(plan->content_count - 1)};
    plan->contents[plan->content_count - 1].extent_count++;
    return CU_OK;
}

cu_status cu_plan_claim(cu_plan *plan, uint64_t offset, uint64_t bytes, cu_class class_of_bytes,
                        cu_err *err)
{
    if (bytes == 0 || offset >= plan->device_bytes)
        return CU_OK;

    const cu_status st =
        make_room(plan, CU_PLAN_CLAIMS, plan->claim_count + 1, sizeof *plan->claims, err);

    if (st != CU_OK)
        return st;
    plan->claims = plan->memory[CU_PLAN_CLAIMS].p;
    if (bytes > plan->device_bytes - offset)
        bytes = plan->device_bytes - offset;
    plan->claims[plan->claim_count++] = (cu_claim){offset, bytes, class_of_bytes};
    return CU_OK;
}

cu_status cu_plan_alias(cu_plan *plan, uint32_t content, int64_t item, cu_err *err)
{
    const cu_status st =
        make_room(plan, CU_PLAN_ALIASES, plan->alias_count + 1, sizeof *plan->aliases, err);

    if (st != CU_OK)
        return st;
    plan->aliases = plan->memory[CU_PLAN_ALIASES].p;
    plan->aliases[plan->alias_count++] = (cu_alias){content, item};
    return CU_OK;
}

static int by_offset(const void *a, const void *b, CU_UNUSED void *context)
{
    const cu_claim *const x = a;
    const cu_claim *const y = b;

    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return 0;
}

static int by_device(const void *a, const void *b, void *context)
{
    const cu_plan_extent *const extents = context;
    const uint32_t i = *(const uint32_t *)a;
    const uint32_t k = *(const uint32_t *)b;

    if (extents[i].device_offset != extents[k].device_offset)
        return extents[i].device_offset < extents[k].device_offset ? -1 : 1;
    return i < k ? -1 : i > k;
}

static int by_content(const void *a, const void *b, CU_UNUSED void *context)
{
    const cu_alias *const x = a;
    const cu_alias *const y = b;

    if (x->content != y->content)
        return x->content < y->content ? -1 : 1;
    return x->item < y->item ? -1 : x->item > y->item;
}

/* The extents of live files as ranges that rise and do not touch. */
static size_t live_ranges(const cu_plan *plan, cu_claim *out)
{
    size_t n = 0;

    for (size_t i = 0; i < plan->claim_count; i++) {
        const cu_claim *const claim = &plan->claims[i];

        if (claim->class_of_bytes != CU_CLASS_ALLOCATED)
            continue;
        if (n > 0 && claim->offset <= out[n - 1].offset + out[n - 1].bytes) {
            const uint64_t end = claim->offset + claim->bytes;

            if (end > out[n - 1].offset + out[n - 1].bytes)
                out[n - 1].bytes = end - out[n - 1].offset;
        } else {
            out[n++] = *claim;
        }
    }
    return n;
}

static bool touches(const cu_claim *ranges, size_t count, uint64_t offset, uint64_t bytes)
{
    size_t low = 0;
    size_t high = count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (ranges[middle].offset + ranges[middle].bytes <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && ranges[low].offset < offset + bytes;
}

static cu_status find_overwritten(cu_plan *plan, cu_err *err)
{
    cu_spill ranges = {.folder = plan->folder};
    const cu_status st =
        cu_spill_grow(&ranges, (plan->claim_count + 1) * sizeof(cu_claim), err);

    if (st != CU_OK)
        return st;

    const size_t count = live_ranges(plan, ranges.p);

    for (size_t i = 0; i < plan->content_count; i++) {
        cu_content *const content = &plan->contents[i];

        if ((content->flags & CU_CONTENT_DELETED) == 0)
            continue;
        for (uint32_t k = 0; k < content->extent_count; k++) {
            const cu_plan_extent *const extent = &plan->extents[content->first_extent + k];

            if (touches(ranges.p, count, extent->device_offset, extent->bytes))
                content->flags |= CU_CONTENT_OVERWRITTEN;
        }
    }
    cu_spill_free(&ranges);
    return CU_OK;
}

static bool rises(const cu_plan *plan, const cu_content *content)
{
    for (uint32_t k = 1; k < content->extent_count; k++) {
        const cu_plan_extent *const extent = &plan->extents[content->first_extent + k];

        if (extent->device_offset < extent[-1].device_offset + extent[-1].bytes)
            return false;
    }
    return true;
}

static cu_status sort_claims(cu_plan *plan, cu_err *err)
{
    cu_spill *const memory = &plan->memory[CU_PLAN_CLAIMS];
    const cu_status st =
        cu_spill_sort(memory, plan->claim_count, sizeof *plan->claims, by_offset, NULL, err);

    plan->claims = memory->p;
    return st;
}

static cu_status sort_aliases(cu_plan *plan, cu_err *err)
{
    cu_spill *const memory = &plan->memory[CU_PLAN_ALIASES];
    const cu_status st =
        cu_spill_sort(memory, plan->alias_count, sizeof *plan->aliases, by_content, NULL, err);

    plan->aliases = memory->p;
    return st;
}

/* Which extents the sweep feeds, in device order. */
static cu_status make_order(cu_plan *plan, cu_err *err)
{
    cu_spill *const memory = &plan->memory[CU_PLAN_ORDER];
    cu_status st =
        make_room(plan, CU_PLAN_ORDER, plan->extent_count + 1, sizeof *plan->order, err);

    if (st != CU_OK)
        return st;
    plan->order = memory->p;
    for (size_t i = 0; i < plan->content_count; i++) {
        cu_content *const content = &plan->contents[i];

        if ((content->flags & (CU_CONTENT_BY_LIBRARY | CU_CONTENT_SKIPPED)) != 0)
            continue;
        if (!rises(plan, content)) {
            content->flags |= CU_CONTENT_SCATTERED;
            continue;
        }
        for (uint32_t k = 0; k < content->extent_count; k++)
            plan->order[plan->order_count++] = content->first_extent + k;
    }
    st = cu_spill_sort(memory, plan->order_count, sizeof *plan->order, by_device, plan->extents,
                       err);
    plan->order = memory->p;
    return st;
}

cu_status cu_plan_arrange(cu_plan *plan, cu_err *err)
{
    cu_status st = sort_claims(plan, err);

    if (st == CU_OK)
        st = sort_aliases(plan, err);
    if (st == CU_OK)
        st = find_overwritten(plan, err);
    return st == CU_OK ? make_order(plan, err) : st;
}

size_t cu_plan_first_alias(const cu_plan *plan, uint32_t content)
{
    size_t low = 0;
    size_t high = plan->alias_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (plan->aliases[middle].content < content)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Classes are listed strongest first, and the last is for what nothing claims. */
static cu_class strongest(const uint64_t *end, uint64_t at)
{
    size_t i = 0;

    while (i < CU_CLASS_UNALLOCATED && end[i] <= at)
        i++;
    return (cu_class)i;
}

cu_status cu_plan_account(cu_plan *plan,
                          cu_status (*seen)(void *context, const cu_evidence_region *region,
                                            cu_err *err),
                          void *context, cu_err *err)
{
    uint64_t end[cu_classes] = {0};
    cu_evidence_region region = {.class_of_bytes = CU_CLASS_UNALLOCATED};
    uint64_t at = 0;
    size_t next = 0;

    const cu_status sorted = sort_claims(plan, err);

    if (sorted != CU_OK)
        return sorted;
    while (at < plan->device_bytes) {
        for (; next < plan->claim_count && plan->claims[next].offset <= at; next++) {
            const cu_claim *const claim = &plan->claims[next];

            if (claim->offset + claim->bytes > end[claim->class_of_bytes])
                end[claim->class_of_bytes] = claim->offset + claim->bytes;
        }

        const cu_class best = strongest(end, at);
        uint64_t until =
            next < plan->claim_count ? plan->claims[next].offset : plan->device_bytes;

        if (best != CU_CLASS_UNALLOCATED && end[best] < until)
            until = end[best];
        if (best != region.class_of_bytes && region.bytes > 0) {
            const cu_status st = seen(context, &region, err);

            if (st != CU_OK)
                return st;
            region = (cu_evidence_region){.offset = at};
        }
        region.class_of_bytes = best;
        region.bytes += until - at;
        at = until;
    }
    return region.bytes == 0 ? CU_OK : seen(context, &region, err);
}
