/* SPDX-License-Identifier: Apache-2.0 */
/* There is one way to write an entry, and what is written any other way is refused. */
#include "support/cmocka.h"
#include "tlog/tlog.h"

#include <stdlib.h>
#include <string.h>

static const char whole[] =
    "custos-entry/1\n"
    "seq 41\n"
    "time 2026-11-23T21:14:07.123456Z\n"
    "clock-behind-us 12\n"
    "actor officer:7f3a\n"
    "session 9\n"
    "from host:w\xc3\xa4rk-3\n"
    "class consultation\n"
    "action exhibit.view\n"
    "object exhibit:0190\n"
    "context grid 3\n"
    "reason-code LOOKUP-3\n"
    "result denied:need-to-know\n"
    "c.case 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"
    "d.count 3\n"
    "d.query-2 a  b\n"
    "payload-sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n";

static const char least[] = "custos-entry/1\nseq 0\ntime 1970-01-01T00:00:00.000000Z\n"
                            "actor system\naction log.begin\n";

static cu_bytes text_of(const char *text)
{
    return (cu_bytes){(const uint8_t *)text, strlen(text)};
}

static cu_tlog_entry entry;

static void reads_what_it_writes(void **state)
{
    static const char *const texts[] = {whole, least};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(texts); i++) {
        cu_buffer out = {0};

        assert_int_equal(cu_tlog_entry_parse(text_of(texts[i]), &entry, NULL), CU_OK);
        assert_int_equal(cu_tlog_entry_append(&out, &entry, NULL), CU_OK);
        assert_true(cu_bytes_equal(cu_buffer_view(&out), text_of(texts[i])));
        cu_buffer_free(&out);
    }
    assert_int_equal(cu_tlog_entry_parse(text_of(whole), &entry, NULL), CU_OK);
    assert_int_equal(entry.seq, 41);
    assert_true(entry.time_us == 1795468447123456);
    assert_int_equal(entry.behind_us, 12);
    assert_true(cu_bytes_equal(cu_tlog_entry_find(&entry, "d.count"), text_of("3")));
    assert_int_equal(cu_tlog_entry_find(&entry, "d.none").n, 0);
}

static void refuses_every_cut_and_every_line_moved(void **state)
{
    char *const copy = malloc(2 * sizeof whole);

    (void)state;
    assert_non_null(copy);
    for (size_t n = 0; n + 1 < sizeof whole; n++) {
        /* A cut at the end of a line after the needed ones is an entry of its own. */
        if (cu_tlog_entry_parse((cu_bytes){(const uint8_t *)whole, n}, &entry, NULL) == CU_OK)
            assert_true(whole[n - 1] == '\n' && strstr(whole, "action") + 10 < whole + n);
    }
    for (const char *line = whole; *line != '\0'; line = strchr(line, '\n') + 1) {
        const size_t length = (size_t)(strchr(line, '\n') + 1 - line);
        const size_t before = (size_t)(line - whole);

        /* The line twice, and the line at the end. */
        memcpy(copy, whole, before + length);
        memcpy(copy + before + length, line, sizeof whole - before);
        assert_int_equal(cu_tlog_entry_parse(text_of(copy), &entry, NULL), CU_EFORMAT);
        if (line[length] == '\0')
            continue;
        memcpy(copy, whole, before);
        memcpy(copy + before, line + length, sizeof whole - before - length);
        memcpy(copy + sizeof whole - 1 - length, line, length);
        copy[sizeof whole - 1] = '\0';
        assert_int_equal(cu_tlog_entry_parse(text_of(copy), &entry, NULL), CU_EFORMAT);
    }
    free(copy);
}

/* Any change of one byte gives what is refused, or what is written back byte for byte. */
static void is_refused_or_written_back_whatever_byte_changes(void **state)
{
    uint8_t copy[sizeof whole - 1];
    unsigned taken = 0;

    (void)state;
    for (size_t i = 0; i < sizeof copy; i++) {
        for (unsigned value = 0; value < 256; value++) {
            cu_buffer out = {0};

            memcpy(copy, whole, sizeof copy);
            copy[i] = (uint8_t)value;
            if (cu_tlog_entry_parse((cu_bytes){copy, sizeof copy}, &entry, NULL) != CU_OK)
                continue;
            taken++;
            assert_int_equal(cu_tlog_entry_append(&out, &entry, NULL), CU_OK);
            assert_true(cu_bytes_equal(cu_buffer_view(&out), (cu_bytes){copy, sizeof copy}));
            cu_buffer_free(&out);
        }
    }
    assert_true(taken > sizeof copy);
}

static void refuses_values_that_are_not_plain_text(void **state)
{
    static const char *const bad[] = {
        "",     " a",   "a ",       "a\tb",         "a\nb",     "a\x7f",    "a\x01",
        "\xff", "\xc3", "\xc2\x85", "\xed\xa0\x80", "\xc0\xaf", "\xc2\x80x"};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(bad); i++) {
        cu_buffer out = {0};

        assert_int_equal(cu_tlog_entry_parse(text_of(least), &entry, NULL), CU_OK);
        entry.actor = text_of(bad[i]);
        assert_int_equal(cu_tlog_entry_append(&out, &entry, NULL), CU_EUSAGE);
        assert_int_equal(out.n, 0);
        if (bad[i][0] != '\0') {
            assert_int_equal(cu_tlog_entry_parse(text_of(least), &entry, NULL), CU_OK);
            entry.n = 1;
            entry.lines[0] = (cu_tlog_entry_line){text_of("d.a"), text_of(bad[i])};
            assert_int_equal(cu_tlog_entry_append(&out, &entry, NULL), CU_EUSAGE);
        }
        cu_buffer_free(&out);
    }
}

static void refuses_days_that_are_not_there(void **state)
{
    static const struct {
        const char *time;
        cu_status st;
    } times[] = {
        {"2024-02-29T00:00:00.000000Z", CU_OK},
        {"2026-02-29T00:00:00.000000Z", CU_EFORMAT},
        {"2100-02-29T00:00:00.000000Z", CU_EFORMAT},
        {"2026-04-31T00:00:00.000000Z", CU_EFORMAT},
        {"2026-13-01T00:00:00.000000Z", CU_EFORMAT},
        {"2026-00-01T00:00:00.000000Z", CU_EFORMAT},
        {"2026-01-01T24:00:00.000000Z", CU_EFORMAT},
        {"2026-01-01T23:59:60.000000Z", CU_EFORMAT},
        {"1969-12-31T23:59:59.999999Z", CU_EFORMAT},
        {"2026-01-01t00:00:00.000000Z", CU_EFORMAT},
        {"9999-12-31T23:59:59.999999Z", CU_OK},
        {"2026-01-01T00:00:00.00000Z", CU_EFORMAT},
    };

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(times); i++) {
        cu_buffer text = {0};
        cu_buffer out = {0};

        cu_buffer_format(&text, "custos-entry/1\nseq 0\ntime %s\nactor a\naction b\n",
                         times[i].time);
        assert_int_equal(cu_tlog_entry_parse(cu_buffer_view(&text), &entry, NULL), times[i].st);
        if (times[i].st == CU_OK) {
            assert_int_equal(cu_tlog_entry_append(&out, &entry, NULL), CU_OK);
            assert_true(cu_bytes_equal(cu_buffer_view(&out), cu_buffer_view(&text)));
        }
        cu_buffer_free(&text);
        cu_buffer_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_it_writes),
        cmocka_unit_test(refuses_every_cut_and_every_line_moved),
        cmocka_unit_test(is_refused_or_written_back_whatever_byte_changes),
        cmocka_unit_test(refuses_values_that_are_not_plain_text),
        cmocka_unit_test(refuses_days_that_are_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
