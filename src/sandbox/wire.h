/* SPDX-License-Identifier: Apache-2.0 */
/* One packet with its file descriptors, over the control socket. Private to sandbox/. */
#ifndef CU_SANDBOX_WIRE_H
#define CU_SANDBOX_WIRE_H

#include "sandbox/sandbox.h"

enum { cu_wire_room = cu_sandbox_request_max + 512 };

/* Kinds of packets from the broker. All but the last are answered, in their order. */
enum {
    CU_WIRE_ASK = 1,
    CU_WIRE_ITEM = 2, /* fork an item, which waits for its request on the one descriptor */
    CU_WIRE_END = 3,
    CU_WIRE_LEAVE = 4,   /* likewise, and nobody waits to hear how it ended */
    CU_WIRE_REQUEST = 5, /* to the item itself, on its stream */
};

/* The fixed start of each packet, in the machine's own order: both ends are of one build. */
typedef struct cu_wire_head {
    uint32_t kind;   /* in a reply: 0 */
    uint32_t status; /* in a reply: cu_status */
    int64_t pid;     /* the item's */
    cu_sandbox_limits limits;
    int32_t wait_status; /* in a reply to END */
    uint32_t n;          /* bytes that follow */
} cu_wire_head;

/* False: the other side is gone or the system failed (errno). */
bool cu_wire_send(int socket, const cu_wire_head *head, cu_bytes body, const int *fds,
                  size_t fd_count);

/* body is a view of room (cu_wire_room bytes). fds received are the caller's to close. */
bool cu_wire_receive(int socket, uint8_t *room, cu_wire_head *head, cu_bytes *body, int *fds,
                     size_t *fd_count);

/* The same from a stream, for which a packet may come in pieces. */
bool cu_wire_read(int stream, uint8_t *room, cu_wire_head *head, cu_bytes *body, int *fds,
                  size_t *fd_count);

#endif
