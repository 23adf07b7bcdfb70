/* SPDX-License-Identifier: Apache-2.0 */
/* What a row of the register is, in bytes of one way to write it: the ledger's entry is bound
 * to it, and an audit compares (docs/formats/register.md). */
#include "register/record/bind.h"

#include "digest/digest.h"

#include <inttypes.h>
#include <string.h>

static void write_text(cu_buffer *out, const char *name, cu_bytes text)
{
    cu_buffer_format(out, "%s t%zu ", name, text.n);
    cu_buffer_append(out, text.p, text.n);
    cu_buffer_u8(out, '\n');
}

static void write_words(cu_buffer *out, const char *name, const char *text)
{
    write_text(out, name, (cu_bytes){(const uint8_t *)text, strlen(text)});
}

static void write_number(cu_buffer *out, const char *name, int64_t number)
{
    cu_buffer_format(out, "%s i%" PRId64 "\n", name, number);
}

static void begin_row(cu_buffer *out, const char *table)
{
    cu_buffer_format(out, "custos-row/1\n%s\n", table);
}

void cu_row_digest(cu_bytes row, uint8_t out[32])
{
    cu_digest_stream stream;
    cu_digests digests;

    cu_digest_init(&stream, CU_DIGEST_SHA256);
    cu_digest_update(&stream, row);
    cu_digest_final(&stream, &digests);
    memcpy(out, digests.sha256, 32);
}

static cu_status digest_and_free(cu_buffer *row, uint8_t out[32], cu_err *err)
{
    const cu_status st = cu_buffer_check(row, err);

    if (st == CU_OK)
        cu_row_digest(cu_buffer_view(row), out);
    cu_buffer_free(row);
    return st;
}

/* A column without a value has no line: a column that a later version adds changes nothing. */
cu_status cu_record_digest(const cu_table *table, const cu_record *record, uint8_t out[32],
                           cu_err *err)
{
    const cu_thing *const thing = record->thing;
    cu_buffer row = {0};

    begin_row(&row, table->name);
    write_number(&row, "id", record->id);
    write_words(&row, "ref", record->ref);
    write_words(&row, "state", record->state);
    write_number(&row, "version", record->version);
    write_number(&row, "made_us", record->made_us);
    write_words(&row, "made_by", record->made_by);
    write_number(&row, "changed_us", record->changed_us);
    for (size_t i = 0; i < thing->field_count; i++) {
        const cu_value *const value = &record->values[i];

        if (!cu_field_is_column(&thing->fields[i]) || value->kind == CU_VALUE_NULL)
            continue;
        if (value->kind == CU_VALUE_INTEGER)
            write_number(&row, thing->fields[i].name, value->number);
        else
            write_text(&row, thing->fields[i].name, value->bytes);
    }
    return digest_and_free(&row, out, err);
}

cu_status cu_counter_digest(const char *name, int64_t number, uint8_t out[32], cu_err *err)
{
    cu_buffer row = {0};

    begin_row(&row, "register_counter");
    write_words(&row, "name", name);
    write_number(&row, "number", number);
    return digest_and_free(&row, out, err);
}

/* ---- what an act wrote ---- */

static void bind_row(cu_act *act, const char *table, int64_t version, const uint8_t digest[32],
                     const char *ref)
{
    char hex[65];

    cu_hex_encode((cu_bytes){digest, 32}, hex);
    cu_buffer_format(&act->rows, "%s %" PRId64 " %s %s\n", table, version, hex, ref);
}

cu_status cu_bind_record(cu_act *act, const cu_record *record)
{
    const cu_table *const table = cu_table_for(act->tables, record->thing);
    uint8_t digest[32];
    const cu_status st = cu_record_digest(table, record, digest, act->err);

    if (st == CU_OK)
        bind_row(act, table->name, record->version, digest, record->ref);
    return st;
}

cu_status cu_bind_counter(cu_act *act, const char *name, int64_t number)
{
    uint8_t digest[32];
    const cu_status st = cu_counter_digest(name, number, digest, act->err);

    if (st == CU_OK)
        bind_row(act, "register_counter", number, digest, name);
    return st;
}

void cu_bind_content(cu_act *act, const char *hex)
{
    cu_buffer_format(&act->rows, "register_content 1 %s %s\n", hex, hex);
}

void cu_bind_gone(cu_act *act, const char *table, const char *ref)
{
    static const uint8_t none[32];

    bind_row(act, table, 0, none, ref);
}

/* ---- reading it again ---- */

static bool take_word(cu_bytes *left, char ending, cu_bytes *out)
{
    const uint8_t *const end = left->n == 0 ? NULL : memchr(left->p, ending, left->n);

    if (end == NULL)
        return false;
    *out = (cu_bytes){left->p, (size_t)(end - left->p)};
    *left = cu_bytes_slice(*left, out->n + 1, left->n);
    return out->n > 0;
}

static bool read_number(cu_bytes text, int64_t *out)
{
    int64_t number = 0;

    if (text.n == 0 || text.n > 18)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        number = number * 10 + (text.p[i] - '0');
    }
    *out = number;
    return true;
}

bool cu_bound_next(cu_bytes *left, cu_bound *out)
{
    cu_bytes version;
    cu_bytes hex;

    return take_word(left, ' ', &out->table) && take_word(left, ' ', &version) &&
           take_word(left, ' ', &hex) && take_word(left, '\n', &out->ref) &&
           read_number(version, &out->version) &&
           cu_hex_decode((const char *)hex.p, hex.n, out->digest, sizeof out->digest);
}
