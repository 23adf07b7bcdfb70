/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a demonstration register: an invented force and its years. usage: make-force URL KEK
 * [YEARS] */
#include "support/year.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    cu_register *book = NULL;
    cu_err err = {0};
    cu_status st = CU_OK;

    if (argc < 3) {
        (void)fprintf(stderr, "usage: make-force URL KEK [YEARS]\n");
        return 2;
    }

    const cu_register_options options = {.kek_path = argv[2], .now_us = year_clock};
    const year_plan plan = {.year = 2020,
                            .month = 1,
                            .months = 12 * (argc > 3 ? (int)strtol(argv[3], NULL, 10) : 0),
                            .referrals = 224,
                            .arrests = 56,
                            .items = 9,
                            .views = 6};

    st = cu_register_open(argv[1], &options, &book, &err);
    if (st == CU_OK)
        st = year_enrol(book, &err);
    if (st == CU_OK)
        st = plan.months > 0 ? year_make(book, &plan, &err) : year_make_example(book, &err);
    cu_register_close(book);
    if (st != CU_OK)
        (void)fprintf(stderr, "make-force: %s\n", err.text);
    return st == CU_OK ? 0 : 1;
}
