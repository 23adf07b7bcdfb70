/* SPDX-License-Identifier: Apache-2.0 */
/* Any file, to our reader of baseline JPEG: what it takes, libjpeg takes, to the same pixels.
 */
#include "support/judge_jpeg.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    for (const cu_baseline_way *const *way = cu_baseline_ways(); *way != NULL; way++) {
        if (!cu_baseline_way_runs(*way))
            continue;

        const judgement found = judge_jpeg(*way, (cu_bytes){bytes, n});

        if (found != JUDGED_SAME && found != JUDGED_NOT_OURS)
            abort();
    }
    return 0;
}
