/* SPDX-License-Identifier: Apache-2.0 */
/* JSON through yajl, value by value. */
#include "register/intake/fact.h"

#include <stdio.h>
#include <string.h>
#include <yajl/yajl_parse.h>

typedef struct level {
    size_t path_length; /* of the object or array itself */
    uint32_t group;
    bool is_object;
} level;

typedef struct parsing {
    cu_fact_sink *sink;
    cu_buffer path;
    level levels[cu_fact_depth + 1];
    size_t depth;
    cu_status st;
    cu_err *err;
} parsing;

static int give(parsing *self, cu_fact_kind kind, const void *text, size_t n)
{
    const cu_fact fact = {
        kind, self->levels[self->depth].group, cu_buffer_view(&self->path), {text, n}};

    self->st = cu_fact_give(self->sink, &fact, self->err);
    self->path.n = self->levels[self->depth].path_length;
    return self->st == CU_OK;
}

static int on_null(void *context)
{
    return give(context, CU_FACT_NULL, NULL, 0);
}

static int on_bool(void *context, int value)
{
    return give(context, CU_FACT_VALUE, value ? "true" : "false", value ? 4 : 5);
}

static int on_number(void *context, const char *text, size_t n)
{
    return give(context, CU_FACT_VALUE, text, n);
}

static int on_string(void *context, const unsigned char *text, size_t n)
{
    return give(context, CU_FACT_VALUE, text, n);
}

static int on_key(void *context, const unsigned char *key, size_t n)
{
    parsing *const self = context;

    self->path.n = self->levels[self->depth].path_length;
    if (self->depth > 1)
        cu_buffer_u8(&self->path, '/');
    cu_buffer_append(&self->path, key, n);
    self->st = cu_buffer_check(&self->path, self->err);
    return self->st == CU_OK;
}

static int open_level(parsing *self, bool is_object)
{
    if (self->depth == cu_fact_depth) {
        self->st = cu_fail(self->err, CU_ELIMIT, "nested deeper than %d", cu_fact_depth);
        return 0;
    }
    self->depth++;
    /* What lies straight in an array belongs with what holds the array. */
    self->levels[self->depth] =
        (level){.path_length = self->path.n,
                .group = is_object ? ++self->sink->groups : self->levels[self->depth - 1].group,
                .is_object = is_object};
    return 1;
}

static int close_level(parsing *self)
{
    self->depth--;
    self->path.n = self->levels[self->depth].path_length;
    return 1;
}

static int on_open_object(void *context)
{
    return open_level(context, true);
}

static int on_open_array(void *context)
{
    return open_level(context, false);
}

static int on_close(void *context)
{
    return close_level(context);
}

static cu_status parse(parsing *self, yajl_handle yajl, cu_bytes document)
{
    yajl_status status = yajl_parse(yajl, document.p, document.n);

    if (status == yajl_status_ok)
        status = yajl_complete_parse(yajl);
    if (status == yajl_status_ok && self->depth == 0)
        return CU_OK;
    if (self->st != CU_OK)
        return self->st;
    return cu_fail(self->err, CU_EFORMAT, "byte %zu: not JSON from here on",
                   yajl_get_bytes_consumed(yajl));
}

cu_status cu_fact_read_json(cu_bytes document, const char *prefix, cu_fact_sink *sink,
                            cu_err *err)
{
    static const yajl_callbacks callbacks = {
        .yajl_null = on_null,
        .yajl_boolean = on_bool,
        .yajl_number = on_number,
        .yajl_string = on_string,
        .yajl_start_map = on_open_object,
        .yajl_map_key = on_key,
        .yajl_end_map = on_close,
        .yajl_start_array = on_open_array,
        .yajl_end_array = on_close,
    };
    parsing self = {.sink = sink, .path = {.ceiling = cu_fact_path_bytes}, .err = err};

    if (cu_bytes_starts(document, "\xEF\xBB\xBF", 3))
        document = cu_bytes_slice(document, 3, document.n);

    const yajl_handle yajl = yajl_alloc(&callbacks, NULL, &self);

    if (yajl == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    (void)yajl_config(yajl, yajl_dont_validate_strings, 1);
    cu_buffer_append(&self.path, prefix, strlen(prefix));
    self.levels[0] = (level){.path_length = self.path.n, .group = ++sink->groups};

    const cu_status st = parse(&self, yajl, document);

    yajl_free(yajl);
    cu_buffer_free(&self.path);
    return st;
}
