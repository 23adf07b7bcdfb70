/* SPDX-License-Identifier: Apache-2.0 */
/* The Sleuth Kit's index and database, and EnCase's file. */
#include "support/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    rows_try("tsk", bytes, n);
    rows_try("encase", bytes, n);
    return 0;
}
