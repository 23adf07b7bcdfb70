/* SPDX-License-Identifier: Apache-2.0 */
/* A partition table of any kind: the list covers the device without gap or overlap. */
#include "base/bytes.h"
#include "volume/volume.h"

#include <stdlib.h>
#include <string.h>

/* The device is larger than its bytes: what lies behind them is zero. */
enum { device_bytes = 8 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static cu_status read_at(void *context, uint64_t offset, void *out, size_t n, cu_err *err)
{
    const cu_bytes *const all = context;

    (void)err;
    memset(out, 0, n);
    if (offset < all->n)
        memcpy(out, all->p + offset, all->n - offset < n ? (size_t)(all->n - offset) : n);
    return CU_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    cu_bytes all = {bytes, n};
    const cu_reader readers[] = {{read_at, &all, n, 512}, {read_at, &all, device_bytes, 4096}};

    for (size_t i = 0; i < CU_COUNT_OF(readers); i++) {
        cu_volumes volumes = {.count = 0};
        uint64_t at = 0;

        if (readers[i].bytes == 0)
            continue;
        if (cu_volumes_read(&readers[i], &volumes, NULL) != CU_OK)
            abort();
        for (size_t j = 0; j < volumes.count; at += volumes.list[j].bytes, j++) {
            if (volumes.list[j].offset != at || volumes.list[j].bytes == 0)
                abort();
        }
        if (at != readers[i].bytes)
            abort();
        cu_volumes_free(&volumes);
    }
    return 0;
}
