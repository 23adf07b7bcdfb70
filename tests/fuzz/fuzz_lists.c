/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of lines. */
#include "support/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    rows_try("md5", bytes, n);
    rows_try("sha1", bytes, n);
    rows_try("sha256", bytes, n);
    rows_try("hashdeep", bytes, n);
    return 0;
}
