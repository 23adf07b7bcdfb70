/* SPDX-License-Identifier: Apache-2.0 */
/* Options by getopt_long, from the rows of a table. */
#include "base/option.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { first_row = 256 /* above every letter */, shorts_max = 2 * cu_option_rows_max + 2 };

/* A table as getopt_long wants it. */
typedef struct table {
    struct option words[cu_option_rows_max + 1];
    char letters[shorts_max];
} table;

static bool is_letter(const cu_option *option)
{
    return option->name[1] == '\0';
}

static void build(const cu_option *options, table *out)
{
    size_t words = 0;
    size_t at = 0;

    out->letters[at++] = ':'; /* a missing value is told apart */
    for (size_t i = 0; options != NULL && options[i].name != NULL && i < cu_option_rows_max;
         i++) {
        const bool bare = options[i].kind == CU_OPTION_FLAG;

        if (!is_letter(&options[i])) {
            out->words[words++] =
                (struct option){options[i].name, bare ? no_argument : required_argument, NULL,
                                first_row + (int)i};
            continue;
        }
        out->letters[at++] = options[i].name[0];
        if (!bare)
            out->letters[at++] = ':';
    }
}

static const cu_option *row_of(const cu_option *options, int answer)
{
    if (answer >= first_row)
        return &options[answer - first_row];
    for (; options->name[0] != answer || !is_letter(options); options++)
        ;
    return options;
}

/* ---- values ---- */

static bool read_digits(const char *text, uint64_t *out, const char **end)
{
    char *rest = NULL;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *out = strtoull(text, &rest, 10);
    *end = rest;
    return errno == 0;
}

static cu_status take_number(const cu_option *option, const char *text, unsigned *out,
                             cu_err *err)
{
    const char *end = NULL;
    uint64_t n = 0;

    if (!read_digits(text, &n, &end) || *end != '\0' || n < option->least || n > option->most)
        return cu_fail(err, CU_EUSAGE, "--%s is a number from %llu to %llu, not \"%s\"",
                       option->name, (unsigned long long)option->least,
                       (unsigned long long)option->most, text);
    *out = (unsigned)n;
    return CU_OK;
}

static cu_status take_size(const cu_option *option, const char *text, uint64_t *out,
                           cu_err *err)
{
    static const char units[] = "KMGT";
    const char *end = NULL;
    uint64_t n = 0;
    unsigned shift = 0;
    bool good = read_digits(text, &n, &end);

    if (good && *end != '\0') {
        const char *const unit = strchr(units, *end);

        good = unit != NULL && end[1] == '\0';
        shift = good ? 10 * (unsigned)(unit - units + 1) : 0;
    }
    if (!good || n > UINT64_MAX >> shift || n << shift < option->least)
        return cu_fail(err, CU_EUSAGE,
                       "--%s is a size of %llu bytes or more, such as 512M or 4G, not \"%s\"",
                       option->name, (unsigned long long)option->least, text);
    *out = n << shift;
    return CU_OK;
}

static cu_status take_text(const cu_option *option, const char *text, const char **out,
                           cu_err *err)
{
    if (strlen(text) < option->least)
        return cu_fail(err, CU_EUSAGE, "%s%s is not to be empty",
                       is_letter(option) ? "-" : "--", option->name);
    *out = text;
    return CU_OK;
}

static cu_status take_one_more(const cu_option *option, const char *text, cu_option_texts *out,
                               cu_err *err)
{
    const size_t most =
        option->most < cu_option_texts_max ? (size_t)option->most : (size_t)cu_option_texts_max;

    if (out->count >= most)
        return cu_fail(err, CU_EUSAGE, "--%s may be given %zu times", option->name, most);
    out->list[out->count++] = text;
    return CU_OK;
}

static cu_status take(const cu_option *option, const char *text, void *into, cu_err *err)
{
    void *const place = (uint8_t *)into + option->at;

    switch (option->kind) {
    case CU_OPTION_FLAG:
        *(bool *)place = true;
        return CU_OK;
    case CU_OPTION_TEXT:
        return take_text(option, text, place, err);
    case CU_OPTION_TEXTS:
        return take_one_more(option, text, place, err);
    case CU_OPTION_NUMBER:
        return take_number(option, text, place, err);
    case CU_OPTION_SIZE:
        return take_size(option, text, place, err);
    }
    return CU_OK;
}

/* ---- the command line ---- */

/* Why getopt_long stopped. Of letters it names the letter; of words, the word is just behind.
 */
static cu_status refuse(int answer, char **argv, cu_err *err)
{
    const char *const why = answer == ':' ? "needs a value" : "is no option here";

    if (optopt > 0 && optopt < first_row)
        return cu_fail(err, CU_EUSAGE, "-%c %s", optopt, why);
    return cu_fail(err, CU_EUSAGE, "%s %s", argv[optind - 1], why);
}

cu_status cu_options_read(const cu_option *options, int argc, char **argv, void *into,
                          cu_arguments *rest, cu_err *err)
{
    table known = {.letters = {0}};
    cu_status st = CU_OK;

    build(options, &known);
    opterr = 0;
    optind = 0; /* begins anew, whatever was read before */
    for (;;) {
        /* A program reads its words before it starts threads.
         * NOLINTNEXTLINE(concurrency-mt-unsafe) */
        const int answer = getopt_long(argc, argv, known.letters, known.words, NULL);

        if (answer < 0)
            break;
        if (answer == '?' || answer == ':')
            return refuse(answer, argv, err);
        st = take(row_of(options, answer), optarg, into, err);
        if (st != CU_OK)
            return st;
    }
    *rest = (cu_arguments){argv + optind, (size_t)(argc - optind)};
    return CU_OK;
}

void cu_option_append_word(const cu_option *option, cu_buffer *out)
{
    cu_buffer_format(out, "%s%s", is_letter(option) ? "-" : "--", option->name);
}

void cu_options_append_help(const cu_option *options, cu_buffer *out)
{
    static const size_t help_column = 28;

    for (; options != NULL && options->name != NULL; options++) {
        const size_t start = out->n;

        cu_buffer_format(out, "  ");
        cu_option_append_word(options, out);
        if (options->value != NULL)
            cu_buffer_format(out, " %s", options->value);
        do
            cu_buffer_u8(out, ' ');
        while (out->n - start < help_column && !out->bad);
        cu_buffer_format(out, "%s\n", options->help);
    }
}
