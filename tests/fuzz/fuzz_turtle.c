/* SPDX-License-Identifier: Apache-2.0 */
/* The statements of an AFF4 image. */
#include "image/turtle.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    cu_turtle turtle = {0};

    if (cu_turtle_parse((cu_bytes){bytes, n}, &turtle, NULL) != CU_OK)
        return 0;
    for (size_t i = 0; i < turtle.count; i++) {
        const cu_turtle_statement *const said = &turtle.list[i];

        if (said->subject == NULL || said->predicate == NULL || said->object == NULL ||
            cu_turtle_object(&turtle, said->subject, said->predicate) == NULL)
            abort();
    }
    cu_turtle_free(&turtle);
    return 0;
}
