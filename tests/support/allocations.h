/* SPDX-License-Identifier: Apache-2.0 */
/* One allocation of the program under test fails: the linker puts ours before the system's. */
#ifndef CU_TESTS_SUPPORT_ALLOCATIONS_H
#define CU_TESTS_SUPPORT_ALLOCATIONS_H

#include <stdbool.h>

/* From now on n allocations are good, of any thread, and the one after them fails. */
void allocations_fail_after(long n);

/* All are good from now on. True where one has failed since allocations_fail_after. */
bool allocations_end(void);

#endif
