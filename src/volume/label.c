/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of partitions that are known and not read: said, so that nobody takes the device for
 * empty. */
#include "volume/table.h"

#include <string.h>

/* Sources: the headers of Linux (block/partitions) and of the BSDs (sys/disklabel.h). */
static const struct {
    const char *name;
    uint32_t at;
    const char *magic;
    size_t n;
} labels[] = {
    {"a Sun disk label", 508, "\xDA\xBE", 2},
    {"an SGI volume header", 0, "\x0B\xE5\xA9\x41", 4},
    {"a BSD disk label", 512, "\x57\x45\x56\x82", 4},
    {"a BSD disk label", 64, "\x57\x45\x56\x82", 4},
    {"an Amiga rigid disk block", 0, "RDSK", 4},
    {"an AIX volume", 0, "\xC9\xC2\xD4\xC1", 4},
};

cu_status cu_label_remark(const cu_reader *device, cu_volumes *volumes, cu_err *err)
{
    uint8_t head[1024];
    cu_status st = CU_OK;

    if (device->bytes < sizeof head)
        return CU_OK;
    st = cu_reader_read_at(device, 0, head, sizeof head, err);
    for (size_t i = 0; st == CU_OK && i < CU_COUNT_OF(labels); i++) {
        if (memcmp(head + labels[i].at, labels[i].magic, labels[i].n) == 0)
            return cu_volumes_remark(volumes, labels[i].at, err,
                                     "%s is there, which is not read", labels[i].name);
    }
    return st;
}
