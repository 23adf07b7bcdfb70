/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever is sent in: what is known is understood, what is not is named, nothing is dropped.
 */
#include "register/intake/tip.h"

#include "support/cmocka.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Invented; documentation addresses and drama numbers only. */
static const char report[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<report xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n"
    " <incidentSummary><incidentType>Invented</incidentType><platform>ExampleChat</platform>\n"
    "  <incidentDateTime>2026-02-27T21:14:05Z</incidentDateTime></incidentSummary>\n"
    " <reporter><reportingPerson><email>trust@example.com</email></reportingPerson></"
    "reporter>\n"
    " <personOrUserReported><personOrUserReportedPerson>\n"
    "   <phone type=\"Mobile\" countryCallingCode=\"+44\">07700 900123</phone>\n"
    "   <email "
    "verified=\"true\">Sample.Person@example.com</email></personOrUserReportedPerson>\n"
    "  <espIdentifier>u-000001</espIdentifier><screenName>Sample_User</screenName>\n"
    "  <ipCaptureEvent><ipAddress>192.0.2.10</ipAddress><eventName>Login</eventName>\n"
    "   <dateTime>2026-02-27T21:14:05Z</dateTime><port>51515</port></ipCaptureEvent>\n"
    "  <ipCaptureEvent><ipAddress>2001:DB8::1</ipAddress><dateTime>2026-02-27 "
    "21:14:05</dateTime></ipCaptureEvent>\n"
    "  <newThing><inside>kept</inside></newThing>\n"
    " </personOrUserReported></report>";

static const char download[] =
    "\xEF\xBB\xBF{\"reportId\":4564654,\"reportedInformation\":{"
    "\"reportingEsp\":{\"espName\":\"ExampleChat Ltd\",\"lastName\":null},"
    "\"reportedPeople\":{\"reportedPersons\":[{\"firstName\":null,\"screenName\":{\"value\":"
    "\"sample_user\"},"
    "\"emails\":{\"emails\":[{\"value\":\"sample.person@example.com\",\"verified\":true}]},"
    "\"phones\":{\"phones\":[{\"value\":\"+447700900123\"}]},"
    "\"sourceInformation\":{\"sourceCaptures\":[{\"captureType\":\"IP "
    "Address\",\"value\":\"192.0.2.10\","
    "\"dateTime\":\"2026-02-27T21:14:05Z\",\"port\":\"51515\"},"
    "{\"captureType\":\"Profile URL\",\"value\":\"https://example.com/u\"},"
    "{\"port\":null,\"value\":\"192.0.2.11\",\"captureType\":\"IP "
    "Address\",\"dateTime\":\"2026-02-27T21:14:05\"}]}}]},"
    "\"uploadedFiles\":{\"uploadedFiles\":[{\"filename\":\"a.jpg\","
    "\"verificationHash\":\"d41d8cd98f00b204e9800998ecf8427e\"},"
    "{\"verificationHash\":\"not a hash\"}]},"
    "\"brandNew\":{\"deep\":[1,{\"x\":\"y\"}]}}}";

static cu_arena *arena;

static int open_arena(void **state)
{
    (void)state;
    arena = cu_arena_new(64 << 20);
    return arena == NULL ? -1 : 0;
}

static int close_arena(void **state)
{
    (void)state;
    cu_arena_free(arena);
    return 0;
}

/* As the child and its parent do it, in one process. */
static cu_status read_tip(cu_bytes file, cu_tip *tip)
{
    cu_tip_facts *const facts = cu_tip_begin(arena);
    cu_fact_sink sink = {.take = cu_tip_take, .context = facts};
    const char *const format = cu_fact_format(file);
    cu_err why = {0};
    cu_status st = CU_EUNSUPPORTED;

    if (strcmp(format, "xml") == 0)
        st = cu_fact_read_xml(file, "", &sink, &why);
    else if (strcmp(format, "json") == 0)
        st = cu_fact_read_json(file, "", &sink, &why);
    else if (strcmp(format, "zip") == 0)
        st = cu_fact_read_zip(file, &sink, &why);
    if (st != CU_OK)
        assert_int_equal(cu_tip_problem(facts, "", why.text, NULL), CU_OK);
    assert_int_equal(cu_tip_end(facts, format, tip, NULL), CU_OK);
    return st;
}

static cu_bytes bytes_of(const char *text)
{
    return (cu_bytes){(const uint8_t *)text, strlen(text)};
}

static const cu_tip_identifier *find(const cu_tip *tip, const char *kind, const char *value)
{
    for (size_t i = 0; i < tip->identifier_count; i++) {
        if (strcmp(tip->identifiers[i].kind, kind) == 0 &&
            strcmp(tip->identifiers[i].value, value) == 0)
            return &tip->identifiers[i];
    }
    fail_msg("no %s %s", kind, value);
    return NULL;
}

static void an_xml_report_gives_its_identifiers_with_their_times(void **state)
{
    cu_tip tip;

    (void)state;
    assert_int_equal(read_tip(bytes_of(report), &tip), CU_OK);
    assert_string_equal(tip.service, "ExampleChat");
    assert_string_equal(tip.incident, "Invented");
    assert_string_equal(find(&tip, "ip", "192.0.2.10")->port, "51515");
    assert_string_equal(find(&tip, "ip", "192.0.2.10")->event, "Login");
    assert_string_equal(find(&tip, "ip", "192.0.2.10")->whose, "reported");
    assert_true(find(&tip, "ip", "192.0.2.10")->has_offset);
    assert_string_equal(find(&tip, "phone", "+447700900123")->original, "07700 900123");
    find(&tip, "email", "sample.person@example.com");
    find(&tip, "screen-name", "Sample_User");
    find(&tip, "user-id", "u-000001");
    assert_false(tip.child);
    for (size_t i = 0; i < tip.identifier_count; i++) /* the sender's staff are not needed */
        assert_string_not_equal(tip.identifiers[i].value, "trust@example.com");
}

/* Vector 11. */
static void a_time_without_offset_cannot_be_verified(void **state)
{
    cu_tip tip;

    (void)state;
    assert_int_equal(read_tip(bytes_of(report), &tip), CU_OK);
    assert_false(find(&tip, "ip", "2001:db8::1")->has_offset);
    assert_string_equal(find(&tip, "ip", "2001:db8::1")->time, "2026-02-27 21:14:05");
    assert_int_equal(read_tip(bytes_of(download), &tip), CU_OK);
    assert_false(find(&tip, "ip", "192.0.2.11")->has_offset);
    assert_null(find(&tip, "ip", "192.0.2.11")->port);
}

static void an_element_of_no_known_name_is_kept_and_named(void **state)
{
    cu_tip tip;

    (void)state;
    assert_int_equal(read_tip(bytes_of(report), &tip), CU_OK);
    assert_int_equal(tip.unknown_count, 1);
    assert_string_equal(tip.unknown[0].path, "report/personOrUserReported/newThing/inside");
    assert_string_equal(tip.unknown[0].text, "kept");
    assert_int_equal(read_tip(bytes_of(download), &tip), CU_OK);
    assert_int_equal(tip.unknown_count, 2);
    assert_string_equal(tip.unknown[1].path, "reportedInformation/brandNew/deep/x");
}

/* Vector 9. */
static void json_with_a_byte_order_mark_and_nulls_is_read(void **state)
{
    cu_tip tip;

    (void)state;
    assert_int_equal(read_tip(bytes_of(download), &tip), CU_OK);
    assert_string_equal(tip.report, "4564654");
    assert_string_equal(tip.service, "ExampleChat Ltd");
    assert_string_equal(find(&tip, "ip", "192.0.2.10")->port, "51515");
    find(&tip, "url", "https://example.com/u");
    find(&tip, "email", "sample.person@example.com");
    find(&tip, "phone", "+447700900123");
    assert_string_equal(find(&tip, "md5", "d41d8cd98f00b204e9800998ecf8427e")->whose, "file");
    assert_int_equal(tip.problem_count, 1); /* "not a hash" is told, not taken */
    assert_string_equal(tip.problems[0].text, "not a hash");
}

static void both_formats_give_one_form_of_the_same_identifier(void **state)
{
    cu_tip xml;
    cu_tip json;

    (void)state;
    assert_int_equal(read_tip(bytes_of(report), &xml), CU_OK);
    assert_int_equal(read_tip(bytes_of(download), &json), CU_OK);
    assert_string_equal(find(&xml, "phone", "+447700900123")->value,
                        find(&json, "phone", "+447700900123")->value);
    assert_int_equal(find(&xml, "ip", "192.0.2.10")->time_us,
                     find(&json, "ip", "192.0.2.10")->time_us);
}

static void a_hash_in_xml_is_of_the_kind_that_its_attribute_says(void **state)
{
    static const char details[] =
        "<fileDetails><fileId>3a1d4fd4106b82499b7c93442aa7dca4</fileId>"
        "<originalFileHash "
        "hashType=\"MD5\">d41d8cd98f00b204e9800998ecf8427e</originalFileHash>"
        "<originalFileHash hashType=\"Odd\">00</originalFileHash>"
        "<details><nameValuePair type=\"HASH\"><name>SHA1</name>"
        "<value>da39a3ee5e6b4b0d3255bfef95601890afd80709</value></nameValuePair></details>"
        "<fileAnnotations><possibleSelfProduction/></fileAnnotations></fileDetails>";
    cu_tip tip;

    (void)state;
    assert_int_equal(read_tip(bytes_of(details), &tip), CU_OK);
    find(&tip, "md5", "d41d8cd98f00b204e9800998ecf8427e");
    find(&tip, "sha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    assert_int_equal(tip.unknown_count, 1); /* the hash of a kind that we do not know */
    assert_true(tip.child);
}

static void a_document_type_is_refused_and_said(void **state)
{
    static const char bomb[] = "<!DOCTYPE a [<!ENTITY x \"y\"><!ENTITY z \"&x;&x;&x;\">]>"
                               "<report><screenName>&z;</screenName></report>";
    cu_tip tip;

    (void)state;
    assert_int_equal(read_tip(bytes_of(bomb), &tip), CU_EFORMAT);
    assert_int_equal(tip.problem_count, 1);
    assert_non_null(strstr(tip.problems[0].text, "document type"));
}

static void nesting_and_length_have_ceilings(void **state)
{
    static char deep[1 << 12];
    static char wide[cu_fact_value_bytes + 64];
    cu_tip tip;

    (void)state;
    memset(deep, '[', sizeof deep - 1);
    assert_int_equal(read_tip(bytes_of(deep), &tip), CU_ELIMIT);
    for (size_t i = 0; i + 4 < sizeof deep; i += 3)
        memcpy(deep + i, "<a>", 4);
    assert_int_equal(read_tip(bytes_of(deep), &tip), CU_ELIMIT);
    memset(wide, 'x', sizeof wide - 1);
    memcpy(wide, "{\"reportId\":\"", 13);
    memcpy(wide + sizeof wide - 3, "\"}", 3);
    assert_int_equal(read_tip(bytes_of(wide), &tip), CU_ELIMIT);
}

static void every_truncation_is_told_and_keeps_what_came_before(void **state)
{
    (void)state;
    for (size_t n = 1; n < sizeof report - 1; n++) {
        cu_tip tip;

        if (read_tip((cu_bytes){(const uint8_t *)report, n}, &tip) == CU_OK)
            fail_msg("%zu bytes are no report", n);
        assert_int_equal(tip.problem_count, 1);
        assert_true(n < 700 || tip.service != NULL);
    }
    for (size_t n = 4; n < sizeof download - 1; n++) {
        cu_tip tip;

        assert_int_not_equal(read_tip((cu_bytes){(const uint8_t *)download, n}, &tip), CU_OK);
        assert_true(tip.problem_count >= 1);
        cu_arena_reset(arena);
    }
}

/* ---- ZIP ---- */

typedef struct packed {
    uint8_t *p;
    size_t room, n;
    struct archive *archive;
} packed;

static void begin_zip(packed *self, size_t room)
{
    self->p = malloc(room);
    self->room = room;
    assert_non_null(self->p);
    self->archive = archive_write_new();
    assert_int_equal(archive_write_set_format_zip(self->archive), ARCHIVE_OK);
    assert_int_equal(archive_write_open_memory(self->archive, self->p, self->room, &self->n),
                     ARCHIVE_OK);
}

static void add_member(packed *self, const char *name, const void *bytes, size_t n,
                       size_t times)
{
    struct archive_entry *const entry = archive_entry_new();

    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, (int64_t)(n * times));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    assert_int_equal(archive_write_header(self->archive, entry), ARCHIVE_OK);
    for (size_t i = 0; i < times; i++)
        assert_int_equal(archive_write_data(self->archive, bytes, n), n);
    archive_entry_free(entry);
}

static cu_bytes end_zip(packed *self)
{
    assert_int_equal(archive_write_close(self->archive), ARCHIVE_OK);
    archive_write_free(self->archive);
    return (cu_bytes){self->p, self->n};
}

/* Vector 10. */
static void a_zip_with_a_name_that_leaves_its_folder_is_named_and_written_nowhere(void **state)
{
    static const char *const names[] = {"../../etc/passwd", "/abs.json", "a/../../b", "C:\\x"};
    packed zip = {.p = NULL};
    cu_tip tip;

    (void)state;
    begin_zip(&zip, 1 << 20);
    for (size_t i = 0; i < CU_COUNT_OF(names); i++)
        add_member(&zip, names[i], download, sizeof download - 1, 1);
    add_member(&zip, "report.xml", report, sizeof report - 1, 1);
    add_member(&zip, "twice.txt", "a", 1, 1);
    add_member(&zip, "twice.txt", "b", 1, 1);
    assert_int_equal(read_tip(end_zip(&zip), &tip), CU_OK);
    assert_int_equal(tip.member_count, 7);
    find(&tip, "user-id", "u-000001"); /* of report.xml inside */

    size_t leaving = 0;
    size_t twice = 0;

    for (size_t i = 0; i < tip.problem_count; i++) {
        leaving += strstr(tip.problems[i].text, "leaves its folder") != NULL;
        twice += strstr(tip.problems[i].text, "there twice") != NULL;
    }
    assert_int_equal(leaving, 4);
    assert_int_equal(twice, 1);
    assert_string_equal(tip.members[5].sha256,
                        "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
    free(zip.p);
}

static void a_bomb_is_left_unread_and_said(void **state)
{
    static uint8_t zeros[1 << 20];
    packed zip = {.p = NULL};
    cu_tip tip;

    (void)state;
    begin_zip(&zip, 4 << 20);
    add_member(&zip, "bomb.bin", zeros, sizeof zeros, 257);
    add_member(&zip, "report.xml", report, sizeof report - 1, 1);
    assert_int_equal(read_tip(end_zip(&zip), &tip), CU_OK);
    assert_int_equal(tip.problem_count, 1);
    assert_non_null(strstr(tip.problems[0].text, "more than the ceiling"));
    find(&tip, "user-id", "u-000001"); /* and the rest is read */
    free(zip.p);
}

static void a_damaged_zip_is_said(void **state)
{
    packed zip = {.p = NULL};
    cu_tip tip;

    (void)state;
    begin_zip(&zip, 1 << 20);
    add_member(&zip, "report.xml", report, sizeof report - 1, 1);

    const cu_bytes whole = end_zip(&zip);

    for (size_t n = 4; n < whole.n; n += 3) {
        (void)read_tip(cu_bytes_slice(whole, 0, n), &tip);
        assert_true(tip.problem_count > 0);
        cu_arena_reset(arena);
    }
    free(zip.p);
}

static void formats_are_known_by_their_first_bytes(void **state)
{
    (void)state;
    assert_string_equal(cu_fact_format(bytes_of("  \n<a/>")), "xml");
    assert_string_equal(cu_fact_format(bytes_of("\xEF\xBB\xBF[1]")), "json");
    assert_string_equal(cu_fact_format(bytes_of("%PDF-1.7")), "pdf");
    assert_string_equal(cu_fact_format(bytes_of("MD5,name\n")), "text");
    assert_string_equal(cu_fact_format(bytes_of("\x80\x81")), "other");
    assert_string_equal(cu_fact_format((cu_bytes){NULL, 0}), "text");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_xml_report_gives_its_identifiers_with_their_times),
        cmocka_unit_test(a_time_without_offset_cannot_be_verified),
        cmocka_unit_test(an_element_of_no_known_name_is_kept_and_named),
        cmocka_unit_test(json_with_a_byte_order_mark_and_nulls_is_read),
        cmocka_unit_test(both_formats_give_one_form_of_the_same_identifier),
        cmocka_unit_test(a_hash_in_xml_is_of_the_kind_that_its_attribute_says),
        cmocka_unit_test(a_document_type_is_refused_and_said),
        cmocka_unit_test(nesting_and_length_have_ceilings),
        cmocka_unit_test(every_truncation_is_told_and_keeps_what_came_before),
        cmocka_unit_test(a_zip_with_a_name_that_leaves_its_folder_is_named_and_written_nowhere),
        cmocka_unit_test(a_bomb_is_left_unread_and_said),
        cmocka_unit_test(a_damaged_zip_is_said),
        cmocka_unit_test(formats_are_known_by_their_first_bytes),
    };

    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
