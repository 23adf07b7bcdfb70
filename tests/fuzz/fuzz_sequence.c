/* SPDX-License-Identifier: Apache-2.0 */
/* The ending of a split image's name, of any bytes. */
#include "image/sequence.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char *const ending = malloc(n + 1);

    if (ending == NULL)
        return 0;
    memcpy(ending, bytes, n);
    ending[n] = '\0';

    const size_t length = strlen(ending);

    for (int i = 0; i < 2000 && cu_sequence_next(ending); i++) {
        if (strlen(ending) != length)
            abort();
        (void)cu_sequence_starts(ending);
    }
    free(ending);
    return 0;
}
