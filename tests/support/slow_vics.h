/* SPDX-License-Identifier: Apache-2.0 */
/* A second reader of VICS, simple and slow, that the fast one is compared with. */
#ifndef CU_TESTS_SUPPORT_SLOW_VICS_H
#define CU_TESTS_SUPPORT_SLOW_VICS_H

#include "support/rows.h"

/* Reads as the format vics does. */
cu_status slow_vics_read(cu_hashset_builder *builder, const cu_hashset_source *source,
                         cu_err *err);

/* Reads the bytes with both, and aborts where the rows, their order, what was reached, the
 * status or the words of a failure are not the same. */
void slow_vics_compare(const uint8_t *bytes, size_t n);

#endif
