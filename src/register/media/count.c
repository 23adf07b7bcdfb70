/* SPDX-License-Identifier: Apache-2.0 */
/* Counts of an exhibit, frozen: later grades make new counts, and these stay. */
#include "digest/digest.h"
#include "register/media/media.h"

#include <string.h>

static const cu_field fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_RECORD("exhibit", "exhibit", "the exhibit"),
    CU_HAS_TEXT("counts", "JSON: grade, still or moving, accessible or not, files, places"),
    CU_HAS_NUMBER("files", "how many files were counted"),
    CU_HAS_TEXT("list_sha256", "of the sorted list of files and grades that was counted"),
};

/* Each file of the exhibit with its grade, in the order of digests: what the counts are of. */
static cu_status digest_list(cu_act *act, const char *exhibit, int64_t *files, char hex[65])
{
    CU_AUTO(cu_rows, rows);
    cu_digest_stream stream;
    cu_digests digests;
    bool more = false;
    cu_status st = cu_store_query(
        act->store,
        "SELECT DISTINCT m.ref, COALESCE(m.code, '-') FROM register_media m"
        " JOIN register_occurrence o ON o.media = m.ref WHERE o.exhibit = $1 ORDER BY m.ref",
        CU_VALUES(cu_value_text(exhibit)), &rows, act->err);

    *files = 0;
    cu_digest_init(&stream, CU_DIGEST_SHA256);
    while (st == CU_OK && (st = cu_rows_next(rows, &more, act->err)) == CU_OK && more) {
        const char *const line =
            cu_act_format(act, "%s %s\n", cu_rows_text(rows, 0), cu_rows_text(rows, 1));

        cu_digest_update(&stream, (cu_bytes){(const uint8_t *)line, strlen(line)});
        ++*files;
    }
    cu_digest_final(&stream, &digests);
    cu_hex_encode((cu_bytes){digests.sha256, 32}, hex);
    return st;
}

static cu_status count_groups(cu_act *act, const char *exhibit, cu_json *json)
{
    CU_AUTO(cu_rows, rows);
    bool more = false;
    cu_status st = cu_store_query(
        act->store,
        "SELECT COALESCE(m.code, '-'), m.kind, o.accessible, count(DISTINCT m.ref), count(*)"
        " FROM register_media m JOIN register_occurrence o ON o.media = m.ref WHERE o.exhibit "
        "= $1"
        " GROUP BY m.code, m.kind, o.accessible ORDER BY 1, 2, 3",
        CU_VALUES(cu_value_text(exhibit)), &rows, act->err);

    cu_json_open_array(json, NULL);
    while (st == CU_OK && (st = cu_rows_next(rows, &more, act->err)) == CU_OK && more) {
        cu_json_open_object(json, NULL);
        cu_json_text(json, "grade", cu_rows_text(rows, 0));
        cu_json_text(json, "kind", cu_rows_text(rows, 1));
        cu_json_text(json, "accessible", cu_rows_text(rows, 2));
        cu_json_int(json, "files", cu_rows_integer(rows, 3));
        cu_json_int(json, "places", cu_rows_integer(rows, 4));
        cu_json_close_object(json);
    }
    cu_json_close_array(json);
    return st;
}

static cu_status freeze(cu_act *act)
{
    const char *const exhibit = cu_record_text(act->record, "exhibit");
    cu_record *of = NULL;
    cu_buffer out = {0};
    cu_json json = {.out = &out};
    int64_t files = 0;
    char hex[65];
    cu_status st = cu_act_load(act, "exhibit", exhibit, &of);

    if (st == CU_OK)
        st = digest_list(act, exhibit, &files, hex);
    if (st == CU_OK)
        st = count_groups(act, exhibit, &json);
    if (st == CU_OK)
        st = cu_buffer_check(&out, act->err);
    if (st == CU_OK) {
        cu_record_set(act->record, "case", cu_record_text(of, "case"));
        cu_record_set(act->record, "counts", cu_arena_text(act->arena, out.p, out.n));
        cu_record_set_number(act->record, "files", files);
        cu_record_set(act->record, "list_sha256", cu_act_format(act, "%s", hex));
    }
    cu_buffer_free(&out);
    return st;
}

static const cu_action actions[] = {
    {.name = "freeze",
     .says = "the counts of an exhibit as they are now",
     .from = "",
     .to = "frozen",
     .right = CU_RIGHT_RUN_EXAMINATION,
     .duty = "alteration",
     .wants = "exhibit",
     .rules = freeze},
};

const cu_thing cu_thing_count = {.name = "count",
                                 .says = "frozen counts of an exhibit",
                                 .prefix = "CT",
                                 .states = "frozen",
                                 CU_FIELDS(fields),
                                 CU_ACTIONS(actions),
                                 .indexed = "exhibit case",
                                 .read = CU_RIGHT_READ};
