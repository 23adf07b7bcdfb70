/* SPDX-License-Identifier: Apache-2.0 */
/* A VICS file, and with it the reader of JSON, as both readers understand it. */
#include "support/slow_vics.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    rows_try("vics", bytes, n);
    slow_vics_compare(bytes, n);
    return 0;
}
