/* SPDX-License-Identifier: Apache-2.0 */
/* Names of fields, and their values into rows. */
#include "hashset/fields.h"

#include <ctype.h>
#include <string.h>

void cu_hashset_filling_start(cu_hashset_filling *filling, uint64_t line, uint64_t offset)
{
    filling->row = (cu_hashset_row){
        .line = line, .offset = offset, .pdq_quality = cu_hashset_quality_unknown};
}

cu_bytes cu_hashset_trim(cu_bytes text)
{
    if (text.n > 0 && text.p[0] > ' ' && text.p[text.n - 1] > ' ')
        return text; /* nearly always */
    while (text.n > 0 && isspace(text.p[0]) != 0)
        text = cu_bytes_slice(text, 1, text.n);
    while (text.n > 0 && isspace(text.p[text.n - 1]) != 0)
        text.n--;
    return text;
}

/* ---- kinds of values ---- */

static void put_digest(cu_hashset_filling *filling, unsigned which, cu_bytes text)
{
    cu_hashset_row *const row = &filling->row;
    const size_t n = cu_hashset_digest_bytes((cu_hashset_algorithm)which);

    text = cu_hashset_trim(text);
    if (cu_hex_decode((const char *)text.p, text.n, row->digest[which], n))
        row->has[which] = true;
    else if (text.n > 0)
        row->wrong = true;
}

static void put_any_digest(cu_hashset_filling *filling, CU_UNUSED unsigned which, cu_bytes text)
{
    cu_hashset_row_take(&filling->row, cu_hashset_trim(text));
}

static void put_pdq(cu_hashset_filling *filling, CU_UNUSED unsigned which, cu_bytes text)
{
    cu_hashset_row *const row = &filling->row;

    text = cu_hashset_trim(text);
    if (cu_hex_decode((const char *)text.p, text.n, row->pdq, sizeof row->pdq))
        row->has_pdq = true;
    else if (text.n > 0)
        row->wrong = true;
}

/* False: no digits, or more than fits. */
static bool read_decimal(cu_bytes text, uint64_t *out)
{
    uint64_t value = 0;

    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, text.p[i] - (unsigned)'0', &value))
            return false;
    }
    *out = value;
    return text.n > 0;
}

static void put_quality(cu_hashset_filling *filling, CU_UNUSED unsigned which, cu_bytes text)
{
    uint64_t quality = 0;

    if (read_decimal(cu_hashset_trim(text), &quality) && quality <= 100)
        filling->row.pdq_quality = (uint8_t)quality;
}

static void put_size(cu_hashset_filling *filling, CU_UNUSED unsigned which, cu_bytes text)
{
    filling->row.has_size = read_decimal(cu_hashset_trim(text), &filling->row.size);
}

/* One more than what the digit says; 0 is no digit. Source: RFC 4648 section 4. */
static const uint8_t base64_plus_one[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,
    ['H'] = 8,  ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14,
    ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21,
    ['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28,
    ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35,
    ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
    ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49,
    ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63,
    ['/'] = 64};

/* 24 bits from four characters; more than 24 where one is no digit. */
static uint32_t base64_bits(const uint8_t p[4])
{
    const uint8_t digits[4] = {base64_plus_one[p[0]], base64_plus_one[p[1]],
                               base64_plus_one[p[2]], base64_plus_one[p[3]]};

    if (digits[0] == 0 || digits[1] == 0 || digits[2] == 0 || digits[3] == 0)
        return UINT32_MAX;
    return (digits[0] - 1U) << 18 | (digits[1] - 1U) << 12 | (digits[2] - 1U) << 6 |
           (digits[3] - 1U);
}

/* n bytes, a multiple of 3, from 4 characters for each 3; out is spoilt where it is none. */
static bool decode_base64(cu_bytes text, uint8_t *out, size_t n)
{
    uint32_t all = 0;

    if (text.n != n / 3 * 4)
        return false;
    for (size_t i = 0; i < n / 3; i++) {
        const uint32_t bits = base64_bits(text.p + 4 * i);

        all |= bits;
        out[3 * i] = (uint8_t)(bits >> 16);
        out[3 * i + 1] = (uint8_t)(bits >> 8);
        out[3 * i + 2] = (uint8_t)bits;
    }
    return all >> 24 == 0;
}

static void put_variant(cu_hashset_filling *filling, CU_UNUSED unsigned which, cu_bytes text)
{
    text = cu_hashset_trim(text);
    if (text.n == 1 && (text.p[0] == 'A' || text.p[0] == 'F'))
        filling->row.pdq_variant = (char)text.p[0];
}

static void put_photodna(cu_hashset_filling *filling, CU_UNUSED unsigned which, cu_bytes text)
{
    uint8_t value[cu_hashset_photodna_bytes];
    const size_t n = sizeof value;

    text = cu_hashset_trim(text);
    if (decode_base64(text, value, n) ||
        cu_hex_decode((const char *)text.p, text.n, value, n)) {
        memcpy(filling->photodna, value, n);
        filling->row.photodna = (cu_bytes){filling->photodna, n};
    } else if (text.n > 0) {
        filling->row.wrong = true;
    }
}

enum { LABEL, NAME, CODE, SERIES, SOURCE };

static void put_text(cu_hashset_filling *filling, unsigned which, cu_bytes text)
{
    cu_hashset_row *const row = &filling->row;
    cu_bytes *const texts[] = {[LABEL] = &row->label,
                               [NAME] = &row->name,
                               [CODE] = &row->code,
                               [SERIES] = &row->series,
                               [SOURCE] = &row->source};

    *texts[which] = text;
}

static bool is_word(cu_bytes text, const char *word)
{
    const size_t n = strlen(word);

    return text.n == n &&
           (memcmp(text.p, word, n) == 0 || strncasecmp((const char *)text.p, word, n) == 0);
}

static void put_flag(cu_hashset_filling *filling, unsigned which, cu_bytes text)
{
    static const char *const yes[] = {"true", "1", "yes", "y"};
    static const char *const no[] = {"false", "0", "no", "n"};
    cu_hashset_row *const row = &filling->row;

    text = cu_hashset_trim(text);
    for (size_t i = 0; i < CU_COUNT_OF(yes); i++) {
        const bool is_yes = is_word(text, yes[i]);

        if (!is_yes && !is_word(text, no[i]))
            continue;
        row->said = (uint16_t)(row->said | which);
        row->flags = (uint16_t)(is_yes ? row->flags | which : row->flags & ~which);
        return;
    }
}

static const struct {
    void (*put)(cu_hashset_filling *filling, unsigned which, cu_bytes text);
    unsigned which;
} puts_of[cu_hashset_fields] = {
    [CU_HASHSET_FIELD_MD5] = {put_digest, CU_HASHSET_MD5},
    [CU_HASHSET_FIELD_SHA1] = {put_digest, CU_HASHSET_SHA1},
    [CU_HASHSET_FIELD_SHA256] = {put_digest, CU_HASHSET_SHA256},
    [CU_HASHSET_FIELD_DIGEST] = {put_any_digest, 0},
    [CU_HASHSET_FIELD_PDQ] = {put_pdq, 0},
    [CU_HASHSET_FIELD_PDQ_QUALITY] = {put_quality, 0},
    [CU_HASHSET_FIELD_PDQ_VARIANT] = {put_variant, 0},
    [CU_HASHSET_FIELD_PHOTODNA] = {put_photodna, 0},
    [CU_HASHSET_FIELD_SIZE] = {put_size, 0},
    [CU_HASHSET_FIELD_LABEL] = {put_text, LABEL},
    [CU_HASHSET_FIELD_NAME] = {put_text, NAME},
    [CU_HASHSET_FIELD_CODE] = {put_text, CODE},
    [CU_HASHSET_FIELD_SERIES] = {put_text, SERIES},
    [CU_HASHSET_FIELD_SOURCE] = {put_text, SOURCE},
    [CU_HASHSET_FIELD_VICTIM_IDENTIFIED] = {put_flag, CU_HASHSET_FLAG_VICTIM_IDENTIFIED},
    [CU_HASHSET_FIELD_OFFENDER_IDENTIFIED] = {put_flag, CU_HASHSET_FLAG_OFFENDER_IDENTIFIED},
    [CU_HASHSET_FIELD_DISTRIBUTED] = {put_flag, CU_HASHSET_FLAG_DISTRIBUTED},
    [CU_HASHSET_FIELD_SUSPECTED] = {put_flag, CU_HASHSET_FLAG_SUSPECTED},
    [CU_HASHSET_FIELD_SELF_GENERATED] = {put_flag, CU_HASHSET_FLAG_SELF_GENERATED},
    [CU_HASHSET_FIELD_PRECATEGORISED] = {put_flag, CU_HASHSET_FLAG_PRECATEGORISED},
};

void cu_hashset_filling_put(cu_hashset_filling *filling, cu_hashset_field field, cu_bytes text)
{
    if (text.n > 0 && puts_of[field].put != NULL)
        puts_of[field].put(filling, puts_of[field].which, text);
}

/* ---- names ---- */

/* In lower case, letters and digits only. */
static const struct {
    const char *name;
    cu_hashset_field field;
} names[] = {
    {"md5", CU_HASHSET_FIELD_MD5},
    {"md5hash", CU_HASHSET_FIELD_MD5},
    {"hashmd5", CU_HASHSET_FIELD_MD5},
    {"v3hash", CU_HASHSET_FIELD_MD5}, /* iLook */
    {"v4hash", CU_HASHSET_FIELD_MD5},
    {"sha1", CU_HASHSET_FIELD_SHA1},
    {"sha1hash", CU_HASHSET_FIELD_SHA1},
    {"hashsha1", CU_HASHSET_FIELD_SHA1},
    {"sha256", CU_HASHSET_FIELD_SHA256},
    {"sha2256", CU_HASHSET_FIELD_SHA256},
    {"sha256hash", CU_HASHSET_FIELD_SHA256},
    {"hashsha256", CU_HASHSET_FIELD_SHA256},
    {"hash", CU_HASHSET_FIELD_DIGEST},
    {"digest", CU_HASHSET_FIELD_DIGEST},
    {"hashvalue", CU_HASHSET_FIELD_DIGEST},
    {"pdq", CU_HASHSET_FIELD_PDQ},
    {"pdqhash", CU_HASHSET_FIELD_PDQ},
    {"pdqquality", CU_HASHSET_FIELD_PDQ_QUALITY},
    {"pdqvariant", CU_HASHSET_FIELD_PDQ_VARIANT},
    {"photodna", CU_HASHSET_FIELD_PHOTODNA},
    {"pdna", CU_HASHSET_FIELD_PHOTODNA},
    {"size", CU_HASHSET_FIELD_SIZE},
    {"filesize", CU_HASHSET_FIELD_SIZE},
    {"mediasize", CU_HASHSET_FIELD_SIZE},
    {"length", CU_HASHSET_FIELD_SIZE},
    {"id", CU_HASHSET_FIELD_LABEL},
    {"label", CU_HASHSET_FIELD_LABEL},
    {"record", CU_HASHSET_FIELD_LABEL},
    {"mediaid", CU_HASHSET_FIELD_LABEL},
    {"imageid", CU_HASHSET_FIELD_LABEL},
    {"fileid", CU_HASHSET_FIELD_LABEL},
    {"name", CU_HASHSET_FIELD_NAME},
    {"file", CU_HASHSET_FIELD_NAME},
    {"filename", CU_HASHSET_FIELD_NAME},
    {"path", CU_HASHSET_FIELD_NAME},
    {"code", CU_HASHSET_FIELD_CODE},
    {"category", CU_HASHSET_FIELD_CODE},
    {"grade", CU_HASHSET_FIELD_CODE},
    {"classification", CU_HASHSET_FIELD_CODE},
    {"specialcode", CU_HASHSET_FIELD_CODE}, /* NSRL */
    {"series", CU_HASHSET_FIELD_SERIES},
    {"seriesname", CU_HASHSET_FIELD_SERIES},
    {"source", CU_HASHSET_FIELD_SOURCE},
    {"agency", CU_HASHSET_FIELD_SOURCE},
    {"precategorizationsource", CU_HASHSET_FIELD_SOURCE},
    {"victimidentified", CU_HASHSET_FIELD_VICTIM_IDENTIFIED},
    {"offenderidentified", CU_HASHSET_FIELD_OFFENDER_IDENTIFIED},
    {"distributed", CU_HASHSET_FIELD_DISTRIBUTED},
    {"isdistributed", CU_HASHSET_FIELD_DISTRIBUTED},
    {"suspected", CU_HASHSET_FIELD_SUSPECTED},
    {"issuspected", CU_HASHSET_FIELD_SUSPECTED},
    {"selfgenerated", CU_HASHSET_FIELD_SELF_GENERATED},
    {"precategorised", CU_HASHSET_FIELD_PRECATEGORISED},
    {"precategorized", CU_HASHSET_FIELD_PRECATEGORISED},
    {"isprecategorized", CU_HASHSET_FIELD_PRECATEGORISED},
};

enum { plain_max = 32 };

/* In lower case, letters and digits only; false where it is longer than any that is known. */
static bool make_plain(cu_bytes name, char plain[plain_max])
{
    size_t n = 0;

    for (size_t i = 0; i < name.n; i++) {
        const uint8_t c = name.p[i];

        if (isalnum(c) == 0)
            continue;
        if (n == plain_max - 1)
            return false;
        plain[n++] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    plain[n] = '\0';
    return true;
}

bool cu_hashset_same_name(cu_bytes name, const char *other)
{
    char a[plain_max];
    char b[plain_max];

    return make_plain(name, a) &&
           make_plain((cu_bytes){(const uint8_t *)other, strlen(other)}, b) &&
           strcmp(a, b) == 0;
}

cu_hashset_field cu_hashset_field_named(cu_bytes name)
{
    char plain[plain_max];

    if (!make_plain(name, plain))
        return CU_HASHSET_FIELD_NONE;
    for (size_t i = 0; i < CU_COUNT_OF(names); i++) {
        if (strcmp(names[i].name, plain) == 0)
            return names[i].field;
    }
    return CU_HASHSET_FIELD_NONE;
}
