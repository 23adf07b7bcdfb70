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
    size_t length; /* of name */
    size_t offset;
    bool needed;
} text_line;

static const text_line text_lines[] = {
    {"actor", 5, offsetof(cu_tlog_entry, actor), true},
    {"session", 7, offsetof(cu_tlog_entry, session), false},
    {"from", 4, offsetof(cu_tlog_entry, from), false},
    {"class", 5, offsetof(cu_tlog_entry, class), false},
    {"action", 6, offsetof(cu_tlog_entry, action), true},
    {"object", 6, offsetof(cu_tlog_entry, object), false},
    {"context", 7, offsetof(cu_tlog_entry, context), false},
    {"reason-code", 11, offsetof(cu_tlog_entry, reason), false},
    {"result", 6, offsetof(cu_tlog_entry, result), false},
};

static cu_bytes *text_at(cu_tlog_entry *entry, size_t offset)
{
    return (cu_bytes *)(void *)((char *)entry + offset);
}

static cu_bytes text_in(const cu_tlog_entry *entry, size_t offset)
{
    return *(const cu_bytes *)(const void *)((const char *)entry + offset);
}

static bool has_value_shape(cu_bytes value)
{
    return value.n > 0 && value.n <= CU_ENTRY_VALUE_BYTES && value.p[0] != ' ' &&
           value.p[value.n - 1] != ' ';
}

/* UTF-8 that is not empty, has no control characters, and no space at either end. */
static bool is_value(cu_bytes value)
{
    bool plain = true;

    if (!has_value_shape(value))
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

/* Whether a line, whose value is one, may stand where it does. */
static bool is_line_after(const cu_tlog_entry *entry, size_t i)
{
    const cu_tlog_entry_line *const line = &entry->lines[i];

    return is_line_name(line->name) && (line->name.p[0] == 'd' || is_lower_hex(line->value)) &&
           (i == 0 || compare_names(entry->lines[i - 1].name, line->name) < 0);
}

static bool is_line(const cu_tlog_entry *entry, size_t i)
{
    return is_value(entry->lines[i].value) && is_line_after(entry, i);
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
        append_line(out, (cu_bytes){(const uint8_t *)line->name, line->length}, value);
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

/* The n digits at text; bad is set where one is none. */
static int64_t take_digits(const uint8_t *text, size_t n, bool *bad)
{
    int64_t number = 0;

    for (size_t i = 0; i < n; i++) {
        const unsigned digit = (unsigned)text[i] - '0';

        *bad = *bad || digit > 9;
        number = number * 10 + digit;
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
    const uint8_t *const p = text.p;
    bool bad = text.n != 27;

    if (bad || p[4] != '-' || p[7] != '-' || p[10] != 'T' || p[13] != ':' || p[16] != ':' ||
        p[19] != '.' || p[26] != 'Z')
        return false;

    const int64_t year = take_digits(p, 4, &bad);
    const int64_t month = take_digits(p + 5, 2, &bad);
    const int64_t day = take_digits(p + 8, 2, &bad);
    const int64_t hour = take_digits(p + 11, 2, &bad);
    const int64_t minute = take_digits(p + 14, 2, &bad);
    const int64_t second = take_digits(p + 17, 2, &bad);
    const int64_t micros = take_digits(p + 20, 6, &bad);

    if (bad || year < 1970 || month < 1 || month > 12 || day < 1 ||
        day > days_in(year, month) || hour > 23 || minute > 59 || second > 59)
        return false;
    *out = ((((days_before(year, month) + day - 1) * 24 + hour) * 60 + minute) * 60 + second) *
               1000000 +
           micros;
    return true;
}

/* What is left to read. plain: no byte of the entry is outside ASCII or below the space, the
 * line feeds aside, so that values need not be looked at again. */
typedef struct reading {
    const uint8_t *at;
    const uint8_t *end;
    bool plain;
} reading;

/* Whether a byte is below the space and no line feed, or above the tilde; eight at a time. A
 * byte's high bit says so; what a lower byte borrows can only say it of more. */
static bool is_plain(cu_bytes bytes)
{
    const uint64_t ones = 0x0101010101010101;
    const uint64_t highs = 0x8080808080808080;
    uint64_t odd = 0;
    size_t i = 0;

    for (; i + 8 <= bytes.n; i += 8) {
        uint64_t eight;
        uint64_t feeds;

        memcpy(&eight, bytes.p + i, 8);
        feeds = eight ^ ones * '\n';
        /* A line feed becomes a space, and is as plain as that. */
        feeds = ~(((feeds & ~highs) + ~highs) | feeds) & highs;
        eight += (feeds >> 7) * (' ' - '\n');
        odd |= (eight | (eight - ones * ' ') | (eight + ones)) & highs;
    }
    for (; i < bytes.n; i++)
        odd |= (bytes.p[i] < ' ' && bytes.p[i] != '\n') || bytes.p[i] >= 0x7f;
    return odd == 0;
}

/* The value of the next line where that has this name; no bytes, and nothing is read, where it
 * has another or its value may not stand in an entry. */
static cu_bytes take_value(reading *r, const char *name, size_t n)
{
    const cu_bytes none = {0};
    const uint8_t *feed;
    cu_bytes value;

    if ((size_t)(r->end - r->at) <= n || r->at[0] != (uint8_t)name[0] || r->at[n] != ' ' ||
        memcmp(r->at, name, n) != 0)
        return none;
    value.p = r->at + n + 1;
    feed = memchr(value.p, '\n', (size_t)(r->end - value.p));
    if (feed == NULL)
        return none;
    value.n = (size_t)(feed - value.p);
    if (r->plain ? !has_value_shape(value) : !is_value(value))
        return none;
    r->at = feed + 1;
    return value;
}

static bool read_head(reading *r, cu_tlog_entry *out)
{
    cu_bytes behind;

    if (!cu_decimal_decode(take_value(r, "seq", 3), &out->seq) || out->seq > INT64_MAX ||
        !decode_time(take_value(r, "time", 4), &out->time_us))
        return false;
    behind = take_value(r, "clock-behind-us", 15);
    return behind.n == 0 || (cu_decimal_decode(behind, &out->behind_us) && out->behind_us > 0 &&
                             out->behind_us <= INT64_MAX);
}

static bool read_texts(reading *r, cu_tlog_entry *out)
{
    for (size_t i = 0; i < CU_COUNT_OF(text_lines); i++) {
        const text_line *const line = &text_lines[i];
        const cu_bytes value = take_value(r, line->name, line->length);

        if (value.n == 0 && line->needed)
            return false;
        *text_at(out, line->offset) = value;
    }
    return true;
}

static bool read_details(reading *r, cu_tlog_entry *out)
{
    while (r->end - r->at > 2 && r->at[1] == '.') {
        const uint8_t *const space = memchr(r->at, ' ', (size_t)(r->end - r->at));
        cu_bytes name;
        cu_bytes value;

        if (space == NULL || out->n == CU_ENTRY_DETAILS)
            return false;
        name = (cu_bytes){r->at, (size_t)(space - r->at)};
        value = take_value(r, (const char *)name.p, name.n);
        out->lines[out->n] = (cu_tlog_entry_line){name, value};
        if (value.n == 0 || !is_line_after(out, out->n++))
            return false;
    }
    return true;
}

static bool read_payload(reading *r, cu_tlog_entry *out)
{
    const cu_bytes value = take_value(r, "payload-sha256", 14);

    out->has_payload = value.n > 0 && is_lower_hex(value) &&
                       cu_hex_decode((const char *)value.p, value.n, out->payload.b, 32);
    return value.n == 0 || out->has_payload;
}

/* Each line is taken where it stands or not at all, so what is left over at the end is a line
 * that is none, or one too many, or in another place than its own. */
cu_status cu_tlog_entry_parse(cu_bytes bytes, cu_tlog_entry *out, cu_err *err)
{
    const size_t magic_bytes = sizeof magic - 1;

    /* The lines behind n are not read by anybody, and 4 kB need no clearing each time. */
    memset(out, 0, offsetof(cu_tlog_entry, lines));
    out->has_payload = false;
    if (bytes.n > CU_ENTRY_BYTES || !cu_bytes_starts(bytes, magic, magic_bytes))
        return cu_fail(err, CU_EFORMAT, "an entry does not begin with custos-entry/1");

    reading r = {bytes.p + magic_bytes, bytes.p + bytes.n, is_plain(bytes)};

    if (!read_head(&r, out) || !read_texts(&r, out) || !read_details(&r, out) ||
        !read_payload(&r, out) || r.at != r.end)
        return cu_fail(err, CU_EFORMAT,
                       "an entry has a line that is malformed or out of order");
    return CU_OK;
}

cu_bytes cu_tlog_entry_find(const cu_tlog_entry *entry, const char *name)
{
    const size_t n = strlen(name);

    for (size_t i = 0; i < entry->n; i++) {
        if (entry->lines[i].name.n == n && memcmp(entry->lines[i].name.p, name, n) == 0)
            return entry->lines[i].value;
    }
    return (cu_bytes){0};
}
