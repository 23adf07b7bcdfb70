/* SPDX-License-Identifier: Apache-2.0 */
/* A list of directories still to visit, which can only grow to a ceiling. */
#include "picture/directory.h"

#include <stddef.h>
#include <string.h>

enum { visits_max = 64, entries_max = 1000, sub_max = 16 };

enum { BYTE = 1, ASCII = 2, SHORT = 3, LONG = 4, RATIONAL = 5, UNDEFINED = 7, IFD = 13 };

enum {
    TAG_SUB = 0x014A,
    TAG_EXIF = 0x8769,
    TAG_GPS = 0x8825,
};

typedef struct visit {
    uint32_t at;
    cu_directory_kind kind;
    uint32_t number;
} visit;

typedef struct walk {
    cu_bytes tiff;
    bool big_endian;
    visit visits[visits_max];
    size_t count, next;
} walk;

typedef struct entry {
    uint16_t tag, type;
    uint32_t count;
    cu_bytes value;
} entry;

static uint16_t u16(const walk *self, cu_cursor *c)
{
    return self->big_endian ? cu_cursor_u16be(c) : cu_cursor_u16le(c);
}

static uint32_t u32(const walk *self, cu_cursor *c)
{
    return self->big_endian ? cu_cursor_u32be(c) : cu_cursor_u32le(c);
}

/* A whole number of a value, or 0. */
static uint32_t number_of(const walk *self, const entry *e, uint32_t index)
{
    const size_t each = e->type == SHORT ? 2 : e->type == BYTE ? 1 : 4;
    cu_cursor c = cu_cursor_over(cu_bytes_slice(e->value, index * each, each));

    if (index >= e->count)
        return 0;
    if (e->type == SHORT)
        return u16(self, &c);
    return e->type == BYTE ? cu_cursor_u8(&c) : u32(self, &c);
}

static void add_visit(walk *self, uint32_t at, cu_directory_kind kind, uint32_t number)
{
    if (at == 0 || self->count == visits_max)
        return;
    for (size_t i = 0; i < self->count; i++) {
        if (self->visits[i].at == at)
            return; /* a circle */
    }
    self->visits[self->count++] = (visit){at, kind, number};
}

/* ---- entries that become fields ---- */

/* Where a tag's first number goes; 32 bits wide. */
static const struct {
    uint16_t tag;
    cu_directory_kind kind; /* MAIN stands for SUB too */
    size_t field;
} numbers[] = {
    {0x0100, CU_DIRECTORY_MAIN, offsetof(cu_directory, width)},
    {0x0103, CU_DIRECTORY_MAIN, offsetof(cu_directory, compression)},
    {0x0112, CU_DIRECTORY_MAIN, offsetof(cu_directory, orientation)},
};

static const struct {
    uint16_t tag;
    cu_directory_kind kind;
    size_t field;
} texts[] = {
    {0x010F, CU_DIRECTORY_MAIN, offsetof(cu_directory, make)},
    {0x0110, CU_DIRECTORY_MAIN, offsetof(cu_directory, model)},
    {0x0132, CU_DIRECTORY_MAIN, offsetof(cu_directory, time)},
    {0xC62F, CU_DIRECTORY_MAIN, offsetof(cu_directory, serial)},
    {0x9003, CU_DIRECTORY_EXIF, offsetof(cu_directory, time_original)},
    {0x9011, CU_DIRECTORY_EXIF, offsetof(cu_directory, zone_original)},
    {0x9291, CU_DIRECTORY_EXIF, offsetof(cu_directory, part_original)},
    {0xA431, CU_DIRECTORY_EXIF, offsetof(cu_directory, serial)},
    {0x0001, CU_DIRECTORY_GPS, offsetof(cu_directory, latitude_sign)},
    {0x0002, CU_DIRECTORY_GPS, offsetof(cu_directory, latitude)},
    {0x0003, CU_DIRECTORY_GPS, offsetof(cu_directory, longitude_sign)},
    {0x0004, CU_DIRECTORY_GPS, offsetof(cu_directory, longitude)},
};

static bool is_kind(cu_directory_kind wanted, cu_directory_kind kind)
{
    return wanted == (kind == CU_DIRECTORY_SUB ? CU_DIRECTORY_MAIN : kind);
}

static void take_place(const walk *self, const entry *e, cu_directory *out)
{
    switch (e->tag) {
    case 0x0111: /* strip offsets */
        out->strip_offset = e->count == 1 ? number_of(self, e, 0) : 0;
        return;
    case 0x0117: /* strip byte counts */
        out->strip_bytes = e->count == 1 ? number_of(self, e, 0) : 0;
        return;
    case 0x0201:
        out->jpeg_offset = number_of(self, e, 0);
        return;
    case 0x0202:
        out->jpeg_bytes = number_of(self, e, 0);
        return;
    case 0x002E: /* Panasonic's JpgFromRaw */
        out->raw_offset = (uint64_t)(e->value.p - self->tiff.p);
        out->raw_bytes = e->value.n;
        return;
    default:
        return;
    }
}

static void take_entry(walk *self, const entry *e, cu_directory *out)
{
    for (size_t i = 0; i < CU_COUNT_OF(numbers); i++) {
        const uint32_t value = number_of(self, e, 0);

        if (numbers[i].tag == e->tag && is_kind(numbers[i].kind, out->kind))
            memcpy((char *)out + numbers[i].field, &value, sizeof value);
    }
    for (size_t i = 0; i < CU_COUNT_OF(texts); i++) {
        if (texts[i].tag == e->tag && is_kind(texts[i].kind, out->kind))
            memcpy((char *)out + texts[i].field, &e->value, sizeof e->value);
    }
    if (is_kind(CU_DIRECTORY_MAIN, out->kind))
        take_place(self, e, out);
    if (e->tag == TAG_EXIF)
        add_visit(self, number_of(self, e, 0), CU_DIRECTORY_EXIF, out->number);
    if (e->tag == TAG_GPS)
        add_visit(self, number_of(self, e, 0), CU_DIRECTORY_GPS, out->number);
    for (uint32_t i = 0; e->tag == TAG_SUB && i < e->count && i < sub_max; i++)
        add_visit(self, number_of(self, e, i), CU_DIRECTORY_SUB, out->number);
}

/* One entry of 12 bytes; its value is in it, or where it says. False: it makes no sense. */
static bool read_entry(const walk *self, cu_cursor *c, entry *out)
{
    static const uint8_t sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};

    out->tag = u16(self, c);
    out->type = u16(self, c);
    out->count = u32(self, c);

    const cu_bytes inside = cu_cursor_take(c, 4);
    const uint64_t bytes =
        out->type < sizeof sizes ? (uint64_t)out->count * sizes[out->type] : 0;

    if (c->bad || bytes == 0 || bytes > self->tiff.n)
        return false;
    if (bytes <= 4) {
        out->value = cu_bytes_slice(inside, 0, (size_t)bytes);
        return true;
    }

    cu_cursor at = cu_cursor_over(inside);

    out->value = cu_bytes_slice(self->tiff, u32(self, &at), (size_t)bytes);
    return out->value.n > 0;
}

static void visit_one(walk *self, const visit *at,
                      void (*seen)(void *context, const cu_directory *directory), void *context)
{
    cu_cursor c = cu_cursor_over(cu_bytes_slice(self->tiff, at->at, self->tiff.n));
    cu_directory directory = {
        .kind = at->kind, .number = at->number, .big_endian = self->big_endian};
    const uint16_t count = u16(self, &c);

    for (unsigned i = 0; i < count && i < entries_max && !c.bad; i++) {
        entry e;

        if (read_entry(self, &c, &e))
            take_entry(self, &e, &directory);
    }
    if (at->kind == CU_DIRECTORY_MAIN && count <= entries_max && !c.bad)
        add_visit(self, u32(self, &c), CU_DIRECTORY_MAIN, at->number + 1);
    seen(context, &directory);
}

void cu_directory_walk(cu_bytes tiff,
                       void (*seen)(void *context, const cu_directory *directory),
                       void *context)
{
    walk self = {.tiff = tiff, .big_endian = cu_bytes_starts(tiff, "MM", 2)};
    cu_cursor c = cu_cursor_over(tiff);

    if (!self.big_endian && !cu_bytes_starts(tiff, "II", 2))
        return;
    cu_cursor_take(&c, 4); /* order and 42, or what a maker put there */
    add_visit(&self, u32(&self, &c), CU_DIRECTORY_MAIN, 0);
    while (self.next < self.count) {
        const visit at = self.visits[self.next++];

        visit_one(&self, &at, seen, context);
    }
}

bool cu_directory_rational(cu_bytes value, bool big_endian, unsigned index, double *out)
{
    const walk order = {.big_endian = big_endian};
    cu_cursor c = cu_cursor_over(cu_bytes_slice(value, (size_t)index * 8, 8));
    const uint32_t above = u32(&order, &c);
    const uint32_t below = u32(&order, &c);

    if (c.bad || below == 0)
        return false;
    *out = (double)above / (double)below;
    return true;
}
