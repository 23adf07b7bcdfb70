/* SPDX-License-Identifier: Apache-2.0 */
/* The one writer by which JSON leaves Custos: commas, nesting and escapes are its business
 * alone. */
#ifndef CU_BASE_JSON_H
#define CU_BASE_JSON_H

#include "base/bytes.h"

/*
 * Writes compact JSON (RFC 8259) to the end of out. Zero it but for out. A key is NULL inside
 * an array and at the top. Failures are kept in out (cu_buffer_check).
 */
typedef struct cu_json {
    cu_buffer *out;
    bool comma; /* the next value needs one before it */
} cu_json;

void cu_json_open_object(cu_json *json, const char *key);
void cu_json_close_object(cu_json *json);
void cu_json_open_array(cu_json *json, const char *key);
void cu_json_close_array(cu_json *json);
void cu_json_null(cu_json *json, const char *key);
void cu_json_bool(cu_json *json, const char *key, bool value);
void cu_json_int(cu_json *json, const char *key, int64_t value);
void cu_json_uint(cu_json *json, const char *key, uint64_t value);

/* Seconds or a ratio, with places digits after the point. */
void cu_json_real(cu_json *json, const char *key, double value, int places);

/* NULL is written as null. Bytes that are not UTF-8 are written as the characters \xNN. */
void cu_json_text(cu_json *json, const char *key, const char *text);
void cu_json_bytes(cu_json *json, const char *key, cu_bytes text);

/* Ends a line of JSONL, or the file: a line feed, and the next value is at the top again. */
void cu_json_line(cu_json *json);

#endif
