/* SPDX-License-Identifier: Apache-2.0 */
/* What the broker asks of custos-device. Private to device/: both ends are of one build. */
#ifndef CU_DEVICE_PROTOCOL_H
#define CU_DEVICE_PROTOCOL_H

#include "image/image.h"

/* The first word of each request. */
typedef enum cu_device_question {
    CU_ASK_SEGMENT =
        1,          /* zygote: u64 bytes, u32 sector bytes, u32 is device, name; fd: the file */
    CU_ASK_OPEN,    /* zygote: answers facts, then remarks, each with a zero byte after it */
    CU_ITEM_READ,   /* fork: u64 memory bytes; fds: socket, memory */
    CU_ITEM_DETECT, /* fork: u64 offset; answers cu_filesystem_claims */
    CU_ITEM_WALK,   /* fork: u64 offset, name */
    CU_ITEM_CONTENT, /* fork: u64 offset, u64 inode, u32 attribute, name */
} cu_device_question;

/* One order to a reading fork, and its answer: n_gaps of cu_image_gap follow. */
typedef struct cu_read_order {
    uint64_t offset;
    uint64_t n;
    uint64_t at;
} cu_read_order;

typedef struct cu_read_answer {
    uint32_t status;
    uint32_t gaps;
} cu_read_answer;

#endif
