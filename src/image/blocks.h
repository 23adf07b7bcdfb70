/* SPDX-License-Identifier: Apache-2.0 */
/* Containers that map the media in blocks: what VHD, VMDK, QCOW and AFF4 share. Private to
 * image/. */
#ifndef CU_IMAGE_BLOCKS_H
#define CU_IMAGE_BLOCKS_H

#include "image/format.h"

enum {
    cu_block_unit_max = 8 << 20,      /* bytes of a packed block, unpacked */
    cu_block_packed_slack = 64 << 10, /* by which packing may make a block larger */
    cu_block_page_bytes = 4096,       /* of a table of the container, kept in memory */
    cu_block_page_slots = 32,
};

/* No disk holds more bytes; a container that says so would keep a scan busy with zeros for
 * years. */
#define CU_BLOCK_MEDIA_MAX (1ULL << 50)

typedef enum cu_block_kind {
    CU_BLOCK_FILL,   /* one byte over and over: zero where it was never written */
    CU_BLOCK_STORED, /* bytes of a segment, as they are */
    CU_BLOCK_PACKED, /* bytes of a segment, to be unpacked whole */
    CU_BLOCK_LOST,   /* cannot be read: why says why */
} cu_block_kind;

/* A run of the media that lies in one place. */
typedef struct cu_block {
    cu_block_kind kind;
    uint8_t fill;   /* FILL */
    uint64_t start; /* on the media; at or before the byte asked for */
    uint64_t bytes; /* on the media, from start; past the media's end is allowed */
    const cu_segment *segment;
    uint64_t at;     /* in the segment, of the byte at start */
    uint64_t packed; /* PACKED: bytes in the segment */
    uint64_t skip;   /* PACKED: unpacked bytes before the one at start */
    uint64_t check;  /* the format's own, for unpack */
    const char *why; /* LOST */
} cu_block;

typedef struct cu_block_page {
    const cu_segment *segment; /* NULL: empty */
    uint64_t at;
    size_t n; /* less than a page at the file's end */
    uint8_t bytes[cu_block_page_bytes];
} cu_block_page;

/* First in the format's own struct, so that image->own is one of these. */
typedef struct cu_blocks {
    /* The block that holds the byte at offset, which is inside the media. */
    void (*find)(cu_image *image, uint64_t offset, cu_block *out);

    /* Answers NULL where out holds the unit's bytes, at least skip + bytes; else why not. */
    const char *(*unpack)(cu_image *image, const cu_block *block, cu_bytes packed,
                          uint8_t *out);

    size_t unit_bytes; /* the largest packed block */
    uint8_t *packed;
    uint8_t *unit;                  /* the last block that was unpacked */
    const cu_segment *unit_segment; /* NULL: none */
    uint64_t unit_at;
    const char *unit_why; /* why it could not be */
    cu_block_page *pages;
} cu_blocks;

/* Makes room; unit_bytes is 0 where nothing is packed. CU_ENOMEM. */
cu_status cu_blocks_init(cu_blocks *blocks, size_t unit_bytes, cu_err *err) CU_MUST_CHECK;
void cu_blocks_fini(cu_blocks *blocks);

/* n (at most a page) bytes of a table, by way of a small cache. False: they are not there. */
bool cu_blocks_peek(cu_blocks *blocks, const cu_segment *segment, uint64_t at, void *out,
                    size_t n);

/* As a format's read_at. */
cu_status cu_blocks_read(cu_image *image, const cu_image_piece *wanted,
                         cu_err *err) CU_MUST_CHECK;

#endif
