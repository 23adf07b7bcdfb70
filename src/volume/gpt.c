/* SPDX-License-Identifier: Apache-2.0 */
/* GUID partition tables, by the backup where the primary is damaged. Source: UEFI 2.10
 * section 5.3. */
#include "volume/table.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { entries_max = 1024, header_min = 92 };

typedef struct header {
    uint64_t entries_at; /* sector */
    uint32_t count;
    uint32_t entry_bytes;
    uint32_t entries_crc;
    uint64_t at;
    uint64_t other; /* where the other header is */
} header;

/* Source: ISO 3309 CRC-32, as UEFI asks for it. */
static uint32_t crc32_of(const uint8_t *p, size_t n)
{
    uint32_t crc = ~0U;

    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xEDB88320U & (0U - (crc & 1)));
    }
    return ~crc;
}

/* The header in one sector. False: there is none, or its checksum is wrong. */
static bool parse_header(uint8_t *sector, uint32_t sector_bytes, uint64_t at, header *out)
{
    cu_cursor c = cu_cursor_over((cu_bytes){sector, sector_bytes});

    if (memcmp(sector, "EFI PART", 8) != 0)
        return false;
    cu_cursor_take(&c, 12); /* signature, revision */

    const uint32_t header_bytes = cu_cursor_u32le(&c);
    const uint32_t crc = cu_cursor_u32le(&c);

    cu_cursor_take(&c, 12); /* reserved, this header */
    out->other = cu_cursor_u64le(&c);
    cu_cursor_take(&c, 32); /* usable range, disk GUID */
    out->entries_at = cu_cursor_u64le(&c);
    out->count = cu_cursor_u32le(&c);
    out->entry_bytes = cu_cursor_u32le(&c);
    out->entries_crc = cu_cursor_u32le(&c);
    out->at = at;
    if (c.bad || header_bytes < header_min || header_bytes > sector_bytes ||
        out->count > entries_max || out->entry_bytes < 128 || out->entry_bytes > 4096)
        return false;
    memset(sector + 16, 0, 4);
    return crc32_of(sector, header_bytes) == crc;
}

static void format_guid(const uint8_t *p, char *out, size_t room)
{
    (void)snprintf(out, room,
                   "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", p[3],
                   p[2], p[1], p[0], p[5], p[4], p[7], p[6], p[8], p[9], p[10], p[11], p[12],
                   p[13], p[14], p[15]);
}

/* UTF-16LE to UTF-8; what is not a character becomes '?'. */
static void format_name(const uint8_t *p, char *out, size_t room)
{
    cu_buffer text = {.ceiling = room - 1};

    for (size_t i = 0; i < 36; i++) {
        const uint32_t unit = (uint32_t)p[2 * i] | (uint32_t)p[2 * i + 1] << 8;

        if (unit == 0)
            break;
        if (unit < 0x80 && unit >= 0x20) {
            cu_buffer_u8(&text, (uint8_t)unit);
        } else if (unit < 0x20 || (unit >= 0xD800 && unit < 0xE000)) {
            cu_buffer_u8(&text, '?');
        } else if (unit < 0x800) {
            cu_buffer_u8(&text, (uint8_t)(0xC0 | unit >> 6));
            cu_buffer_u8(&text, (uint8_t)(0x80 | (unit & 0x3F)));
        } else {
            cu_buffer_u8(&text, (uint8_t)(0xE0 | unit >> 12));
            cu_buffer_u8(&text, (uint8_t)(0x80 | (unit >> 6 & 0x3F)));
            cu_buffer_u8(&text, (uint8_t)(0x80 | (unit & 0x3F)));
        }
    }
    if (text.n > 0)
        memcpy(out, text.p, text.n);
    out[text.n] = '\0';
    cu_buffer_free(&text);
}

static cu_status add_entry(cu_volumes *volumes, const uint8_t *p, uint32_t number, cu_err *err)
{
    static const uint8_t unused[16];
    cu_cursor c = cu_cursor_over((cu_bytes){p, 128});
    cu_volume volume = {.kind = CU_VOLUME_PARTITION, .number = number};

    if (memcmp(p, unused, 16) == 0)
        return CU_OK;
    cu_cursor_take(&c, 32); /* type and own GUID */

    const uint64_t first = cu_cursor_u64le(&c);
    const uint64_t last = cu_cursor_u64le(&c);

    if (last < first || last == UINT64_MAX ||
        __builtin_mul_overflow(first, (uint64_t)volumes->sector_bytes, &volume.offset) ||
        __builtin_mul_overflow(last - first + 1, (uint64_t)volumes->sector_bytes,
                               &volume.bytes) ||
        volume.offset > UINT64_MAX - volume.bytes)
        return cu_volumes_remark(volumes, 0, err, "partition %u ends before it begins", number);
    format_guid(p, volume.type, sizeof volume.type);
    format_name(p + 56, volume.name, sizeof volume.name);
    return cu_volumes_add(volumes, &volume, err);
}

/* Claims the bytes of a header and its entries for the table. */
static cu_status add_table(cu_volumes *volumes, const header *from, cu_err *err)
{
    const cu_volume entries = {.kind = CU_VOLUME_TABLE,
                               .offset = from->entries_at * volumes->sector_bytes,
                               .bytes = (uint64_t)from->count * from->entry_bytes};
    const cu_volume head = {.kind = CU_VOLUME_TABLE,
                            .offset = from->at * volumes->sector_bytes,
                            .bytes = volumes->sector_bytes};
    const cu_status st = cu_volumes_add(volumes, &entries, err);

    return st != CU_OK ? st : cu_volumes_add(volumes, &head, err);
}

/* A header with its entries. */
typedef struct whole {
    header head;
    uint8_t *entries; /* the caller's to free */
    bool good;        /* both are there, and their checksums are right */
} whole;

/* The entries that the header names. */
static cu_status read_entries(const cu_reader *device, const cu_volumes *volumes, whole *to,
                              cu_err *err)
{
    const size_t n = (size_t)to->head.count * to->head.entry_bytes;
    uint64_t offset = 0;
    cu_status st = CU_OK;

    to->entries = calloc(1, n + 1);
    if (to->entries == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    if (__builtin_mul_overflow(to->head.entries_at, (uint64_t)volumes->sector_bytes, &offset) ||
        offset > device->bytes || n > device->bytes - offset)
        return CU_OK;
    st = cu_reader_read_at(device, offset, to->entries, n, err);
    to->good = st == CU_OK && n > 0 && crc32_of(to->entries, n) == to->head.entries_crc;
    return st;
}

static cu_status try_header(const cu_reader *device, const cu_volumes *volumes, uint64_t at,
                            whole *out, cu_err *err)
{
    uint8_t sector[cu_sector_max];
    cu_status st = CU_OK;

    *out = (whole){.good = false};
    if (at >= device->bytes / volumes->sector_bytes)
        return CU_OK;
    st = cu_volumes_sector(device, at, volumes->sector_bytes, sector, err);
    if (st != CU_OK || !parse_header(sector, volumes->sector_bytes, at, &out->head))
        return st;
    return read_entries(device, volumes, out, err);
}

/* The backup of a good primary: its bytes are the table's, and where it differs that is said.
 */
static cu_status check_backup(const cu_reader *device, cu_volumes *volumes,
                              const header *primary, cu_err *err)
{
    const uint64_t sectors = device->bytes / volumes->sector_bytes;
    const uint64_t at = primary->other < sectors ? primary->other * volumes->sector_bytes : 0;
    whole backup;
    cu_status st = try_header(device, volumes, primary->other, &backup, err);

    free(backup.entries);
    if (st != CU_OK)
        return st;
    if (!backup.good)
        return cu_volumes_remark(volumes, at, err, "the backup GPT is damaged or gone");
    if (backup.head.entries_crc != primary->entries_crc)
        st = cu_volumes_remark(volumes, at, err,
                               "the backup GPT names other partitions than the primary");
    return st != CU_OK ? st : add_table(volumes, &backup.head, err);
}

static cu_status take(cu_volumes *volumes, const whole *from, cu_err *err)
{
    cu_status st = add_table(volumes, &from->head, err);

    for (uint32_t i = 0; st == CU_OK && i < from->head.count; i++)
        st = add_entry(volumes, from->entries + (size_t)i * from->head.entry_bytes, i + 1, err);
    /* The protective MBR. */
    if (st == CU_OK)
        st = cu_volumes_add(
            volumes, &(cu_volume){.kind = CU_VOLUME_TABLE, .bytes = volumes->sector_bytes},
            err);
    return st;
}

cu_status cu_gpt_read(const cu_reader *device, cu_volumes *volumes, bool *found, cu_err *err)
{
    const uint64_t sectors = device->bytes / volumes->sector_bytes;
    whole table;
    bool primary = false;
    cu_status st = CU_OK;

    if (sectors < 4)
        return CU_OK;
    st = try_header(device, volumes, 1, &table, err);
    primary = table.good;
    if (st == CU_OK && !primary) {
        free(table.entries);
        st = try_header(device, volumes, sectors - 1, &table, err);
    }
    *found = st == CU_OK && table.good;
    if (*found)
        st = take(volumes, &table, err);
    free(table.entries);
    if (st != CU_OK || !*found)
        return st;
    (void)snprintf(volumes->scheme, sizeof volumes->scheme, "gpt");
    return primary
               ? check_backup(device, volumes, &table.head, err)
               : cu_volumes_remark(volumes, volumes->sector_bytes, err,
                                   "the primary GPT is damaged or gone: its backup was used");
}
