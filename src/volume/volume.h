/* SPDX-License-Identifier: Apache-2.0 */
/* The partitions of a device, and what lies between them. */
#ifndef CU_VOLUME_VOLUME_H
#define CU_VOLUME_VOLUME_H

#include "base/reader.h"

#include <stdbool.h>

enum { cu_volumes_max = 1024, cu_volume_remarks_max = 64 };

/* A piece of the device. The list covers the device from 0 to its end without gap or overlap.
 */
typedef enum cu_volume_kind {
    CU_VOLUME_PARTITION, /* may hold a file system */
    CU_VOLUME_TABLE,     /* the bytes of a partition table itself: boot record, GPT header and
                            entries */
    CU_VOLUME_GAP,       /* owned by nobody */
} cu_volume_kind;

typedef struct cu_volume {
    cu_volume_kind kind;
    uint32_t number; /* partitions: 1 …, as Linux numbers them (logical ones from 5; GPT and APM
                        by entry); 0: no table */
    uint64_t offset; /* bytes from the start of the device */
    uint64_t bytes;  /* cut to the device's end */
    char type[40];   /* "0x07", or the GPT type GUID, or the APM type; "" where none */
    char name[128];  /* GPT or APM name, UTF-8, escaped as base/text.h says; "" where none */
} cu_volume;

/* Something that a reader of the evidence should know: a finding with its place. */
typedef struct cu_volume_remark {
    uint64_t offset;
    char kind[32]; /* "partition-table" */
    char text[160];
} cu_volume_remark;

typedef struct cu_volumes {
    char scheme[8];        /* "none", "mbr", "gpt", "apm" */
    uint32_t sector_bytes; /* that the table was read with */
    cu_volume *list;
    size_t count;
    cu_volume_remark *remarks;
    size_t remark_count;
} cu_volumes;

/*
 * Reads the partition table. A device without one is one partition, number 0, from 0 to its
 * end. Overlapping entries are cut to what no earlier entry owns; entries past the end, loops
 * of extended tables, a damaged primary GPT whose backup was used: each is a remark, never a
 * failure.
 *
 * CU_EIO, CU_ECHILD as the reader fails. CU_ENOMEM.
 */
cu_status cu_volumes_read(const cu_reader *device, cu_volumes *out, cu_err *err) CU_MUST_CHECK;

/* The one partition of what has no table and is not asked for one. CU_ENOMEM. */
cu_status cu_volumes_none(uint64_t bytes, uint32_t sector_bytes, cu_volumes *out,
                          cu_err *err) CU_MUST_CHECK;
void cu_volumes_free(cu_volumes *volumes);

#endif
