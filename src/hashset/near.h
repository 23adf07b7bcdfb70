/* SPDX-License-Identifier: Apache-2.0 */
/* How an import writes the near index. Private to hashset/. */
#ifndef CU_HASHSET_NEAR_H
#define CU_HASHSET_NEAR_H

#include "hashset/output.h"

/* Writes the index of the count PDQ values, whose section is ended. None where there are none.
 */
cu_status cu_hashset_write_near(cu_hashset_output *output, uint64_t count,
                                cu_err *err) CU_MUST_CHECK;

#endif
