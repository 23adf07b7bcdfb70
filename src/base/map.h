/* SPDX-License-Identifier: Apache-2.0 */
/* A table from one 64-bit number to another, for looking up by a hash or an id. */
#ifndef CU_BASE_MAP_H
#define CU_BASE_MAP_H

#include "base/bytes.h"
#include "base/spill.h"

/* Zero it to start; set memory.folder where a table larger than memory may be written out. Keys
 * are any number. */
typedef struct cu_map {
    cu_spill memory; /* the slots */
    size_t room;
    size_t n;
    cu_err why; /* of a put that found no room */
} cu_map;

void cu_map_free(cu_map *map);

/*
 * The value of key, which is added with value where it is not there. NULL: no room, and why
 * says what of: CU_ENOMEM, or CU_EIO where the disk is full.
 */
uint64_t *cu_map_put(cu_map *map, uint64_t key, uint64_t value, bool *added);

/* The value of key, or NULL where it is not there. */
const uint64_t *cu_map_get(const cu_map *map, uint64_t key);

/* A number for bytes, good for a map; equal bytes give equal numbers, unequal ones nearly never
 * do. */
uint64_t cu_map_hash(uint64_t seed, cu_bytes bytes);

/* Passes on why the last cu_map_put answered NULL: whole, with errno. */
cu_status cu_map_fail(const cu_map *map, cu_err *err) CU_MUST_CHECK;

#endif
