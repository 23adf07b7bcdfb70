/* SPDX-License-Identifier: Apache-2.0 */
/* Values as PostgreSQL sends them in binary, by the type of their column. */
#include "store/postgres.h"

/* Types of PostgreSQL that we know. Source: src/include/catalog/pg_type.dat. */
enum {
    type_bool = 16,
    type_bytea = 17,
    type_char = 18,
    type_name = 19,
    type_int8 = 20,
    type_int2 = 21,
    type_int4 = 23,
    type_text = 25,
    type_oid = 26,
    type_unknown = 705,
    type_varchar = 1043,
    type_numeric = 1700,
};

static bool is_text_type(unsigned type)
{
    return type == type_text || type == type_varchar || type == type_name ||
           type == type_unknown;
}

static bool is_number_type(unsigned type)
{
    return type == type_int8 || type == type_int4 || type == type_int2 ||
           type == type_numeric || type == type_bool || type == type_oid;
}

bool cu_postgres_takes(unsigned type, cu_value_kind kind)
{
    switch (kind) {
    case CU_VALUE_NULL:
        return true;
    case CU_VALUE_INTEGER:
        return is_number_type(type);
    case CU_VALUE_TEXT:
        return is_text_type(type);
    default:
        return type == type_bytea;
    }
}

/* A whole number of type numeric: digits of base 10000, highest first. */
static bool decode_numeric(cu_bytes bytes, int64_t *out)
{
    cu_cursor c = cu_cursor_over(bytes);
    const int digits = cu_cursor_u16be(&c);
    const int weight = (int16_t)cu_cursor_u16be(&c);
    const unsigned sign = cu_cursor_u16be(&c);
    int64_t number = 0;

    (void)cu_cursor_u16be(&c); /* how many decimals are shown */
    if (c.bad || (sign != 0 && sign != 0x4000) || digits > weight + 1)
        return false;
    for (int i = 0; i <= weight; i++) {
        const int digit = i < digits ? cu_cursor_u16be(&c) : 0;

        if (__builtin_mul_overflow(number, 10000, &number) ||
            __builtin_sub_overflow(number, digit, &number))
            return false;
    }
    if (sign != 0) {
        *out = number;
        return !c.bad;
    }
    return !c.bad && !__builtin_sub_overflow((int64_t)0, number, out);
}

static bool decode_integer(unsigned type, cu_bytes bytes, int64_t *out)
{
    cu_cursor c = cu_cursor_over(bytes);

    switch (type) {
    case type_int8:
        *out = (int64_t)cu_cursor_u64be(&c);
        break;
    case type_int4:
        *out = (int32_t)cu_cursor_u32be(&c);
        break;
    case type_oid:
        *out = cu_cursor_u32be(&c);
        break;
    case type_int2:
        *out = (int16_t)cu_cursor_u16be(&c);
        break;
    case type_bool:
        *out = cu_cursor_u8(&c) != 0;
        break;
    default:
        return decode_numeric(bytes, out);
    }
    return !c.bad && cu_cursor_left(&c) == 0;
}

cu_value_kind cu_postgres_kind(unsigned type)
{
    if (is_number_type(type))
        return CU_VALUE_INTEGER;
    return is_text_type(type) || type == type_char ? CU_VALUE_TEXT : CU_VALUE_BLOB;
}

cu_status cu_postgres_decode(unsigned type, cu_bytes bytes, cu_value *out)
{
    *out = (cu_value){.kind = cu_postgres_kind(type)};
    if (out->kind == CU_VALUE_INTEGER)
        return decode_integer(type, bytes, &out->number) ? CU_OK : CU_EFORMAT;
    out->bytes = bytes;
    return out->kind == CU_VALUE_BLOB && type != type_bytea ? CU_EFORMAT : CU_OK;
}
