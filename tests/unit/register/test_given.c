/* SPDX-License-Identifier: Apache-2.0 */
/* What is given with an act is read, or it is refused: nothing is passed over. */
#include "support/force.h"

#include <string.h>

static void what_is_given_twice_is_refused(void **state)
{
    cu_register *const book = force_book(state);

    assert_non_null(strstr(force_refused(book, "U6", "iv", "case open", NULL, "title", "OP ONE",
                                         "title", "OP TWO", "in_charge", "iv", NULL),
                           "\"title\" is given twice"));
    (void)force_refused(book, "U6", "iv", "case list", NULL, "in_charge", "iv", "in_charge",
                        "iv2", NULL);
    assert_int_equal(force_count(book, "SELECT count(*) FROM register_case WHERE title IN"
                                       " ('OP ONE', 'OP TWO')"),
                     0);
}

static void files_may_be_given_more_than_once(void **state)
{
    cu_register *const book = force_book(state);

    (void)force_do(book, "in", "referral receive", NULL, "source", "nca", "received",
                   "2021-03-09T10:00:00Z", "file", "{}", "file", "[]", NULL);
    assert_string_equal(force_state(), "received");
}

static void all_that_is_missing_is_said_at_once(void **state)
{
    cu_register *const book = force_book(state);

    assert_non_null(strstr(force_refused(book, "U6", "iv", "case open", NULL, NULL),
                           "needs \"title\", \"in_charge\"."));
}

static void a_list_is_of_a_state_that_there_is_and_of_a_page_that_is_a_number(void **state)
{
    cu_register *const book = force_book(state);

    assert_non_null(
        strstr(force_refused(book, "U6", "iv", "case list", NULL, "state", "opne", NULL),
               "is none of: open closed"));
    (void)force_do(book, "iv", "case list", NULL, "state", "open", NULL);
    (void)force_refused(book, "U6", "iv", "case list", NULL, "limit", "ten", NULL);
    (void)force_refused(book, "U6", "iv", "case list", NULL, "limit", "0", NULL);
    (void)force_refused(book, "U6", "iv", "case list", NULL, "after", "1x", NULL);
    (void)force_do(book, "iv", "case list", NULL, "limit", "1", "after", "0", NULL);
}

static void a_view_takes_nothing_but_a_reason(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);

    (void)force_do(book, "iv", "case view", name, "reason", "a test looks", NULL);
    (void)force_refused(book, "U6", "iv", "case view", name, "title", "OP", NULL);
}

static void an_officer_is_enrolled_once(void **state)
{
    cu_register *const book = force_book(state);

    assert_non_null(
        strstr(force_refused(book, "U5", "ad", "officer enrol", NULL, "number", "iv", "name",
                             "Another", "rank", "constable", "roles", "investigator", NULL),
               "there is an officer \"iv\" already"));
}

static void what_has_happened_is_not_to_come(void **state)
{
    static const char later[] = "2021-03-11T09:00:00Z";
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *const child =
        force_do(book, "iv", "child add", NULL, "case", name, "kind", "household", NULL);

    assert_non_null(strstr(force_refused(book, "U6", "iv", "child protect", child,
                                         "safeguarded_by", "csc-plan", "at", later, NULL),
                           "at: it cannot have happened on 11 March 2021"));
    (void)force_refused(book, "U6", "iv", "child add", NULL, "case", name, "kind", "household",
                        "known", later, NULL);
    (void)force_refused(book, "U6", "iv", "child refer", child, "la_home", "Invented",
                        "csc_sent", later, NULL);
    assert_null(force_look(book, "child", child, "safeguarded"));
    assert_non_null(strstr(force_refused(book, "U6", "iv", "subject add", NULL, "case", name,
                                         "born", "2021-03-11", NULL),
                           "born: it cannot have been on 2021-03-11, which is to come"));
    (void)force_refused(
        book, "U6", "iv", "outcome record", NULL, "subject",
        force_do(book, "iv", "subject add", NULL, "case", name, "born", "2021-03-10", NULL),
        "kind", "caution", "decided", "2021-03-11", NULL);
    /* A plan is of what is to come. */
    (void)force_do(book, "iv", "task raise", NULL, "case", name, "words", "call", "due", later,
                   NULL);
}

/* Blanks and invisible characters are no reason, no name and no seal. */
static void a_text_has_something_to_be_seen(void **state)
{
    static const char *const nothing[] = {"",
                                          " ",
                                          "          ",
                                          "\t\n ",
                                          "\xE2\x80\x8B",
                                          "\xE2\x80\xAE\xE2\x80\xAC",
                                          "\xC2\xA0",
                                          "\xE3\x80\x80 \xEF\xBB\xBF",
                                          "\xE2\xA0\x80",
                                          "\xE3\x85\xA4"};
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);

    for (size_t i = 0; i < CU_COUNT_OF(nothing); i++) {
        (void)force_refused(book, "U6", "ds", "case restrict", name, "reason", nothing[i],
                            NULL);
        (void)force_refused(book, "U6", "iv", "access break-glass", NULL, "case", name,
                            "reason", nothing[i], NULL);
        (void)force_refused(book, "U6", "iv", "case view", name, "reason", nothing[i], NULL);
    }
    (void)force_do(book, "iv", "subject add", NULL, "case", name, "name", "\xD8\xAA\xD8\xAC",
                   NULL); /* right to left */
}

/* Documents print a text as it was given: it must not reorder, end or hide what stands by it.
 */
static void a_text_does_not_change_how_a_line_is_shown(void **state)
{
    static const struct {
        const char *text;
        const char *point;
    } steering[] = {
        {"OP\x1B[2J", "U+001B"},      {"OP\x7F", "U+007F"},
        {"OP\xC2\x9B", "U+009B"},     {"OP\xE2\x80\xA8", "U+2028"},
        {"OP\xE2\x80\xAA", "U+202A"}, {"OP\xE2\x80\xAE", "U+202E"},
        {"OP\xE2\x81\xA6", "U+2066"}, {"OP\xE2\x81\xA9", "U+2069"},
        {"OP\xEF\xBF\xB9", "U+FFF9"},
    };

    static const char *const plain[] = {
        "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D OP",                          /* Hebrew, Latin */
        "\xD9\x85\xDB\x8C\xE2\x80\x8C\xD8\xAF\xD8\xA7\xD9\x86\xD9\x85", /* Persian, a joiner */
        "\xE2\x80\x8FOP", /* a mark of direction */
        "OP\tONE\nTWO",
    };
    cu_register *const book = force_book(state);

    for (size_t i = 0; i < CU_COUNT_OF(steering); i++) {
        const char *const said = force_refused(book, "U6", "iv", "case open", NULL, "title",
                                               steering[i].text, "in_charge", "iv", NULL);

        assert_non_null(strstr(said, "title holds "));
        assert_non_null(strstr(said, steering[i].point));
    }
    for (size_t i = 0; i < CU_COUNT_OF(plain); i++)
        (void)force_do(book, "iv", "case open", NULL, "title", plain[i], "in_charge", "iv",
                       NULL);
}

static void s3_a_search_has_three_characters_and_not_three_bytes(void **state)
{
    cu_register *const book = force_book(state);

    (void)force_refused(book, "S3", "iv", "subject list", NULL, "name",
                        "\xC3\xA9"
                        "a",
                        NULL);
    (void)force_refused(book, "S3", "iv", "subject list", NULL, "name", "\xE6\x9D\x8E", NULL);
    (void)force_do(book, "iv", "subject list", NULL, "name",
                   "\xC3\xA9"
                   "a1",
                   NULL);
}

/* To the minute: 09:00 is not before 09:00:30. */
static void what_follows_is_not_before_what_it_follows(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *child = NULL;

    force_clock("2021-03-10T09:00:30Z");
    child = force_do(book, "iv", "child add", NULL, "case", name, "kind", "household", NULL);
    (void)force_do(book, "iv", "child refer", child, "la_home", "Anytown", NULL);
    assert_non_null(strstr(force_refused(book, "U6", "iv", "child acknowledge", child,
                                         "csc_acknowledged", "2021-03-10T08:59:59Z", NULL),
                           "is before csc_sent, which was on 10 March 2021, 09:00"));
    (void)force_do(book, "iv", "child acknowledge", child, "csc_acknowledged",
                   "2021-03-10 09:00", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_text_has_something_to_be_seen),
        ON_BOTH(a_text_does_not_change_how_a_line_is_shown),
        ON_BOTH(s3_a_search_has_three_characters_and_not_three_bytes),
        ON_BOTH(what_follows_is_not_before_what_it_follows),
        ON_BOTH(what_is_given_twice_is_refused),
        ON_BOTH(files_may_be_given_more_than_once),
        ON_BOTH(all_that_is_missing_is_said_at_once),
        ON_BOTH(a_list_is_of_a_state_that_there_is_and_of_a_page_that_is_a_number),
        ON_BOTH(a_view_takes_nothing_but_a_reason),
        ON_BOTH(an_officer_is_enrolled_once),
        ON_BOTH(what_has_happened_is_not_to_come),
        ON_BOTH(every_row_is_as_the_ledger_has_it),
    };

    return stores_run(tests);
}
