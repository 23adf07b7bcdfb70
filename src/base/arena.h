/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is given back all at once, with a ceiling: one arena an item, a walk, an import.
 */
#ifndef CU_BASE_ARENA_H
#define CU_BASE_ARENA_H

#include "base/err.h"

#include <stddef.h>

typedef struct cu_arena cu_arena;

/* An arena that will never hold more than ceiling bytes. NULL where memory is out. */
cu_arena *cu_arena_new(size_t ceiling);
void cu_arena_free(cu_arena *arena); /* NULL is allowed */
CU_DEFINE_AUTO(cu_arena, cu_arena_free)

/* n zeroed bytes, aligned for any type, or NULL where memory or the ceiling is reached. */
void *cu_arena_take(cu_arena *arena, size_t n) CU_MUST_CHECK;

/* A copy of n bytes with a zero byte after them, or NULL as above. */
char *cu_arena_text(cu_arena *arena, const void *bytes, size_t n) CU_MUST_CHECK;

/* Forgets everything taken, keeping one block for the next item. */
void cu_arena_reset(cu_arena *arena);

#endif
