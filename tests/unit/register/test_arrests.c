/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of arrest and bail: an assessment at each trigger, a limit to each rank. */
#include "support/force.h"

#include <string.h>

static const char *arrested(cu_register *book, const char **subject)
{
    *subject = force_do(book, "iv", "subject add", NULL, "case", force_case(book), NULL);
    return force_do(book, "iv", "arrest record", NULL, "subject", *subject, "place", "Anytown",
                    "offences", "PCA 1978 s.1", "necessity", "to secure", NULL);
}

static void welfare(cu_register *book, const char *subject, const char *trigger)
{
    (void)force_do(book, "iv", "welfare record", NULL, "subject", subject, "trigger", trigger,
                   "risk", "some", "actions", "asked", NULL);
}

static void a2_each_trigger_needs_an_assessment_of_its_own_or_a_supervisor(void **state)
{
    cu_register *const book = force_book(state);
    const char *subject = NULL;
    const char *const arrest = arrested(book, &subject);

    (void)force_refused(book, "A2", "iv", "arrest detain", arrest, "custody_ref", "C", NULL);
    welfare(book, subject, "arrest");
    (void)force_do(book, "iv", "arrest detain", arrest, "custody_ref", "C", NULL);
    (void)force_refused(book, "A2", "iv", "arrest release", arrest, NULL);
    (void)force_refused(book, "A2", "iv", "arrest release", arrest, "override", "no time",
                        NULL);
    (void)force_do(book, "ds", "arrest release", arrest, "override", "seen by a nurse", NULL);
    assert_string_equal(force_field("review_by"), "2021-04-07T09:00:00.000000Z");
    (void)force_refused(book, "A2", "iv", "arrest charge", arrest, NULL);
    (void)force_refused(book, "A2", "ds", "arrest no-further-action", arrest, "reason", "x",
                        NULL);
    (void)force_refused(book, "A2", "iv", "arrest invite", NULL, "subject", subject, "place",
                        "Anytown", "offences", "x", NULL);
    assert_non_null(
        strstr(force_refused(book, "A2", "iv", "welfare record", NULL, "subject", subject,
                             "trigger", "a full moon", "risk", "some", "actions", "x", NULL),
               "welfare.triggers: va-invitation arrival")); /* which there are */
}

static void a2_an_assessment_from_before_the_arrest_lets_nothing_pass(void **state)
{
    cu_register *const book = force_book(state);
    const char *const subject =
        force_do(book, "iv", "subject add", NULL, "case", force_case(book), NULL);
    const char *const arrest = force_do(
        book, "iv", "arrest record", NULL, "subject", subject, "place", "Anytown", "offences",
        "PCA 1978 s.1", "necessity", "to secure", "at", "2021-03-10T08:30:30Z", NULL);

    (void)force_do(book, "iv", "welfare record", NULL, "subject", subject, "trigger", "arrest",
                   "risk", "some", "actions", "asked", "at", "2021-03-10T08:29:59Z", NULL);
    assert_non_null(strstr(
        force_refused(book, "A2", "iv", "arrest detain", arrest, "custody_ref", "C", NULL),
        "since 10 March 2021, 08:30"));
    (void)force_do(book, "iv", "welfare record", NULL, "subject", subject, "trigger", "arrest",
                   "risk", "some", "actions", "asked", "at", "2021-03-10T08:30:00Z", NULL);
    (void)force_do(book, "iv", "arrest detain", arrest, "custody_ref", "C", NULL);
}

/* Whoever is invited is assessed before, and once more on arrival. */
static void a2_an_invitation_follows_its_assessment(void **state)
{
    cu_register *const book = force_book(state);
    const char *const subject =
        force_do(book, "iv", "subject add", NULL, "case", force_case(book), NULL);
    const char *invited = NULL;

    welfare(book, subject, "va-invitation");
    welfare(book, subject, "arrival");
    force_clock("2021-03-12T09:00:00Z");
    invited = force_do(book, "iv", "arrest invite", NULL, "subject", subject, "place",
                       "Anytown", "offences", "PCA 1978 s.1", NULL);
    (void)force_refused(book, "A2", "iv", "arrest attend", invited, NULL);
    welfare(book, subject, "arrival");
    (void)force_do(book, "iv", "arrest attend", invited, NULL);
}

static void a1_a3_a4_bail_ends_within_the_limit_of_its_rank(void **state)
{
    cu_register *const book = force_book(state);
    const char *subject = NULL;
    const char *arrest = NULL;

    force_clock("2022-11-30T09:00:00Z");
    arrest = arrested(book, &subject);
    welfare(book, subject, "arrest");
    (void)force_do(book, "iv", "arrest detain", arrest, "custody_ref", "C", NULL);
    welfare(book, subject, "release");
    (void)force_refused(book, "A1", "iv", "arrest bail", arrest, "ends", "2023-03-01",
                        "authority", "constable", NULL);
    (void)force_refused(book, "A4", "iv", "arrest bail", arrest, "ends", "2023-02-28",
                        "authority", "constable", "conditions", "no contact", NULL);
    (void)force_do(book, "iv", "arrest bail", arrest, "ends", "2023-02-28", "authority",
                   "constable", "conditions", "no contact", "victim_views", "agrees", NULL);
    (void)force_refused(book, "A1", "iv", "arrest extend-bail", arrest, "ends", "2023-05-31",
                        "authority", "inspector", "reason", "queue", NULL);
    (void)force_do(book, "iv", "arrest extend-bail", arrest, "ends", "2023-05-30", "authority",
                   "inspector", "reason", "queue", NULL);
    (void)force_do(book, "iv", "arrest extend-bail", arrest, "ends", "2023-08-30", "authority",
                   "superintendent", "reason", "queue", NULL);
    (void)force_refused(book, "A1", "iv", "arrest extend-bail", arrest, "ends", "2023-08-31",
                        "authority", "superintendent", "reason", "queue", NULL);
    (void)force_do(book, "iv", "arrest extend-bail", arrest, "ends", "2024-01-31", "authority",
                   "magistrates", "reason", "queue", NULL);
}

static void a2_nobody_is_arrested_who_attends_nor_under_a_name_that_was_merged(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *const subject = force_do(book, "iv", "subject add", NULL, "case", name, NULL);
    const char *const same = force_do(book, "iv", "subject add", NULL, "case", name, NULL);

    (void)force_refused(book, "A2", "iv", "arrest record", NULL, "subject", subject, "place",
                        "Anytown", "offences", "PCA 1978 s.1", "necessity", "x", "kind",
                        "voluntary", NULL);
    (void)force_do(book, "iv", "subject merge", same, "merged_into", subject, "reason", "x",
                   NULL);
    assert_non_null(
        strstr(force_refused(book, "S2", "iv", "arrest record", NULL, "subject", same, "place",
                             "Anytown", "offences", "PCA 1978 s.1", "necessity", "x", NULL),
               subject));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a2_each_trigger_needs_an_assessment_of_its_own_or_a_supervisor),
        ON_BOTH(a2_an_assessment_from_before_the_arrest_lets_nothing_pass),
        ON_BOTH(a2_an_invitation_follows_its_assessment),
        ON_BOTH(a1_a3_a4_bail_ends_within_the_limit_of_its_rank),
        ON_BOTH(a2_nobody_is_arrested_who_attends_nor_under_a_name_that_was_merged),
        ON_BOTH(every_row_is_as_the_ledger_has_it),
    };

    return stores_run(tests);
}
