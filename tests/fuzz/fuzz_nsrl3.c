/* SPDX-License-Identifier: Apache-2.0 */
/* A database of RDSv3, or any other that SQLite opens. */
#include "support/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    rows_try("nsrl3", bytes, n);
    return 0;
}
