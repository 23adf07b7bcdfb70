/* SPDX-License-Identifier: Apache-2.0 */
/* Apple partition maps. Source: Apple, "Inside Macintosh: Devices", chapter 3, "SCSI Manager".
 */
#include "volume/table.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { entries_max = 256, entry_bytes = 80, word_bytes = 32 };

typedef struct entry {
    uint32_t map_count;
    uint32_t first; /* blocks */
    uint32_t count;
    cu_bytes name, type;
} entry;

static bool parse_entry(const uint8_t *block, entry *out)
{
    cu_cursor c = cu_cursor_over((cu_bytes){block, entry_bytes});

    if (cu_cursor_u16be(&c) != 0x504D) /* "PM" */
        return false;
    cu_cursor_take(&c, 2);
    out->map_count = cu_cursor_u32be(&c);
    out->first = cu_cursor_u32be(&c);
    out->count = cu_cursor_u32be(&c);
    out->name = cu_cursor_take(&c, word_bytes);
    out->type = cu_cursor_take(&c, word_bytes);
    if (c.bad)
        return false;
    out->name.n = strnlen((const char *)out->name.p, word_bytes);
    out->type.n = strnlen((const char *)out->type.p, word_bytes);
    return true;
}

static bool is_type(const entry *from, const char *type)
{
    return from->type.n == strlen(type) && memcmp(from->type.p, type, from->type.n) == 0;
}

/* One word of an entry, escaped and cut to room. */
static void format_word(cu_bytes word, char *out, size_t room)
{
    cu_buffer text = {.ceiling = room - 1};

    for (size_t i = 0; i < word.n; i++)
        cu_text_append_name(&text, cu_bytes_slice(word, i, 1));
    if (text.n > 0)
        memcpy(out, text.p, text.n);
    out[text.n] = '\0';
    cu_buffer_free(&text);
}

/* The size of the blocks that the map counts in; 0: there is no map. A disc may say 2048 of
 * itself and still have a map in blocks of 512. */
static cu_status find_block(const cu_reader *device, uint32_t *out, cu_err *err)
{
    static const uint32_t sizes[] = {512, 1024, 2048, 4096};
    uint8_t block[cu_sector_max];
    entry first;

    *out = 0;
    for (size_t i = 0; i < CU_COUNT_OF(sizes) && device->bytes >= 2 * (uint64_t)sizes[i]; i++) {
        const cu_status st = cu_reader_read_at(device, sizes[i], block, sizes[i], err);

        if (st != CU_OK)
            return st;
        if (parse_entry(block, &first) && first.map_count > 0 &&
            is_type(&first, "Apple_partition_map")) {
            *out = sizes[i];
            return CU_OK;
        }
    }
    return CU_OK;
}

static cu_status add(cu_volumes *volumes, uint32_t number, const entry *from, cu_err *err)
{
    cu_volume volume = {.kind = CU_VOLUME_PARTITION,
                        .number = number,
                        .offset = (uint64_t)from->first * volumes->sector_bytes,
                        .bytes = (uint64_t)from->count * volumes->sector_bytes};

    if (is_type(from, "Apple_Free") || is_type(from, "Apple_Void") || from->count == 0)
        return CU_OK;
    if (is_type(from, "Apple_partition_map")) {
        volume.kind = CU_VOLUME_TABLE;
        volume.number = 0;
        /* With the driver descriptor before it. */
        volume.bytes += volume.offset;
        volume.offset = 0;
    }
    format_word(from->type, volume.type, sizeof volume.type);
    format_word(from->name, volume.name, sizeof volume.name);
    return cu_volumes_add(volumes, &volume, err);
}

/* How many entries the first one says that there are, and what we read of them. */
static cu_status count_entries(cu_volumes *volumes, const entry *first, uint32_t *out,
                               cu_err *err)
{
    *out = first->map_count < entries_max ? first->map_count : entries_max;
    if (first->map_count <= entries_max)
        return CU_OK;
    return cu_volumes_remark(volumes, volumes->sector_bytes, err,
                             "the partition map says %u entries: %d were read",
                             first->map_count, entries_max);
}

cu_status cu_apm_read(const cu_reader *device, cu_volumes *volumes, bool *found, cu_err *err)
{
    uint8_t block[cu_sector_max];
    uint32_t count = 1;
    cu_status st = find_block(device, &volumes->sector_bytes, err);

    *found = st == CU_OK && volumes->sector_bytes != 0;
    if (!*found)
        return st;
    (void)snprintf(volumes->scheme, sizeof volumes->scheme, "apm");
    for (uint32_t i = 0; st == CU_OK && i < count; i++) {
        const uint64_t at = (uint64_t)(i + 1) * volumes->sector_bytes;
        entry read = {.map_count = 0};

        if (at > device->bytes - volumes->sector_bytes) /* find_block saw two blocks */
            return cu_volumes_remark(volumes, at, err, "the partition map is cut off");
        st = cu_reader_read_at(device, at, block, volumes->sector_bytes, err);
        if (st != CU_OK)
            return st;
        if (!parse_entry(block, &read))
            return cu_volumes_remark(volumes, at, err,
                                     "entry %u of the partition map is damaged", i + 1);
        if (i == 0)
            st = count_entries(volumes, &read, &count, err);
        if (st == CU_OK)
            st = add(volumes, i + 1, &read, err);
    }
    return st;
}
