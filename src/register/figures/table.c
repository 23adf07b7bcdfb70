/* SPDX-License-Identifier: Apache-2.0 */
/* The breakdowns that a release may have. A child who is suspected is in none by age. */
#include "register/figures/table.h"

#include "register/figures/suppress.h"

enum { rows_max = 200 };

/* A change of any of these is a new CU_FIGURES_VERSION. */
static const cu_breakdown breakdowns[] = {
    {"source", "referrals", "referrals by who sent them",
     "SELECT source, count(*) FROM register_referral WHERE received >= $1 AND received < $2"
     " GROUP BY source ORDER BY source"},
    {"kind", "items_seized", "items by what they are",
     "SELECT kind, count(*) FROM register_exhibit WHERE seized >= $1 AND seized < $2"
     " AND counts = 'yes' AND parent IS NULL AND state <> 'triaged-left'"
     " GROUP BY kind ORDER BY kind"},
    {"area", "children_safeguarded", "children by the local authority of their home",
     "SELECT COALESCE(la_home, 'not known'), count(*) FROM register_child"
     " WHERE safeguarded >= $1 AND safeguarded < $2"
     " GROUP BY COALESCE(la_home, 'not known') ORDER BY COALESCE(la_home, 'not known')"},
};

size_t cu_breakdowns_list(const cu_breakdown **out)
{
    *out = breakdowns;
    return CU_COUNT_OF(breakdowns);
}

cu_status cu_breakdown_write(cu_act *act, const cu_breakdown *of, cu_values period,
                             int64_t small, cu_buffer *out, bool *total)
{
    CU_AUTO(cu_rows, rows);
    const char *words[rows_max];
    int64_t counts[rows_max];
    bool hidden[rows_max];
    size_t n = 0;
    bool more = false;
    cu_status st = cu_store_query(act->store, of->sql, period, &rows, act->err);

    while (st == CU_OK && (st = cu_rows_next(rows, &more, act->err)) == CU_OK && more) {
        if (n == rows_max)
            return cu_fail(act->err, CU_ELIMIT, "%s: more than %d rows", of->says, rows_max);
        words[n] = cu_act_format(act, "%s", cu_rows_text(rows, 0));
        counts[n++] = cu_rows_integer(rows, 1);
    }
    if (st != CU_OK)
        return st;
    cu_suppress(counts, n, small, hidden, total);
    cu_buffer_format(out, "\n%s\n\n", of->says);
    for (size_t i = 0; i < n; i++) {
        if (hidden[i])
            cu_buffer_format(out, "%8s  %s\n", "*", words[i]);
        else
            cu_buffer_format(out, "%8lld  %s\n", (long long)counts[i], words[i]);
    }
    return cu_buffer_check(out, act->err);
}
