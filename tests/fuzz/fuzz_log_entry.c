/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that may be an entry of the log: what parses is written back as it was. */
#include "tlog/tlog.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static cu_tlog_entry entry;
    cu_buffer out = {0};

    if (cu_tlog_entry_parse((cu_bytes){bytes, n}, &entry, NULL) != CU_OK)
        return 0;
    if (cu_tlog_entry_append(&out, &entry, NULL) != CU_OK ||
        !cu_bytes_equal(cu_buffer_view(&out), (cu_bytes){bytes, n}))
        abort();
    cu_buffer_free(&out);
    return 0;
}
