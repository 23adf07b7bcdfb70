/* SPDX-License-Identifier: Apache-2.0 */
/* A VICS file, and with it the reader of JSON. */
#include "support/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    rows_try("vics", bytes, n);
    return 0;
}
