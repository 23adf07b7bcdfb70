/* SPDX-License-Identifier: Apache-2.0 */
/* Events of custody, each bound to the one before by its digest. */
#include "register/custody/custody.h"

#include "base/clock.h"
#include "digest/digest.h"

#include <string.h>

static const char first_prev[] =
    "0000000000000000000000000000000000000000000000000000000000000000";

static const cu_field fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_RECORD("exhibit", "exhibit", "the exhibit"),
    CU_HAS_NUMBER("seq", "of the event in the chain, from 1"),
    CU_HAS_TEXT("type", "what happened"),
    CU_HAS_TIME("at", "when"),
    CU_HAS_TEXT("from", "who or where it was with"),
    CU_HAS_TEXT("to", "who or where it is with"),
    CU_HAS_TEXT("seal_before", "the seal that was on it"),
    CU_HAS_TEXT("seal_after", "the seal that is on it"),
    CU_HAS_TEXT("reason", "why"),
    CU_HAS_TEXT("authority", "by whose authority"),
    CU_HAS_TEXT("witness", "who saw it"),
    CU_HAS_NUMBER("corrects", "the event that it corrects"),
    CU_HAS_TEXT("expected", "digest that was expected"),
    CU_HAS_TEXT("got", "digest that was found"),
    CU_HAS_TIME("giver_ack", "when the giver said so"),
    CU_HAS_TIME("receiver_ack", "when the receiver said so"),
    CU_HAS_YES("late", "recorded later than policy allows"),
    CU_HAS_TEXT("line", "the event as it is bound into the chain"),
    CU_HAS_TEXT("digest", "SHA-256 of the line"),
};

const cu_thing cu_thing_custody = {.name = "custody",
                                   .says = "events in the chain of custody",
                                   .states = "recorded",
                                   CU_FIELDS(fields),
                                   .indexed = "exhibit case",
                                   .unique = "exhibit seq",
                                   .read = CU_RIGHT_READ};

static void write_time(cu_json *json, const char *key, int64_t time_us)
{
    char text[cu_time_text_size];

    if (time_us == 0) {
        cu_json_null(json, key);
        return;
    }
    cu_clock_text(time_us, text);
    cu_json_text(json, key, text);
}

/* The line, whose digest binds it: every member in this order, none left out. */
static const char *write_line(cu_act *act, const cu_record *event, const char *prev)
{
    static const char *const texts[] = {"from",   "to",        "seal_before", "seal_after",
                                        "reason", "authority", "witness",     "expected",
                                        "got",    "late"};
    cu_buffer out = {0};
    cu_json json = {.out = &out};

    cu_json_open_object(&json, NULL);
    cu_json_text(&json, "exhibit", cu_record_text(event, "exhibit"));
    cu_json_int(&json, "seq", cu_record_number(event, "seq"));
    cu_json_text(&json, "type", cu_record_text(event, "type"));
    write_time(&json, "at", cu_record_number(event, "at"));
    write_time(&json, "recorded", act->now_us);
    cu_json_text(&json, "by", act->officer.ref);
    for (size_t i = 0; i < CU_COUNT_OF(texts); i++)
        cu_json_text(&json, texts[i], cu_record_text(event, texts[i]));
    cu_json_int(&json, "corrects", cu_record_number(event, "corrects"));
    write_time(&json, "giver_ack", cu_record_number(event, "giver_ack"));
    write_time(&json, "receiver_ack", cu_record_number(event, "receiver_ack"));
    cu_json_text(&json, "prev", prev);
    cu_json_close_object(&json);

    const char *const line = out.bad ? NULL : cu_arena_text(act->arena, out.p, out.n);

    cu_buffer_free(&out);
    return line;
}

static const char *digest_line(cu_act *act, const char *line)
{
    static const char prefix[] = "custos-custody/1\n";
    cu_digest_stream stream;
    cu_digests digests;
    char hex[65];

    cu_digest_init(&stream, CU_DIGEST_SHA256);
    cu_digest_update(&stream, (cu_bytes){(const uint8_t *)prefix, sizeof prefix - 1});
    cu_digest_update(&stream, (cu_bytes){(const uint8_t *)line, strlen(line)});
    cu_digest_final(&stream, &digests);
    cu_hex_encode((cu_bytes){digests.sha256, 32}, hex);
    return cu_act_format(act, "%s", hex);
}

/* Rules C1, C2 and C5. */
static cu_status check_step(cu_act *act, const cu_record *exhibit, const cu_custody_step *step,
                            bool *late)
{
    const char *const holder = cu_record_text(exhibit, "holder");
    const int64_t last_us = cu_record_number(exhibit, "last_at");
    int64_t late_us = 0;
    cu_status st = CU_OK;

    if (step->from != NULL && holder != NULL && strcmp(step->from, holder) != 0)
        return cu_act_refuse(act, "C1", "exhibit %s is with %s, not with %s", exhibit->ref,
                             holder, step->from);
    if (step->at_us < last_us)
        return cu_act_refuse(act, "C2", "%s is before the event of %s",
                             cu_act_when(act, step->at_us), cu_act_when(act, last_us));
    if (step->at_us > act->now_us)
        return cu_act_refuse(act, "C2", "%s is to come", cu_act_when(act, step->at_us));
    st = cu_act_deadline(act, "custody.late", step->at_us, &late_us);
    *late = act->now_us > late_us;
    if (st == CU_OK && *late && step->reason == NULL)
        return cu_act_refuse(act, "C5",
                             "the event of %s is recorded late, and nothing says why",
                             cu_act_when(act, step->at_us));
    return st;
}

cu_status cu_custody_add(cu_act *act, cu_record *exhibit, const cu_custody_step *step)
{
    cu_record *const event = cu_act_new(act, "custody", "recorded");
    const int64_t seq = cu_record_number(exhibit, "last_seq") + 1;
    const char *const holder = cu_record_text(exhibit, "holder");
    const char *const prev = cu_record_text(exhibit, "last_digest");
    bool late = false;
    cu_status st = check_step(act, exhibit, step, &late);

    if (st != CU_OK)
        return st;
    if (event == NULL)
        return CU_ENOMEM;
    event->ref = cu_act_format(act, "%s#%lld", exhibit->ref, (long long)seq);
    cu_record_set(event, "case", cu_record_text(exhibit, "case"));
    cu_record_set(event, "exhibit", exhibit->ref);
    cu_record_set_number(event, "seq", seq);
    cu_record_set(event, "type", step->type);
    cu_record_set_number(event, "at", step->at_us);
    cu_record_set(event, "from", step->from != NULL ? step->from : holder);
    cu_record_set(event, "to", step->to != NULL ? step->to : holder);
    cu_record_set(event, "seal_before", step->seal_before);
    cu_record_set(event, "seal_after", step->seal_after);
    cu_record_set(event, "reason", step->reason);
    cu_record_set(event, "authority", step->authority);
    cu_record_set(event, "witness", step->witness);
    cu_record_set(event, "expected", step->expected);
    cu_record_set(event, "got", step->got);
    cu_record_set(event, "late", late ? "yes" : "no");
    if (step->corrects != 0)
        cu_record_set_number(event, "corrects", step->corrects);
    if (step->giver_ack_us != 0)
        cu_record_set_number(event, "giver_ack", step->giver_ack_us);
    if (step->receiver_ack_us != 0)
        cu_record_set_number(event, "receiver_ack", step->receiver_ack_us);

    const char *const line = write_line(act, event, prev == NULL ? first_prev : prev);

    if (line == NULL)
        return cu_fail(act->err, CU_ENOMEM, "out of memory");
    cu_record_set(event, "line", line);
    cu_record_set(event, "digest", digest_line(act, line));
    cu_record_set(exhibit, "last_digest", cu_record_text(event, "digest"));
    cu_record_set(exhibit, "holder", cu_record_text(event, "to"));
    cu_record_set_number(exhibit, "last_at", step->at_us);
    cu_record_set_number(exhibit, "last_seq", seq);
    if (late)
        cu_act_warn(act, "event %lld of %s is a late entry (rule C5)", (long long)seq,
                    exhibit->ref);
    return cu_act_add(act, event);
}

cu_status cu_custody_write(cu_act *act, const char *exhibit, cu_buffer *out)
{
    cu_record **list = NULL;
    size_t count = 0;
    const cu_status st = cu_act_find(act, "custody", "exhibit", exhibit, &list, &count);

    for (size_t i = 0; st == CU_OK && i < count; i++)
        cu_buffer_format(out, "%s %s\n", cu_record_text(list[i], "digest"),
                         cu_record_text(list[i], "line"));
    return st == CU_OK ? cu_buffer_check(out, act->err) : st;
}

cu_status cu_custody_state(cu_act *act, const char *exhibit, const char *officer,
                           cu_buffer *out)
{
    const char *const holder = cu_act_format(act, "officer:%s", officer);
    cu_record **list = NULL;
    size_t count = 0;
    const cu_status st = cu_act_find(act, "custody", "exhibit", exhibit, &list, &count);

    cu_buffer_format(out, "Continuity of exhibit %s: what %s did.\n\n", exhibit, officer);
    for (size_t i = 0; st == CU_OK && i < count; i++) {
        const cu_record *const event = list[i];

        if (!cu_record_is(event, "from", holder) && !cu_record_is(event, "to", holder) &&
            strcmp(event->made_by, officer) != 0)
            continue;
        cu_buffer_format(
            out, "%lld. On %s: %s, from %s to %s", (long long)cu_record_number(event, "seq"),
            cu_act_when(act, cu_record_number(event, "at")), cu_record_text(event, "type"),
            cu_record_has(event, "from") ? cu_record_text(event, "from") : "-",
            cu_record_has(event, "to") ? cu_record_text(event, "to") : "-");
        if (cu_record_has(event, "seal_after"))
            cu_buffer_format(out, ", seal %s", cu_record_text(event, "seal_after"));
        cu_buffer_format(out, "%s.\n",
                         cu_record_is(event, "late", "yes") ? " (recorded late)" : "");
    }
    return st == CU_OK ? cu_buffer_check(out, act->err) : st;
}
