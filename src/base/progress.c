/* SPDX-License-Identifier: Apache-2.0 */
/* Progress, at most ten times a second. */
#include "base/progress.h"

#include "base/clock.h"

#include <stddef.h>

bool cu_progress_tell(cu_progress *progress, const char *stage, uint64_t done, uint64_t total)
{
    if (progress == NULL || progress->tell == NULL)
        return true;

    const int64_t now_us = cu_clock_steady_us();

    if (progress->last_us != 0 && now_us - progress->last_us < 100000 && done != total)
        return true;
    progress->last_us = now_us;
    return progress->tell(progress->context, stage, done, total);
}
