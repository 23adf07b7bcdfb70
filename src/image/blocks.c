/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the media block by block, whatever the container's tables say of each. */
#include "image/blocks.h"

#include <stdlib.h>
#include <string.h>

cu_status cu_blocks_init(cu_blocks *blocks, size_t unit_bytes, cu_err *err)
{
    blocks->unit_bytes = unit_bytes;
    blocks->pages = calloc(cu_block_page_slots, sizeof *blocks->pages);
    if (unit_bytes > 0) {
        blocks->packed = malloc(2 * unit_bytes + cu_block_packed_slack);
        blocks->unit = malloc(unit_bytes);
    }
    if (blocks->pages == NULL ||
        (unit_bytes > 0 && (blocks->packed == NULL || blocks->unit == NULL)))
        return cu_fail(err, CU_ENOMEM, "out of memory");
    return CU_OK;
}

void cu_blocks_fini(cu_blocks *blocks)
{
    free(blocks->packed);
    free(blocks->unit);
    free(blocks->pages);
    blocks->packed = blocks->unit = NULL;
    blocks->pages = NULL;
}

static const cu_block_page *load_page(cu_blocks *blocks, const cu_segment *segment, uint64_t at)
{
    cu_block_page *const page =
        &blocks->pages[(at / cu_block_page_bytes + (uintptr_t)segment / sizeof *segment) %
                       cu_block_page_slots];

    if (page->segment == segment && page->at == at)
        return page;
    if (at >= segment->bytes)
        return NULL;

    const uint64_t left = segment->bytes - at;
    const size_t n = left < cu_block_page_bytes ? (size_t)left : cu_block_page_bytes;

    page->segment = NULL;
    if (!cu_segment_read(segment, at, page->bytes, n))
        return NULL;
    page->segment = segment;
    page->at = at;
    page->n = n;
    return page;
}

bool cu_blocks_peek(cu_blocks *blocks, const cu_segment *segment, uint64_t at, void *out,
                    size_t n)
{
    const size_t skip = (size_t)(at % cu_block_page_bytes);

    if (at > segment->bytes || n > segment->bytes - at)
        return false;
    if (skip + n > cu_block_page_bytes)
        return cu_segment_read(segment, at, out, n);

    const cu_block_page *const page = load_page(blocks, segment, at - skip);

    if (page == NULL || skip + n > page->n)
        return false;
    memcpy(out, page->bytes + skip, n);
    return true;
}

/* The packed block into blocks->unit; NULL, or why not. A block that failed is not tried again.
 */
static const char *unpack(cu_image *image, const cu_block *block)
{
    cu_blocks *const blocks = image->own;
    const uint64_t left =
        block->at < block->segment->bytes ? block->segment->bytes - block->at : 0;
    /* QCOW counts in sectors, and its last block may end before its last sector does. */
    const size_t n = (size_t)(block->packed < left ? block->packed : left);

    if (blocks->unit_segment == block->segment && blocks->unit_at == block->at)
        return blocks->unit_why;
    blocks->unit_segment = block->segment;
    blocks->unit_at = block->at;
    if (block->skip + block->bytes > blocks->unit_bytes ||
        block->packed > 2 * blocks->unit_bytes + cu_block_packed_slack)
        blocks->unit_why = "its block has an impossible size";
    else if (n == 0)
        blocks->unit_why = "the file ends before it";
    else if (!cu_segment_read(block->segment, block->at, blocks->packed, n))
        blocks->unit_why = "its block cannot be read";
    else
        blocks->unit_why =
            blocks->unpack(image, block, (cu_bytes){blocks->packed, n}, blocks->unit);
    return blocks->unit_why;
}

static void read_part(cu_image *image, const cu_block *block, const cu_image_piece *part)
{
    const cu_blocks *const blocks = image->own;
    const uint64_t skip = part->offset - block->start;
    const char *why = block->why;

    if (block->kind == CU_BLOCK_STORED) {
        uint64_t at = 0;

        if (__builtin_add_overflow(block->at, skip, &at))
            at = UINT64_MAX;
        cu_segment_read_around(image, block->segment, at, part);
        return;
    }
    if (block->kind == CU_BLOCK_FILL) {
        memset(part->out, block->fill, part->n);
        return;
    }
    if (block->kind == CU_BLOCK_PACKED)
        why = unpack(image, block);
    if (block->kind == CU_BLOCK_PACKED && why == NULL)
        memcpy(part->out, blocks->unit + block->skip + skip, part->n);
    else
        cu_image_lose(part, why);
}

cu_status cu_blocks_read(cu_image *image, const cu_image_piece *wanted, CU_UNUSED cu_err *err)
{
    const cu_blocks *const blocks = image->own;
    cu_image_piece rest = *wanted;

    while (rest.n > 0) {
        cu_block block = {.kind = CU_BLOCK_FILL};
        cu_image_piece part = rest;

        blocks->find(image, rest.offset, &block);

        const uint64_t left = block.bytes - (rest.offset - block.start);

        part.n = left < rest.n ? (size_t)left : rest.n;
        read_part(image, &block, &part);
        rest.out += part.n;
        rest.offset += part.n;
        rest.n -= part.n;
    }
    return CU_OK;
}
