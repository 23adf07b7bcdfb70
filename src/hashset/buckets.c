/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of the table: where a bucket begins, and the fingerprints of its first 12 digests. */
#include "hashset/buckets.h"

#include <string.h>

void cu_hashset_bucket_line(cu_hashset_bucketing *bucketing,
                            uint8_t line[cu_hashset_line_bytes])
{
    const uint64_t buckets = cu_hashset_buckets(bucketing->count);
    uint64_t in_bucket = 0;

    memset(line, 0, cu_hashset_line_bytes);
    for (size_t i = 0; i < 4; i++)
        line[i] = (uint8_t)(bucketing->at >> (8 * i));
    for (; bucketing->at < bucketing->count; bucketing->at++, in_bucket++) {
        const cu_hashset_spot spot = cu_hashset_spot_of(
            bucketing->values + bucketing->at * bucketing->digest_bytes, buckets);

        if (spot.bucket != bucketing->bucket)
            break;
        if (in_bucket < cu_hashset_fingerprints)
            line[4 + in_bucket] = spot.fingerprint;
    }
    if (in_bucket > cu_hashset_fingerprints)
        line[cu_hashset_line_bytes - 1] = cu_hashset_more;
    bucketing->bucket++;
}
