/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a force's policy, and what it says of local time. */
#include "register/policy/calendar.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    CU_AUTO(cu_rulebook, policy);
    cu_date date = 0;

    if (cu_rulebook_parse((cu_bytes){bytes, n}, "fuzz", &policy, NULL) != CU_OK)
        return 0;
    for (int64_t year = 1990; year < 2040; year += 7) {
        if (cu_local_date(policy, year * 31556952000000LL, &date, NULL, NULL) == CU_OK &&
            cu_date_weekday(date) > 6)
            abort();
        if (cu_working_day_after(policy, date, 3, &date, NULL) == CU_OK &&
            cu_date_weekday(date) > 4)
            abort();
    }
    return 0;
}
