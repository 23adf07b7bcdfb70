/* SPDX-License-Identifier: Apache-2.0 */
/* Primary and secondary suppression of one row of counts and its sum. */
#include "register/figures/suppress.h"

/* What a reader may know of a count that is kept back: it is small, or it is not. */
typedef struct bounds {
    int64_t least, most;
} bounds;

static bounds known_of(int64_t count, int64_t small, int64_t sum)
{
    return cu_is_small(count, small) ? (bounds){1, small}
           : count == 0              ? (bounds){0, 0}
                                     : (bounds){small + 1, sum};
}

/* Whether the sum of what is kept back leaves a small count among it only one value. */
static bool follows(const int64_t *counts, size_t n, int64_t small, const bool *hidden)
{
    bounds all = {0, 0};
    int64_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += hidden[i] ? counts[i] : 0;
    for (size_t i = 0; i < n; i++) {
        const bounds one = known_of(counts[i], small, sum);

        all.least += hidden[i] ? one.least : 0;
        all.most += hidden[i] ? one.most : 0;
    }
    for (size_t i = 0; i < n; i++) {
        const bounds one = known_of(counts[i], small, sum);
        const int64_t least = sum - (all.most - one.most);
        const int64_t most = sum - (all.least - one.least);

        if (!hidden[i] || !cu_is_small(counts[i], small))
            continue;
        if ((least > one.least ? least : one.least) == (most < one.most ? most : one.most))
            return true;
    }
    return false;
}

/* The smallest count that is shown and is not none; n where there is none. */
static size_t next_to_hide(const int64_t *counts, size_t n, const bool *hidden)
{
    size_t found = n;

    for (size_t i = 0; i < n; i++) {
        if (!hidden[i] && counts[i] > 0 && (found == n || counts[i] < counts[found]))
            found = i;
    }
    return found;
}

void cu_suppress(const int64_t *counts, size_t n, int64_t small, bool *hidden, bool *total)
{
    *total = true;
    for (size_t i = 0; i < n; i++)
        hidden[i] = cu_is_small(counts[i], small);
    while (follows(counts, n, small, hidden)) {
        const size_t more = next_to_hide(counts, n, hidden);

        if (more == n) {
            *total = false;
            return;
        }
        hidden[more] = true;
    }
}
