/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of text: any, ICSE, NSRLFile.txt, HashKeeper. */
#include "support/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    rows_try("csv", bytes, n);
    rows_try("icse", bytes, n);
    rows_try("nsrl2", bytes, n);
    rows_try("hashkeeper", bytes, n);
    return 0;
}
