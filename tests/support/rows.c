/* SPDX-License-Identifier: Apache-2.0 */
/* A builder that writes down what it is given. */
#include "support/rows.h"

#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void put_hex(cu_json *json, const char *key, cu_bytes bytes)
{
    char text[2 * 256 + 1];

    if (bytes.n > 256)
        abort();
    cu_hex_encode(bytes, text);
    cu_json_text(json, key, text);
}

static void put_digests(cu_json *json, const cu_hashset_row *row)
{
    static const char *const names[cu_hashset_algorithms] = {"md5", "sha1", "sha256"};

    for (size_t i = 0; i < cu_hashset_algorithms; i++) {
        if (row->has[i])
            put_hex(
                json, names[i],
                (cu_bytes){row->digest[i], cu_hashset_digest_bytes((cu_hashset_algorithm)i)});
    }
    if (row->has_pdq)
        put_hex(json, "pdq", (cu_bytes){row->pdq, sizeof row->pdq});
    if (row->pdq_quality <= 100)
        cu_json_uint(json, "quality", row->pdq_quality);
    if (row->photodna.n > 0)
        put_hex(json, "photodna", row->photodna);
}

static void put_texts(cu_json *json, const cu_hashset_row *row)
{
    const struct {
        const char *key;
        cu_bytes text;
    } texts[] = {{"label", row->label},
                 {"name", row->name},
                 {"code", row->code},
                 {"series", row->series},
                 {"source", row->source}};

    for (size_t i = 0; i < CU_COUNT_OF(texts); i++) {
        if (texts[i].text.n > 0)
            cu_json_bytes(json, texts[i].key, texts[i].text);
    }
}

cu_status cu_hashset_builder_add(cu_hashset_builder *builder, const cu_hashset_row *row,
                                 cu_err *err)
{
    cu_json json = {.out = &builder->lines};

    if (builder->limit > 0 && row->offset >= builder->limit)
        abort(); /* it points past the end */
    if (++builder->rows == builder->fail_at)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    if (builder->silent)
        return CU_OK;
    cu_json_open_object(&json, NULL);
    if (row->line > 0)
        cu_json_uint(&json, "line", row->line);
    if (row->offset > 0)
        cu_json_uint(&json, "offset", row->offset);
    put_digests(&json, row);
    put_texts(&json, row);
    if (row->has_size)
        cu_json_uint(&json, "size", row->size);
    if (row->state_us != 0)
        cu_json_int(&json, "state_us", row->state_us);
    if (row->said != 0) {
        cu_json_uint(&json, "said", row->said);
        cu_json_uint(&json, "flags", row->flags & row->said);
    }
    if (row->wrong)
        cu_json_bool(&json, "wrong", true);
    cu_json_close_object(&json);
    cu_json_line(&json);
    return cu_buffer_check(&builder->lines, err);
}

cu_status cu_hashset_builder_start(cu_hashset_builder *builder, uint64_t offset,
                                   CU_UNUSED cu_err *err)
{
    cu_hashset_filling_start(&builder->filling, 0, offset);
    return CU_OK;
}

cu_status cu_hashset_builder_put(cu_hashset_builder *builder, cu_hashset_field field,
                                 cu_bytes text, CU_UNUSED cu_err *err)
{
    cu_hashset_filling_put(&builder->filling, field, text);
    return CU_OK;
}

cu_status cu_hashset_builder_put_copy(cu_hashset_builder *builder, cu_hashset_field field,
                                      cu_bytes text, cu_err *err)
{
    uint8_t *const room = builder->rooms[field];
    const size_t n =
        text.n < sizeof builder->rooms[field] ? text.n : sizeof builder->rooms[field];

    if (n > 0)
        memcpy(room, text.p, n);
    return cu_hashset_builder_put(builder, field, (cu_bytes){room, n}, err);
}

cu_status cu_hashset_builder_end(cu_hashset_builder *builder, cu_err *err)
{
    return cu_hashset_builder_add(builder, &builder->filling.row, err);
}

cu_status cu_hashset_builder_withdraw(cu_hashset_builder *builder, cu_bytes label,
                                      int64_t state_us, cu_err *err)
{
    cu_json json = {.out = &builder->lines};

    builder->withdrawn++;
    if (builder->silent)
        return CU_OK;
    cu_json_open_object(&json, NULL);
    cu_json_bytes(&json, "withdraw", label);
    if (state_us != 0)
        cu_json_int(&json, "state_us", state_us);
    cu_json_close_object(&json);
    cu_json_line(&json);
    return cu_buffer_check(&builder->lines, err);
}

cu_status cu_hashset_builder_reach(cu_hashset_builder *builder, uint64_t done,
                                   CU_UNUSED cu_err *err)
{
    if (done < builder->reached)
        abort(); /* a bar never goes back */
    builder->reached = done;
    return CU_OK;
}

void cu_hashset_builder_suggest(cu_hashset_builder *builder, cu_bytes name, cu_bytes version)
{
    if (builder->name[0] != '\0')
        return;
    (void)snprintf(builder->name, sizeof builder->name, "%.*s", (int)name.n,
                   name.n == 0 ? "" : (const char *)name.p);
    (void)snprintf(builder->version, sizeof builder->version, "%.*s", (int)version.n,
                   version.n == 0 ? "" : (const char *)version.p);
}

const cu_hashset_import_options *cu_hashset_builder_options(const cu_hashset_builder *builder)
{
    return &builder->options;
}

static const cu_hashset_format *format_of(const char *name)
{
    size_t i = 0;

    while (cu_hashset_formats[i] != NULL && strcmp(cu_hashset_formats[i]->name, name) != 0)
        i++;
    return cu_hashset_formats[i];
}

cu_status rows_read(cu_hashset_builder *builder, const char *format, const char *path,
                    cu_bytes bytes, cu_err *err)
{
    const cu_hashset_source source = {.path = path, .bytes = bytes};

    builder->options.format = format;
    const cu_hashset_format *const found = format_of(format);

    if (found == NULL)
        return cu_fail(err, CU_ENOTFOUND, "there is no format \"%s\"", format);
    return found->read(builder, &source, err);
}

void rows_try(const char *format, const uint8_t *bytes, size_t n)
{
    /* The offsets of UTF-16 are those of its UTF-8, which may be half as long again. */
    cu_hashset_builder first = {.limit = 2 * (uint64_t)n};
    cu_hashset_builder second = first;
    char path[64] = "fuzz";
    cu_err err = {0};
    int fd = -1;

    if (format_of(format)->by_path || cu_bytes_starts((cu_bytes){bytes, n}, "SQLite", 6)) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (fd < 0 || write(fd, bytes, n) != (ssize_t)n)
            abort();
    }

    const cu_status st = rows_read(&first, format, path, (cu_bytes){bytes, n}, &err);

    if (st != rows_read(&second, format, path, (cu_bytes){bytes, n}, NULL) ||
        !cu_bytes_equal(cu_buffer_view(&first.lines), cu_buffer_view(&second.lines)))
        abort();
    if (st != CU_OK && (err.code != st || err.text[0] == '\0'))
        abort();
    if (fd >= 0)
        close(fd);
    cu_buffer_free(&first.lines);
    cu_buffer_free(&second.lines);
}
