/* SPDX-License-Identifier: Apache-2.0 */
/* What the broker asks of custos-picture. Private to picture/: both ends are of one build. */
#ifndef CU_PICTURE_PROTOCOL_H
#define CU_PICTURE_PROTOCOL_H

#include <stdint.h>

/* A fork's request; its fds are the socket and the file. It answers one cu_picture_facts. */
typedef struct cu_picture_request {
    uint64_t offset; /* where the file begins */
    uint64_t bytes;  /* of the file */
    uint32_t full;   /* 1: variant F too */
    uint32_t views;  /* 1: a cu_picture_views follows the facts */
} cu_picture_request;

#endif
