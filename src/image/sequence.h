/* SPDX-License-Identifier: Apache-2.0 */
/* Which name follows which in a split image. Private to image/. */
#ifndef CU_IMAGE_SEQUENCE_H
#define CU_IMAGE_SEQUENCE_H

#include <stdbool.h>

/* Whether an ending (with its dot) is the first of several: ".000", ".001", ".aa", ".E01",
 * ".s01". */
bool cu_sequence_starts(const char *ending);

/*
 * Makes an ending the next one, in place: .001 .002, .aa .ab, .E01 to .E99 .EAA to .ZZZ. False,
 * and the ending is not to be used, where none follows.
 */
bool cu_sequence_next(char *ending);

#endif
