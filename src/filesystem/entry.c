/* SPDX-License-Identifier: Apache-2.0 */
/* Entries as frames: written by a child that may be lying by now, so read with care. */
#include "filesystem/filesystem.h"

#include <stdlib.h>
#include <string.h>

static void append_bytes(cu_buffer *out, cu_bytes bytes)
{
    cu_buffer_u32le(out, (uint32_t)bytes.n);
    cu_buffer_append(out, bytes.p, bytes.n);
}

void cu_entry_append(cu_buffer *out, const cu_entry *entry)
{
    const size_t start = out->n;

    cu_buffer_u32le(out, 0);
    cu_buffer_u32le(out, (uint32_t)entry->kind);
    cu_buffer_u32le(out, entry->flags);
    append_bytes(out, entry->folder);
    append_bytes(out, entry->name);
    append_bytes(out, entry->stream);
    cu_buffer_u64le(out, entry->inode);
    cu_buffer_u32le(out, entry->attribute);
    cu_buffer_u64le(out, entry->size);
    cu_buffer_u32le(out, entry->block_bytes);
    cu_buffer_u64le(out, entry->links);
    cu_buffer_u64le(out, (uint64_t)entry->modified_us);
    cu_buffer_u64le(out, (uint64_t)entry->accessed_us);
    cu_buffer_u64le(out, (uint64_t)entry->changed_us);
    cu_buffer_u64le(out, (uint64_t)entry->born_us);
    append_bytes(out, entry->content);
    cu_buffer_u32le(out, (uint32_t)entry->extent_count);
    for (size_t i = 0; i < entry->extent_count; i++) {
        cu_buffer_u64le(out, entry->extents[i].file_offset);
        cu_buffer_u64le(out, entry->extents[i].bytes);
        cu_buffer_u64le(out, entry->extents[i].device_offset);
    }
    if (out->bad)
        return;

    const size_t n = out->n - start - 4;

    if (n > cu_entry_frame_max) {
        out->bad = CU_ELIMIT;
        return;
    }
    for (size_t i = 0; i < 4; i++)
        out->p[start + i] = (uint8_t)(n >> (8 * i));
}

static cu_bytes take_bytes(cu_cursor *c)
{
    return cu_cursor_take(c, cu_cursor_u32le(c));
}

static cu_status read_extents(cu_cursor *c, cu_entry *entry, cu_extent **extents, size_t *room,
                              cu_err *err)
{
    const size_t count = cu_cursor_u32le(c);

    if (c->bad || count != cu_cursor_left(c) / 24 || cu_cursor_left(c) % 24 != 0)
        return cu_fail(err, CU_EFORMAT, "an entry of the walk is broken");
    if (count > *room) {
        cu_extent *const grown = realloc(*extents, count * sizeof **extents);

        if (grown == NULL)
            return cu_fail(err, CU_ENOMEM, "out of memory");
        *extents = grown;
        *room = count;
    }
    for (size_t i = 0; i < count; i++) {
        (*extents)[i].file_offset = cu_cursor_u64le(c);
        (*extents)[i].bytes = cu_cursor_u64le(c);
        (*extents)[i].device_offset = cu_cursor_u64le(c);
    }
    entry->extents = *extents;
    entry->extent_count = count;
    return CU_OK;
}

cu_status cu_entry_read(cu_bytes frame, cu_entry *out, cu_extent **extents, size_t *room,
                        cu_err *err)
{
    cu_cursor c = cu_cursor_over(frame);
    cu_entry entry = {.kind = (cu_entry_kind)cu_cursor_u32le(&c)};

    entry.flags = cu_cursor_u32le(&c);
    entry.folder = take_bytes(&c);
    entry.name = take_bytes(&c);
    entry.stream = take_bytes(&c);
    entry.inode = cu_cursor_u64le(&c);
    entry.attribute = cu_cursor_u32le(&c);
    entry.size = cu_cursor_u64le(&c);
    entry.block_bytes = cu_cursor_u32le(&c);
    entry.links = cu_cursor_u64le(&c);
    entry.modified_us = (int64_t)cu_cursor_u64le(&c);
    entry.accessed_us = (int64_t)cu_cursor_u64le(&c);
    entry.changed_us = (int64_t)cu_cursor_u64le(&c);
    entry.born_us = (int64_t)cu_cursor_u64le(&c);
    entry.content = take_bytes(&c);
    if (entry.kind < CU_ENTRY_FILESYSTEM || entry.kind > CU_ENTRY_END ||
        entry.folder.n > cu_entry_name_max || entry.name.n > cu_entry_name_max ||
        entry.stream.n > cu_entry_name_max)
        return cu_fail(err, CU_EFORMAT, "an entry of the walk is broken");

    const cu_status st = read_extents(&c, &entry, extents, room, err);

    if (st == CU_OK)
        *out = entry;
    return st;
}
