/* SPDX-License-Identifier: Apache-2.0 */
/* Bits, and sums of two words of them. */
#include "hashset/rows.h"

#include <stdlib.h>

enum { words_a_sum = 2 };

cu_status cu_rows_init(cu_rows *rows, uint64_t count, cu_err *err)
{
    *rows = (cu_rows){.words = calloc(count / 64 + 1, sizeof *rows->words), .count = count};
    return rows->words == NULL ? cu_fail(err, CU_ENOMEM, "out of memory") : CU_OK;
}

void cu_rows_free(cu_rows *rows)
{
    free(rows->words);
    free(rows->before);
    *rows = (cu_rows){.count = 0};
}

/* Source: Warren, Hacker's Delight, 2nd edition, section 5-1. */
static uint32_t bits_of(uint64_t word)
{
    word -= word >> 1 & UINT64_C(0x5555555555555555);
    word = (word & UINT64_C(0x3333333333333333)) + (word >> 2 & UINT64_C(0x3333333333333333));
    word = (word + (word >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F);
    return (uint32_t)(word * UINT64_C(0x0101010101010101) >> 56);
}

uint64_t cu_rows_rank(cu_rows *rows, cu_status *st, cu_err *err)
{
    const uint64_t words = rows->count / 64 + 1;
    uint64_t sum = 0;

    rows->before = calloc(words / words_a_sum + 1, sizeof *rows->before);
    if (rows->before == NULL) {
        *st = cu_fail(err, CU_ENOMEM, "out of memory");
        return 0;
    }
    for (uint64_t i = 0; i < words; i++) {
        if (i % words_a_sum == 0)
            rows->before[i / words_a_sum] = (uint32_t)sum;
        sum += bits_of(rows->words[i]);
    }
    return sum;
}

uint64_t cu_rows_number(const cu_rows *rows, uint64_t row)
{
    const uint64_t word = row / 64;
    uint64_t number = 1;

    if (!cu_rows_has(rows, row))
        return 0;
    number += rows->before[word / words_a_sum];
    for (uint64_t i = word / words_a_sum * words_a_sum; i < word; i++)
        number += bits_of(rows->words[i]);
    return number + bits_of(rows->words[word] & ((UINT64_C(1) << (row % 64)) - 1));
}
