/* SPDX-License-Identifier: Apache-2.0 */
/* A set file that says what it likes, and is sealed well: every answer stays within it. */
#include "hashset/layout.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static cu_status touch(void *context, const cu_hashset_entry *entry, cu_err *err)
{
    size_t *const sum = context;

    (void)err;
    *sum += strlen(entry->record.label) + strlen(entry->record.name) +
            strlen(entry->record.code) + strlen(entry->record.series) +
            strlen(entry->record.source);
    for (size_t i = 0; i < cu_hashset_algorithms; i++)
        *sum += entry->digests[i] != NULL ? entry->digests[i][0] : 0;
    *sum += entry->pdq != NULL ? entry->pdq[31] : 0;
    *sum += entry->photodna != NULL ? entry->photodna[143] : 0;
    return CU_OK;
}

/* Looks for digests that lie in the file itself, and for what is beside them. */
static void ask(const cu_hashset *set, const uint8_t *bytes, size_t n)
{
    enum { asked = 64 };

    uint8_t keys[asked][32];
    uint64_t found[asked];

    for (size_t i = 0; i < asked; i++) {
        const size_t at = (size_t)cu_hashset_header_bytes + i * 16;

        memset(keys[i], (int)i, 32);
        if (at + 32 <= n)
            memcpy(keys[i], bytes + at, 32);
        keys[i][15] ^= (uint8_t)(i & 1);
    }
    for (unsigned k = 0; k < cu_hashset_algorithms; k++) {
        const cu_hashset_algorithm algorithm = (cu_hashset_algorithm)k;

        if (cu_hashset_find_many(set, algorithm, (cu_hashset_keys){keys[0], 32, asked}, found,
                                 NULL) != CU_OK)
            continue;
        for (size_t i = 0; i < asked; i++) {
            cu_hashset_record record;
            const uint8_t *digest = NULL;
            uint64_t number = 0;

            if (found[i] == 0)
                continue;
            if (cu_hashset_value_at(set, algorithm, found[i] - 1, &digest, &number, NULL) !=
                    CU_OK ||
                memcmp(digest, keys[i], cu_hashset_digest_bytes(algorithm)) != 0)
                abort(); /* it found what is not there */
            if (cu_hashset_record_of(set, algorithm, found[i], &record, NULL) == CU_OK &&
                strlen(record.name) > cu_hashset_text_max)
                abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    CU_AUTO(cu_hashset, set);
    size_t sum = 0;

    if (cu_hashset_open_bytes((cu_bytes){bytes, n}, false, &set, NULL) != CU_OK)
        return 0;
    ask(set, bytes, n);
    if (cu_hashset_each(set, touch, &sum, NULL) == CU_OK && sum == SIZE_MAX)
        abort();
    if (cu_hashset_verify(set, NULL, NULL) == CU_OK &&
        cu_hashset_get_facts(set)->purpose > CU_HASHSET_KNOWN_GOOD)
        abort();
    return 0;
}
