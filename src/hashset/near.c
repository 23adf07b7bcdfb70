/* SPDX-License-Identifier: Apache-2.0 */
/* The near index of a set's PDQ values: written at import, opened where it lies. */
#include "hashset/near.h"

#include "hashset/set.h"

enum { build_threads = 2 };

static cu_status append(void *context, cu_bytes bytes, cu_err *err)
{
    return cu_hashset_output_append(context, bytes.p, bytes.n, err);
}

cu_status cu_hashset_write_near(cu_hashset_output *output, uint64_t count, cu_err *err)
{
    const cu_near_sink sink = {append, output};
    cu_bytes codes = {NULL, 0};
    cu_status st = CU_OK;

    if (count == 0)
        return CU_OK;
    st = cu_hashset_output_view(output, CU_HASHSET_PDQ, &codes, err);
    if (st != CU_OK)
        return st;
    st = cu_hashset_output_open(output, CU_HASHSET_NEAR, err);
    if (st == CU_OK)
        st = cu_near_build(&(cu_near_codes){codes.p, count, cu_hashset_pdq_bytes},
                           build_threads, &sink, err);
    cu_hashset_output_close(output, count);
    cu_hashset_output_unview(codes);
    return st;
}

cu_status cu_hashset_near(const cu_hashset *set, cu_near **out, cu_err *err)
{
    const cu_bytes section = cu_hashset_section_of(set, CU_HASHSET_NEAR);
    cu_status st = CU_OK;

    if (set->facts.pdq == 0)
        return cu_fail(err, CU_ENOTFOUND, "the set \"%s\" has no PDQ values", set->facts.name);
    if (section.n == 0)
        return cu_fail(err, CU_EFORMAT,
                       "the set \"%s\" was written without a near index: import it again",
                       set->facts.name);
    st = cu_hashset_believe(set, section.p, section.n, err);
    return st == CU_OK ? cu_near_open(section, out, err) : st;
}
