/* SPDX-License-Identifier: Apache-2.0 */
/* Room in a list of elements of one type, which its owner keeps as a pointer, a count and a
 * room. */
#ifndef CU_BASE_LIST_H
#define CU_BASE_LIST_H

#include "base/err.h"

#include <stddef.h>

/*
 * A list with room for one more than its n elements: list itself while n is less than *room,
 * else list moved to where there is twice the room (64 elements at first), which *room then
 * says.
 *
 * list   the caller's: NULL where *room is 0, else what this function gave for it before. What
 * is given replaces it, and is freed with free. bytes  of an element, not 0.
 *
 * NULL is CU_ENOMEM, also in err: memory is out, or no size_t says how much is wanted. List and
 * *room are as they were, and still the caller's. A list that evidence fills needs a ceiling,
 * which the caller asks of n first.
 */
void *cu_list_room(void *list, size_t n, size_t *room, size_t bytes, cu_err *err) CU_MUST_CHECK;

#endif
