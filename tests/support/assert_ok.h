/* SPDX-License-Identifier: Apache-2.0 */
/* A call that must not fail, and why it did: it is given &failure for its error. */
#ifndef CU_TESTS_SUPPORT_ASSERT_OK_H
#define CU_TESTS_SUPPORT_ASSERT_OK_H

#include "base/err.h"
#include "support/cmocka.h"

static cu_err failure;

#define assert_ok(call)                                                                        \
    do {                                                                                       \
        if ((call) != CU_OK)                                                                   \
            fail_msg("%s: %s", #call, failure.text);                                           \
    } while (0)

#endif
