/* SPDX-License-Identifier: Apache-2.0 */
/* One entry as text. There is one way to write each, so what parses is what would be written.
 */
#include "base/clock.h"
#include "base/text.h"
#include "tlog/tlog.h"

#include <inttypes.h>
#include <string.h>

static const char magic[] = "custos-entry/1\n";

/* The lines with a text for a value, in their order; "class" and the rest may be missing. */
typedef struct text_line {
    const char *name;
    size_t offset;
    bool needed;
} text_line;

static const text_line text_lines[] = {
    {"actor", offsetof(cu_tlog_entry, actor), true},
    {"session", offsetof(cu_tlog_entry, session), false},
    {"from", offsetof(cu_tlog_entry, from), false},
    {"class", offsetof(cu_tlog_entry, class), false},
    {"action", offsetof(cu_tlog_entry, action), true},
    {"object", offsetof(cu_tlog_entry, object), false},
    {"context", offsetof(cu_tlog_entry, context), false},
    {"reason-code", offsetof(cu_tlog_entry, reason), false},
    {"result", offsetof(cu_tlog_entry, result), false},
};

static cu_bytes *text_at(cu_tlog_entry *entry, size_t offset)
{
    return (cu_bytes *)(void *)((char *)entry + offset);
}

static cu_bytes text_in(const cu_tlog_entry *entry, size_t offset)
{
    return *(const cu_bytes *)(const void *)((const char *)entry + offset);
}

/* UTF-8 that is not empty, has no control characters, and no space at either end. */
static bool is_value(cu_bytes value)
{
    bool plain = true;

    if (value.n == 0 || value.n > CU_ENTRY_VALUE_BYTES || value.p[0] == ' ' ||
        value.p[value.n - 1] == ' ')
        return false;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] < 0x20 || value.p[i] == 0x7f)
            return false;
        plain = plain && value.p[i] < 0x80;
    }
    if (plain)
        return true;
    for (size_t i = 0; i + 1 < value.n; i++) {
        if (value.p[i] == 0xc2 && value.p[i + 1] < 0xa0)
            return false;
    }
    return cu_text_is_utf8(value);
}

/* "c." or "d.", then small letters, digits, points and hyphens. */
static bool is_line_name(cu_bytes name)
{
    if (name.n < 3 || name.n > CU_ENTRY_NAME_BYTES || (name.p[0] != 'c' && name.p[0] != 'd') ||
        name.p[1] != '.')
        return false;
    for (size_t i = 2; i < name.n; i++) {
        const uint8_t c = name.p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'))
            return false;
    }
    return true;
}

static bool is_lower_hex(cu_bytes text)
{
    for (size_t i = 0; i < text.n; i++) {
        const uint8_t c = text.p[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return text.n == 64;
}

static int compare_names(cu_bytes a, cu_bytes b)
{
    const int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

    if (order != 0)
        return order;
    return a.n == b.n ? 0 : (a.n < b.n ? -1 : 1);
}

static bool is_line(const cu_tlog_entry *entry, size_t i)
{
    const cu_tlog_entry_line *const line = &entry->lines[i];

    return is_line_name(line->name) && is_value(line->value) &&
           (line->name.p[0] == 'd' || is_lower_hex(line->value)) &&
           (i == 0 || compare_names(entry->lines[i - 1].name, line->name) < 0);
}

/* ---- writing ---- */

static void append_line(cu_buffer *out, cu_bytes name, cu_bytes value)
{
    cu_buffer_append(out, name.p, name.n);
    cu_buffer_u8(out, ' ');
    cu_buffer_append(out, value.p, value.n);
    cu_buffer_u8(out, '\n');
}

static cu_status append_lines(cu_buffer *out, const cu_tlog_entry *entry, cu_err *err)
{
    for (size_t i = 0; i < CU_COUNT_OF(text_lines); i++) {
        const text_line *const line = &text_lines[i];
        const cu_bytes value = text_in(entry, line->offset);

        if (value.n == 0 && !line->needed)
            continue;
        if (!is_value(value))
            return cu_fail(err, CU_EUSAGE, "an entry cannot have that value for \"%s\"",
                           line->name);
        append_line(out, (cu_bytes){(const uint8_t *)line->name, strlen(line->name)}, value);
    }
    if (entry->n > CU_ENTRY_DETAILS)
        return cu_fail(err, CU_EUSAGE, "an entry has %zu details, and may have %d", entry->n,
                       CU_ENTRY_DETAILS);
    for (size_t i = 0; i < entry->n; i++) {
        if (!is_line(entry, i))
            return cu_fail(err, CU_EUSAGE,
                           "an entry cannot have that detail after the last: "
                           "\"%.*s\"",
                           (int)entry->lines[i].name.n, (const char *)entry->lines[i].name.p);
        append_line(out, entry->lines[i].name, entry->lines[i].value);
    }
    return CU_OK;
}

cu_status cu_tlog_entry_append(cu_buffer *out, const cu_tlog_entry *entry, cu_err *err)
{
    const size_t start = out->n;
    char time[cu_time_text_size];
    cu_status st;

    if (entry->seq > INT64_MAX || entry->time_us < 0 || entry->behind_us > INT64_MAX)
        return cu_fail(err, CU_EUSAGE, "an entry's number or time is out of range");
    cu_clock_text(entry->time_us, time);
    if (time[0] == '-')
        return cu_fail(err, CU_EUSAGE, "an entry's time is out of range");
    cu_buffer_format(out, "%sseq %" PRIu64 "\ntime %s\n", magic, entry->seq, time);
    if (entry->behind_us > 0)
        cu_buffer_format(out, "clock-behind-us %" PRIu64 "\n", entry->behind_us);
    st = append_lines(out, entry, err);
    if (st == CU_OK && entry->has_payload) {
        char hex[65];

        cu_hex_encode((cu_bytes){entry->payload.b, sizeof entry->payload.b}, hex);
        cu_buffer_format(out, "payload-sha256 %s\n", hex);
    }
    if (st == CU_OK)
        st = cu_buffer_check(out, err);
    if (st == CU_OK && out->n - start > CU_ENTRY_BYTES)
        st = cu_fail(err, CU_ELIMIT, "an entry is longer than %d bytes", CU_ENTRY_BYTES);
    if (st != CU_OK && !out->bad)
        out->n = start;
    return st;
}

/* ---- reading ---- */

/* The two or more digits at text, or -1. */
static int64_t digits_at(const uint8_t *text, size_t n)
{
    int64_t number = 0;

    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

/* Days from 1970-01-01 to the first of a month, by the civil calendar. */
static int64_t days_before(int64_t year, int64_t month)
{
    static const int16_t days[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    const int64_t before = year - 1;

    return before * 365 + before / 4 - before / 100 + before / 400 - 719162 + days[month - 1] +
           (leap && month > 2);
}

static int64_t days_in(int64_t year, int64_t month)
{
    return month == 12 ? 31 : days_before(year, month + 1) - days_before(year, month);
}

/* "2026-11-23T21:14:07.123456Z" from 1970 on. */
static bool decode_time(cu_bytes text, int64_t *out)
{
    static const char shape[] = "    -  -  T  :  :  .      Z";

    if (text.n != sizeof shape - 1)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        const bool digit = text.p[i] >= '0' && text.p[i] <= '9';

        if (shape[i] == ' ' ? !digit : text.p[i] != (uint8_t)shape[i])
            return false;
    }

    const int64_t year = digits_at(text.p, 4);
    const int64_t month = digits_at(text.p + 5, 2);
    const int64_t day = digits_at(text.p + 8, 2);
    const int64_t hour = digits_at(text.p + 11, 2);
    const int64_t minute = digits_at(text.p + 14, 2);
    const int64_t second = digits_at(text.p + 17, 2);

    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in(year, month) ||
        hour > 23 || minute > 59 || second > 59)
        return false;
    *out = ((((days_before(year, month) + day - 1) * 24 + hour) * 60 + minute) * 60 + second) *
               1000000 +
           digits_at(text.p + 20, 6);
    return true;
}

typedef struct reading {
    cu_bytes rest;
    cu_bytes name; /* of the line that is looked at; no bytes: there is none */
    cu_bytes value;
} reading;

/* Looks at the next line; false where what is left is not lines of a name and a value. */
static bool look(reading *r)
{
    const uint8_t *space;
    cu_bytes line = {0};

    r->name = (cu_bytes){0};
    if (r->rest.n == 0)
        return true;
    if (!cu_line_take(&r->rest, &line))
        return false;
    space = line.n == 0 ? NULL : memchr(line.p, ' ', line.n);
    if (space == NULL || space == line.p)
        return false;
    r->name = cu_bytes_slice(line, 0, (size_t)(space - line.p));
    r->value = cu_bytes_slice(line, r->name.n + 1, line.n);
    return is_value(r->value);
}

static bool is_named(const reading *r, const char *name)
{
    const size_t n = strlen(name);

    return r->name.n == n && n > 0 && memcmp(r->name.p, name, n) == 0;
}

static bool read_head(reading *r, cu_tlog_entry *out)
{
    if (!look(r) || !is_named(r, "seq") || !cu_decimal_decode(r->value, &out->seq) ||
        out->seq > INT64_MAX)
        return false;
    if (!look(r) || !is_named(r, "time") || !decode_time(r->value, &out->time_us) || !look(r))
        return false;
    if (!is_named(r, "clock-behind-us"))
        return true;
    return cu_decimal_decode(r->value, &out->behind_us) && out->behind_us > 0 &&
           out->behind_us <= INT64_MAX && look(r);
}

static bool read_texts(reading *r, cu_tlog_entry *out)
{
    for (size_t i = 0; i < CU_COUNT_OF(text_lines); i++) {
        const text_line *const line = &text_lines[i];

        if (is_named(r, line->name)) {
            *text_at(out, line->offset) = r->value;
            if (!look(r))
                return false;
        } else if (line->needed) {
            return false;
        }
    }
    return true;
}

static bool read_details(reading *r, cu_tlog_entry *out)
{
    while (r->name.n > 2 && r->name.p[1] == '.') {
        if (out->n == CU_ENTRY_DETAILS)
            return false;
        out->lines[out->n] = (cu_tlog_entry_line){r->name, r->value};
        if (!is_line(out, out->n++) || !look(r))
            return false;
    }
    return true;
}

cu_status cu_tlog_entry_parse(cu_bytes bytes, cu_tlog_entry *out, cu_err *err)
{
    reading r = {.rest = cu_bytes_slice(bytes, sizeof magic - 1, bytes.n)};

    /* The lines behind n are not read by anybody, and 4 kB need no clearing each time. */
    memset(out, 0, offsetof(cu_tlog_entry, lines));
    out->has_payload = false;
    if (bytes.n > CU_ENTRY_BYTES || !cu_bytes_starts(bytes, magic, sizeof magic - 1))
        return cu_fail(err, CU_EFORMAT, "an entry does not begin with custos-entry/1");
    if (!read_head(&r, out) || !read_texts(&r, out) || !read_details(&r, out))
        return cu_fail(err, CU_EFORMAT,
                       "an entry has a line that is malformed or out of order");
    if (is_named(&r, "payload-sha256") && is_lower_hex(r.value)) {
        out->has_payload =
            cu_hex_decode((const char *)r.value.p, r.value.n, out->payload.b, 32);
        if (!look(&r))
            return cu_fail(err, CU_EFORMAT, "an entry has more after its last line");
    }
    if (r.name.n > 0)
        return cu_fail(err, CU_EFORMAT,
                       "an entry has a line that is malformed or out of order");
    return CU_OK;
}

cu_bytes cu_tlog_entry_find(const cu_tlog_entry *entry, const char *name)
{
    for (size_t i = 0; i < entry->n; i++) {
        if (entry->lines[i].name.n == strlen(name) &&
            memcmp(entry->lines[i].name.p, name, entry->lines[i].name.n) == 0)
            return entry->lines[i].value;
    }
    return (cu_bytes){0};
}
