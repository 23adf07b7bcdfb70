/* SPDX-License-Identifier: Apache-2.0 */
/* Twice the room, counted without a wrap. */
#include "base/list.h"

#include <stdlib.h>

enum { first_room = 64 }; /* elements */

void *cu_list_room(void *list, size_t n, size_t *room, size_t bytes, cu_err *err)
{
    const size_t half = *room == 0 ? first_room / 2 : *room;
    size_t twice = 0;
    size_t all = 0; /* bytes */
    void *grown = NULL;

    if (n < *room)
        return list;
    if (!__builtin_mul_overflow(half, 2, &twice) && !__builtin_mul_overflow(twice, bytes, &all))
        grown = realloc(list, all);
    if (grown == NULL)
        cu_err_set(err, CU_ENOMEM, "out of memory");
    else
        *room = twice;
    return grown;
}
