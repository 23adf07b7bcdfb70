/* SPDX-License-Identifier: Apache-2.0 */
/* Small numbers are not published, nor so that they come out of what is. */
#ifndef CU_REGISTER_FIGURES_SUPPRESS_H
#define CU_REGISTER_FIGURES_SUPPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Which of n counts, whose sum is published with them, are kept back: those from 1 to small,
 * and as many others, the smallest first, as it takes until no count from 1 to small follows
 * from the sum, what is shown, and that it is small. With nothing left to hide behind,
 * everything is kept back and *total is false: the sum is not published either.
 *
 * hidden  n places.
 */
void cu_suppress(const int64_t *counts, size_t n, int64_t small, bool *hidden, bool *total);

/* Whether one count is small: from 1 to small. None at all is no secret. */
static inline bool cu_is_small(int64_t count, int64_t small)
{
    return count >= 1 && count <= small;
}

#endif
