/* SPDX-License-Identifier: Apache-2.0 */
/* Exact matches. */
#include "match/match.h"

#include <string.h>

bool cu_match_find(const cu_hashset *set, const cu_digests *digests, cu_match *out)
{
    const struct {
        cu_hashset_algorithm algorithm;
        const uint8_t *digest;
    } keys[] = {
        {CU_HASHSET_SHA256, digests->sha256},
        {CU_HASHSET_SHA1, digests->sha1},
        {CU_HASHSET_MD5, digests->md5},
    };

    for (size_t i = 0; i < CU_COUNT_OF(keys); i++) {
        if (cu_hashset_find(set, keys[i].algorithm, keys[i].digest, &out->record)) {
            out->set = cu_hashset_get_facts(set);
            out->algorithm = keys[i].algorithm;
            return true;
        }
    }
    return false;
}

const char *cu_match_algorithm_word(cu_hashset_algorithm algorithm)
{
    static const char *const words[] = {
        [CU_HASHSET_MD5] = "md5", [CU_HASHSET_SHA1] = "sha1", [CU_HASHSET_SHA256] = "sha256"};

    return words[algorithm];
}

const char *cu_match_strength(const char *state, bool overwritten)
{
    if (strcmp(state, "allocated") == 0)
        return "exact-allocated";
    return overwritten ? "exact-claimed" : "exact-proved";
}
