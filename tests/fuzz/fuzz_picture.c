/* SPDX-License-Identifier: Apache-2.0 */
/* Any file, to every decoder that claims it, here and now. */
#include "picture/examine.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
const char *__lsan_default_suppressions(void);

/* A library's leak is its child's, which ends after one file. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libdav1d.so\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    cu_picture_facts facts;

    cu_picture_examine_here((cu_bytes){bytes, n}, n % 2 != 0, &facts);
    if (cu_picture_facts_check(&facts, n, NULL) != CU_OK)
        abort();
    return 0;
}
