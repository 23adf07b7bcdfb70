/* SPDX-License-Identifier: Apache-2.0 */
/* JSON by appending. */
#include "base/json.h"

#include "base/text.h"

#include <inttypes.h>
#include <string.h>

static void append_escaped(cu_buffer *out, cu_bytes text)
{
    size_t i = 0;

    cu_buffer_u8(out, '"');
    while (i < text.n) {
        const uint8_t c = text.p[i];
        const size_t n = cu_text_character(cu_bytes_slice(text, i, text.n));

        if (n == 0)
            cu_buffer_format(out, "\\\\x%02x", c);
        else if (c == '"' || c == '\\')
            cu_buffer_format(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7F)
            cu_buffer_format(out, "\\u%04x", c);
        else
            cu_buffer_append(out, text.p + i, n);
        i += n == 0 ? 1 : n;
    }
    cu_buffer_u8(out, '"');
}

static void begin(cu_json *json, const char *key)
{
    if (json->comma)
        cu_buffer_u8(json->out, ',');
    json->comma = true;
    if (key != NULL) {
        append_escaped(json->out, (cu_bytes){(const uint8_t *)key, strlen(key)});
        cu_buffer_u8(json->out, ':');
    }
}

static void open_with(cu_json *json, const char *key, char bracket)
{
    begin(json, key);
    cu_buffer_u8(json->out, (uint8_t)bracket);
    json->comma = false;
}

static void close_with(cu_json *json, char bracket)
{
    cu_buffer_u8(json->out, (uint8_t)bracket);
    json->comma = true;
}

void cu_json_open_object(cu_json *json, const char *key)
{
    open_with(json, key, '{');
}

void cu_json_close_object(cu_json *json)
{
    close_with(json, '}');
}

void cu_json_open_array(cu_json *json, const char *key)
{
    open_with(json, key, '[');
}

void cu_json_close_array(cu_json *json)
{
    close_with(json, ']');
}

void cu_json_null(cu_json *json, const char *key)
{
    begin(json, key);
    cu_buffer_append(json->out, "null", 4);
}

void cu_json_bool(cu_json *json, const char *key, bool value)
{
    begin(json, key);
    cu_buffer_append(json->out, value ? "true" : "false", value ? 4 : 5);
}

void cu_json_int(cu_json *json, const char *key, int64_t value)
{
    begin(json, key);
    cu_buffer_format(json->out, "%" PRId64, value);
}

void cu_json_uint(cu_json *json, const char *key, uint64_t value)
{
    begin(json, key);
    cu_buffer_format(json->out, "%" PRIu64, value);
}

void cu_json_real(cu_json *json, const char *key, double value, int places)
{
    begin(json, key);
    cu_buffer_format(json->out, "%.*f", places, value);
}

void cu_json_bytes(cu_json *json, const char *key, cu_bytes text)
{
    begin(json, key);
    append_escaped(json->out, text);
}

void cu_json_text(cu_json *json, const char *key, const char *text)
{
    if (text == NULL)
        cu_json_null(json, key);
    else
        cu_json_bytes(json, key, (cu_bytes){(const uint8_t *)text, strlen(text)});
}

void cu_json_line(cu_json *json)
{
    cu_buffer_u8(json->out, '\n');
    json->comma = false;
}
