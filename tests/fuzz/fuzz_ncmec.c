/* SPDX-License-Identifier: Apache-2.0 */
/* NCMEC's XML. */
#include "support/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    rows_try("ncmec", bytes, n);
    return 0;
}
