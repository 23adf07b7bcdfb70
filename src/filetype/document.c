/* SPDX-License-Identifier: Apache-2.0 */
/* Documents and archives that share a container, and what kind of text a text is. */
#include "filetype/filetype.h"
#include "filetype/probe.h"

#include <string.h>
#include <strings.h>

typedef struct named {
    const char *name;
    const char *type;
} named;

static const named members[] = {
    {"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {"visio/", "application/vnd.ms-visio.drawing"},
    {"AndroidManifest.xml", "application/vnd.android.package-archive"},
    {"classes.dex", "application/vnd.android.package-archive"},
    {"META-INF/", "application/java-archive"},
    {"information.turtle", "application/x-aff4"},
    {"container.description", "application/x-aff4"},
    {"Index/Document.iwa", "application/x-iwork"},
};

/* A first member called "mimetype", stored, says it itself. The longer name first. */
static const named declared[] = {
    {"application/epub+zip", "application/epub+zip"},
    {"application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"},
    {"application/vnd.oasis.opendocument.spreadsheet",
     "application/vnd.oasis.opendocument.spreadsheet"},
    {"application/vnd.oasis.opendocument.presentation",
     "application/vnd.oasis.opendocument.presentation"},
    {"application/vnd.oasis.opendocument.graphics",
     "application/vnd.oasis.opendocument.graphics"},
};

static const char *type_of(cu_bytes view, const named *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (cu_filetype_has(view, 0, names[i].name))
            return names[i].type;
    return NULL;
}

/* Source: APPNOTE 6.3.10, 4.3.7. Sizes may follow the bytes, so the next header is searched
 * for. */
const char *cu_filetype_zip(cu_bytes head)
{
    size_t at = 0;

    for (;;) {
        cu_cursor c = cu_cursor_over(cu_bytes_slice(head, at, SIZE_MAX));

        cu_cursor_take(&c, 26);
        const uint16_t name_bytes = cu_cursor_u16le(&c);
        const uint16_t extra_bytes = cu_cursor_u16le(&c);
        const cu_bytes name = cu_cursor_take(&c, name_bytes);
        cu_cursor_take(&c, extra_bytes);
        if (c.bad)
            break;

        const cu_bytes content = cu_bytes_slice(head, at + c.at, 80);
        const bool says = at == 0 && name_bytes == 8 && cu_filetype_has(name, 0, "mimetype");
        const char *const type = says ? type_of(content, declared, CU_COUNT_OF(declared))
                                      : type_of(name, members, CU_COUNT_OF(members));
        if (type != NULL)
            return type;

        const cu_bytes rest = cu_bytes_slice(head, at + c.at, SIZE_MAX);
        const uint8_t *const next = rest.n > 0 ? memmem(rest.p, rest.n, "PK\x03\x04", 4) : NULL;
        if (next == NULL)
            break;
        at = (size_t)(next - head.p);
    }
    return "application/zip";
}

/* True where the directory entry's UTF-16 name begins with the ASCII text. */
static bool wide_name(cu_bytes entry, const char *text)
{
    for (size_t i = 0; text[i] != '\0'; i++)
        if (2 * i + 1 >= entry.n || entry.p[2 * i] != (uint8_t)text[i] ||
            entry.p[2 * i + 1] != 0)
            return false;
    return true;
}

/* Source: MS-CFB 2.2 and 2.6. The directory is often past the head: then only "OLE" is known.
 */
const char *cu_filetype_ole(cu_bytes head)
{
    static const named streams[] = {
        {"WordDocument", "application/msword"},
        {"Workbook", "application/vnd.ms-excel"},
        {"Book", "application/vnd.ms-excel"},
        {"PowerPoint Document", "application/vnd.ms-powerpoint"},
        {"__properties_version", "application/vnd.ms-outlook"},
        {"Catalog", "application/x-ms-thumbs-db"},
    };

    enum { entry_bytes = 128 };

    cu_cursor c = cu_cursor_over(head);

    cu_cursor_take(&c, 30);
    const uint16_t shift = cu_cursor_u16le(&c);
    cu_cursor_take(&c, 16);
    const uint64_t sector = cu_cursor_u32le(&c);
    if (c.bad || (shift != 9 && shift != 12) || (sector + 1) << shift >= head.n)
        return "application/x-ole-storage";

    c = cu_cursor_over(cu_bytes_slice(head, (size_t)((sector + 1) << shift), SIZE_MAX));
    while (cu_cursor_left(&c) >= entry_bytes) {
        const cu_bytes entry = cu_cursor_take(&c, entry_bytes);

        for (size_t i = 0; i < CU_COUNT_OF(streams); i++)
            if (wide_name(entry, streams[i].name))
                return streams[i].type;
    }
    return "application/x-ole-storage";
}

/* The header's checksum is the proof: v7 archives have no magic. Source: POSIX pax, ustar. */
const char *cu_filetype_tar(cu_bytes head)
{
    enum { block = 512, sum_at = 148, sum_bytes = 8 };

    uint32_t sum = 0;
    uint32_t stored = 0;

    if (head.n < block || head.p[0] == 0)
        return NULL;
    for (size_t i = 0; i < block; i++)
        sum += i >= sum_at && i < sum_at + sum_bytes ? ' ' : head.p[i];

    size_t i = sum_at;
    while (i < sum_at + sum_bytes && head.p[i] == ' ')
        i++;
    for (; i < sum_at + sum_bytes && head.p[i] >= '0' && head.p[i] <= '7'; i++)
        stored = stored * 8 + (uint32_t)(head.p[i] - '0');
    return sum == stored ? "application/x-tar" : NULL;
}

/* Java and universal Mach-O share a magic: a class has its version where the other has a count.
 */
const char *cu_filetype_fat_binary(cu_bytes head)
{
    cu_cursor c = cu_cursor_over(head);

    cu_cursor_take(&c, 4);
    const uint32_t count = cu_cursor_u32be(&c);
    if (c.bad)
        return NULL;
    return count > 0 && count < 40 ? "application/x-mach-binary" : "application/java-vm";
}

/* A character of text: printed, or laid out with, or ESC, with which terminals are coloured. */
static bool is_ascii_text(uint8_t c)
{
    return c >= ' ' ? c != 0x7F : c != 0 && strchr("\t\n\r\f\x1B", c) != NULL;
}

/* Length of the UTF-8 character at the start of rest: 0 is not one, more than rest.n is cut
 * off. */
static size_t utf8_step(cu_bytes rest)
{
    const uint8_t first = rest.p[0];
    const size_t n = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;

    if (first < 0x80)
        return is_ascii_text(first) ? 1 : 0;
    if (first < 0xC2 || first > 0xF4)
        return 0;
    for (size_t i = 1; i < n && i < rest.n; i++)
        if ((rest.p[i] & 0xC0) != 0x80)
            return 0;
    return n;
}

static bool is_text(cu_bytes head)
{
    size_t at = 0;

    while (at < head.n) {
        const size_t step = utf8_step(cu_bytes_slice(head, at, 4));

        if (step == 0)
            return false;
        if (step > head.n - at) /* cut off: by the head's end, or by the file's */
            return head.n == cu_filetype_head_bytes;
        at += step;
    }
    return true;
}

static bool starts_caseless(cu_bytes view, const char *text)
{
    const size_t n = strlen(text);

    return view.n >= n && strncasecmp((const char *)view.p, text, n) == 0;
}

static const char *markup(cu_bytes text)
{
    if (cu_filetype_holds(text, "<plist"))
        return "application/x-plist";
    if (cu_filetype_holds(text, "<svg"))
        return "image/svg+xml";
    if (starts_caseless(text, "<!doctype html") || starts_caseless(text, "<html"))
        return "text/html";
    if (cu_filetype_has(text, 0, "<?xml"))
        return cu_filetype_holds(text, "<html") ? "application/xhtml+xml" : "application/xml";
    return NULL;
}

/* A message opens with header fields; one known name is a chance, two are a message. */
static const char *message(cu_bytes text)
{
    static const char *const fields[] = {
        "Received:", "Return-Path:", "Delivered-To:", "From:", "Message-ID:", "MIME-Version:",
        "Subject:",  "Date:",        "Content-Type:", "To:",   "X-"};

    enum { lines_ceiling = 16 };

    unsigned known = 0;
    size_t at = 0;

    if (cu_filetype_has(text, 0, "From ") && cu_filetype_holds(text, "\nFrom: "))
        return "application/mbox";
    for (unsigned line = 0; line < lines_ceiling && at < text.n; line++) {
        const cu_bytes rest = cu_bytes_slice(text, at, SIZE_MAX);
        const uint8_t *const end = memchr(rest.p, '\n', rest.n);
        const unsigned before = known;

        for (size_t i = 0; i < CU_COUNT_OF(fields) && known == before; i++)
            known += starts_caseless(rest, fields[i]);
        if (known == 0 || end == NULL)
            break;
        at += (size_t)(end - rest.p) + 1;
    }
    return known >= 2 ? "message/rfc822" : NULL;
}

const char *cu_filetype_text(cu_bytes head)
{
    if (!is_text(head))
        return NULL;

    size_t at = cu_filetype_has(head, 0, "\xEF\xBB\xBF") ? 3 : 0;
    while (at < head.n && strchr(" \t\r\n", head.p[at]) != NULL)
        at++;

    const cu_bytes text = cu_bytes_slice(head, at, SIZE_MAX);
    if (text.n == 0)
        return "text/plain";

    const char *const type = text.p[0] == '<' ? markup(text) : message(text);
    return type != NULL ? type : "text/plain";
}
