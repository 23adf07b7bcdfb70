/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, base64 and lines, each written in one way only. */
#include "tlog/tlog.h"

#include <string.h>

static const uint8_t digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void cu_base64_append(cu_buffer *out, cu_bytes bytes)
{
    for (size_t i = 0; i < bytes.n; i += 3) {
        const size_t left = bytes.n - i;
        const unsigned a = bytes.p[i];
        const unsigned b = left > 1 ? bytes.p[i + 1] : 0;
        const unsigned c = left > 2 ? bytes.p[i + 2] : 0;
        const uint8_t four[4] = {digits[a >> 2], digits[(a << 4 | b >> 4) & 63],
                                 left > 1 ? digits[(b << 2 | c >> 6) & 63] : '=',
                                 left > 2 ? digits[c & 63] : '='};

        cu_buffer_append(out, four, sizeof four);
    }
}

/* The value of a digit, or 64 and more. */
static unsigned value_of(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26U;
    if (c >= '0' && c <= '9')
        return c - '0' + 52U;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : 64;
}

/* Four digits, the last pad of which are '='; the bits that pad leaves over must be zero. */
static bool decode_four(const uint8_t *four, unsigned pad, uint8_t three[3])
{
    unsigned v[4] = {0};

    for (unsigned i = 0; i < 4 - pad; i++) {
        v[i] = value_of(four[i]);
        if (v[i] > 63)
            return false;
    }
    if ((pad == 1 && (v[2] & 3) != 0) || (pad == 2 && (v[1] & 15) != 0))
        return false;
    three[0] = (uint8_t)(v[0] << 2 | v[1] >> 4);
    three[1] = (uint8_t)(v[1] << 4 | v[2] >> 2);
    three[2] = (uint8_t)(v[2] << 6 | v[3]);
    return true;
}

static unsigned padding(cu_bytes text)
{
    if (text.n == 0 || text.p[text.n - 1] != '=')
        return 0;
    return text.p[text.n - 2] == '=' ? 2 : 1;
}

size_t cu_base64_decode_up_to(cu_bytes text, uint8_t *out, size_t max)
{
    const unsigned pad = text.n % 4 == 0 ? padding(text) : 0;
    const size_t n = text.n / 4 * 3 - pad;

    if (text.n % 4 != 0 || n > max)
        return SIZE_MAX;
    for (size_t i = 0; i < text.n; i += 4) {
        const unsigned here = i + 4 == text.n ? pad : 0;
        uint8_t three[3] = {0};

        if (!decode_four(text.p + i, here, three))
            return SIZE_MAX;
        memcpy(out + i / 4 * 3, three, 3U - here);
    }
    return n;
}

bool cu_base64_decode(cu_bytes text, uint8_t *out, size_t n)
{
    uint8_t room[256];

    if (n > sizeof room || cu_base64_decode_up_to(text, room, n) != n)
        return false;
    memcpy(out, room, n);
    return true;
}

bool cu_decimal_decode(cu_bytes text, uint64_t *out)
{
    uint64_t number = 0;

    if (text.n == 0 || text.n > 20 || (text.p[0] == '0' && text.n > 1))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' ||
            __builtin_mul_overflow(number, 10U, &number) ||
            __builtin_add_overflow(number, (uint64_t)(text.p[i] - '0'), &number))
            return false;
    }
    *out = number;
    return true;
}

bool cu_line_take(cu_bytes *text, cu_bytes *line)
{
    const uint8_t *const end = text->n == 0 ? NULL : memchr(text->p, '\n', text->n);

    if (end == NULL)
        return false;
    *line = cu_bytes_slice(*text, 0, (size_t)(end - text->p));
    *text = cu_bytes_slice(*text, line->n + 1, text->n);
    return true;
}

bool cu_line_take_word(cu_bytes *text, const char *word, cu_bytes *value)
{
    const size_t n = strlen(word);
    cu_bytes line = {0};

    if (!cu_line_take(text, &line) || line.n < n + 2 || memcmp(line.p, word, n) != 0 ||
        line.p[n] != ' ')
        return false;
    *value = cu_bytes_slice(line, n + 1, line.n);
    return true;
}

bool cu_line_take_number(cu_bytes *text, const char *word, uint64_t *out)
{
    cu_bytes value = {0};

    return cu_line_take_word(text, word, &value) && cu_decimal_decode(value, out);
}
