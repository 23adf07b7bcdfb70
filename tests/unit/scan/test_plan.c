/* SPDX-License-Identifier: Apache-2.0 */
/* The plan against a count of every byte: contents and claims that overlap in any way. */
#include "scan/plan.h"
#include "support/cmocka.h"

#include <stdlib.h>
#include <string.h>

enum {
    device_max = 600, /* bytes: few, so that everything overlaps */
    contents_max = 12,
    extents_max = 5,
    claims_max = 60,
    rounds = 3000,
};

static uint64_t seed;

/* Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", figure 17. */
static size_t below(size_t limit)
{
    uint64_t z = seed += 0x9E3779B97F4A7C15;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return (size_t)((z ^ z >> 31) % limit);
}

/* Which classes claim a byte, a bit each. */
static unsigned claimed[device_max];

static void note_claim(uint64_t offset, uint64_t bytes, cu_class class_of_bytes,
                       uint64_t device_bytes)
{
    for (uint64_t i = offset; i < offset + bytes && i < device_bytes; i++)
        claimed[i] |= 1U << class_of_bytes;
}

static void claim(cu_plan *plan, uint64_t offset, uint64_t bytes, cu_class class_of_bytes)
{
    assert_int_equal(cu_plan_claim(plan, offset, bytes, class_of_bytes, NULL), CU_OK);
    note_claim(offset, bytes, class_of_bytes, plan->device_bytes);
}

/* A content of some extents, most of them in order; a deleted one claims what it had. */
static void add_content(cu_plan *plan, int64_t item)
{
    static const uint32_t kinds[] = {0,
                                     0,
                                     CU_CONTENT_DELETED,
                                     CU_CONTENT_DELETED,
                                     CU_CONTENT_BY_LIBRARY,
                                     CU_CONTENT_SKIPPED | CU_CONTENT_DELETED};
    const cu_content content = {.item = item, .flags = kinds[below(CU_COUNT_OF(kinds))]};
    const size_t extents = below(extents_max + 1);
    uint64_t file_offset = 0;
    uint64_t at = below((size_t)plan->device_bytes);

    assert_int_equal(cu_plan_add_content(plan, &content, NULL), CU_OK);
    for (size_t i = 0; i < extents; i++) {
        const uint64_t bytes = 1 + below(40);

        if (below(6) == 0)
            at = below((size_t)plan->device_bytes);
        assert_int_equal(cu_plan_add_extent(plan, file_offset, bytes, at, NULL), CU_OK);
        claim(plan, at, bytes,
              (content.flags & CU_CONTENT_DELETED) != 0 ? CU_CLASS_RECOVERED
                                                        : CU_CLASS_ALLOCATED);
        file_offset += bytes + below(2) * below(50);
        at += bytes + below(3) * below(30);
    }
}

static void fill(cu_plan *plan)
{
    const size_t contents = below(contents_max + 1);
    const size_t claims = below(claims_max + 1);

    memset(claimed, 0, sizeof claimed);
    plan->device_bytes = 1 + below(device_max);
    for (size_t i = 0; i < contents; i++)
        add_content(plan, (int64_t)i + 1);
    for (size_t i = 0; i < claims; i++)
        claim(plan, below(device_max + 20), below(80), (cu_class)below(CU_CLASS_UNALLOCATED));
}

/* ---- contents ---- */

static bool rises(const cu_plan *plan, const cu_content *content)
{
    uint64_t end = 0;

    for (uint32_t k = 0; k < content->extent_count; k++) {
        const cu_plan_extent *const extent = &plan->extents[content->first_extent + k];

        if (extent->device_offset < end)
            return false;
        end = extent->device_offset + extent->bytes;
    }
    return true;
}

static bool meets_live(const cu_plan *plan, const cu_content *content)
{
    for (uint32_t k = 0; k < content->extent_count; k++) {
        const cu_plan_extent *const extent = &plan->extents[content->first_extent + k];

        for (uint64_t i = extent->device_offset;
             i < extent->device_offset + extent->bytes && i < plan->device_bytes; i++) {
            if ((claimed[i] >> CU_CLASS_ALLOCATED & 1) != 0)
                return true;
        }
    }
    return false;
}

/* Every flag is as the bytes say, and the order has each extent of what is swept, once. */
static void check_contents(const cu_plan *plan)
{
    size_t swept = 0;

    for (size_t i = 0; i < plan->content_count; i++) {
        const cu_content *const content = &plan->contents[i];
        const bool deleted = (content->flags & CU_CONTENT_DELETED) != 0;
        const bool read_here =
            (content->flags & (CU_CONTENT_BY_LIBRARY | CU_CONTENT_SKIPPED)) == 0;

        assert_int_equal((content->flags & CU_CONTENT_OVERWRITTEN) != 0,
                         deleted && meets_live(plan, content));
        assert_int_equal((content->flags & CU_CONTENT_SCATTERED) != 0,
                         read_here && !rises(plan, content));
        if (read_here && rises(plan, content))
            swept += content->extent_count;
    }
    assert_int_equal(plan->order_count, swept);
    for (size_t i = 0; i < plan->order_count; i++) {
        const cu_plan_extent *const extent = &plan->extents[plan->order[i]];
        const uint32_t flags = plan->contents[extent->content].flags;

        assert_int_equal(
            flags & (CU_CONTENT_BY_LIBRARY | CU_CONTENT_SKIPPED | CU_CONTENT_SCATTERED), 0);
        assert_true(plan->order[i] >= plan->contents[extent->content].first_extent &&
                    plan->order[i] < plan->contents[extent->content].first_extent +
                                         plan->contents[extent->content].extent_count);
        if (i == 0)
            continue;

        const cu_plan_extent *const before = &plan->extents[plan->order[i - 1]];

        assert_true(before->device_offset < extent->device_offset ||
                    (before->device_offset == extent->device_offset &&
                     plan->order[i - 1] < plan->order[i]));
    }
}

/* ---- the accounting ---- */

typedef struct account {
    uint64_t at;
    uint64_t regions;
    cu_class last;
    uint64_t sums[cu_classes];
} account;

static cu_status see_region(void *context, const cu_evidence_region *region, cu_err *err)
{
    account *const self = context;

    (void)err;
    assert_int_equal(region->offset, self->at);
    assert_true(region->bytes > 0);
    assert_true(self->regions == 0 || region->class_of_bytes != self->last);
    for (uint64_t i = region->offset; i < region->offset + region->bytes; i++) {
        cu_class strongest = CU_CLASS_UNALLOCATED;

        for (unsigned k = 0; k < CU_CLASS_UNALLOCATED; k++) {
            if ((claimed[i] >> k & 1) != 0) {
                strongest = (cu_class)k;
                break;
            }
        }
        assert_int_equal(region->class_of_bytes, strongest);
    }
    self->at += region->bytes;
    self->last = region->class_of_bytes;
    self->sums[region->class_of_bytes] += region->bytes;
    self->regions++;
    return CU_OK;
}

static void check_account(cu_plan *plan)
{
    account seen = {.at = 0};
    uint64_t sum = 0;

    assert_int_equal(cu_plan_account(plan, see_region, &seen, NULL), CU_OK);
    assert_int_equal(seen.at, plan->device_bytes);
    for (size_t i = 0; i < cu_classes; i++)
        sum += seen.sums[i];
    assert_int_equal(sum, plan->device_bytes);
}

static void agrees_with_a_count_of_every_byte(void **state)
{
    (void)state;
    seed = 1;
    for (unsigned i = 0; i < rounds; i++) {
        /* Some in files, sorted in runs of a few records. */
        cu_plan plan = {.folder = i % 50 == 0 ? "/tmp" : NULL};

        for (size_t k = 0; k < cu_plan_tables; k++)
            plan.memory[k].run_bytes = i % 50 == 0 ? 256 : 0;
        fill(&plan);
        assert_int_equal(cu_plan_arrange(&plan, NULL), CU_OK);
        check_contents(&plan);
        check_account(&plan);
        cu_plan_free(&plan);
    }
}

static cu_status refuse(void *context, const cu_evidence_region *region, cu_err *err)
{
    (void)region;
    ++*(unsigned *)context;
    return cu_fail(err, CU_EIO, "full");
}

static void stops_where_its_caller_fails(void **state)
{
    (void)state;
    cu_plan plan = {.device_bytes = 100};
    unsigned calls = 0;

    claim(&plan, 10, 20, CU_CLASS_ALLOCATED);
    assert_int_equal(cu_plan_account(&plan, refuse, &calls, NULL), CU_EIO);
    assert_int_equal(calls, 1);
    cu_plan_free(&plan);
}

static void a_claim_past_the_end_counts_for_nothing(void **state)
{
    (void)state;
    cu_plan plan = {.device_bytes = 100};

    memset(claimed, 0, sizeof claimed);
    claim(&plan, 100, 1, CU_CLASS_ALLOCATED);
    claim(&plan, UINT64_MAX, UINT64_MAX, CU_CLASS_ALLOCATED);
    claim(&plan, 0, 0, CU_CLASS_ALLOCATED);
    assert_int_equal(plan.claim_count, 0);
    assert_int_equal(cu_plan_claim(&plan, 99, UINT64_MAX, CU_CLASS_SLACK, NULL), CU_OK);
    claimed[99] = 1U << CU_CLASS_SLACK;
    check_account(&plan);
    cu_plan_free(&plan);
}

static void aliases_come_by_content(void **state)
{
    (void)state;
    cu_plan plan = {.device_bytes = 1};

    seed = 2;
    for (int64_t i = 0; i < 200; i++)
        assert_int_equal(cu_plan_alias(&plan, (uint32_t)below(20), (int64_t)below(1000), NULL),
                         CU_OK);
    assert_int_equal(cu_plan_arrange(&plan, NULL), CU_OK);
    assert_int_equal(plan.alias_count, 200);
    for (size_t i = 1; i < plan.alias_count; i++)
        assert_true(plan.aliases[i - 1].content < plan.aliases[i].content ||
                    (plan.aliases[i - 1].content == plan.aliases[i].content &&
                     plan.aliases[i - 1].item <= plan.aliases[i].item));
    cu_plan_free(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_a_count_of_every_byte),
        cmocka_unit_test(stops_where_its_caller_fails),
        cmocka_unit_test(a_claim_past_the_end_counts_for_nothing),
        cmocka_unit_test(aliases_come_by_content),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
