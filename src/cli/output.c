/* SPDX-License-Identifier: Apache-2.0 */
/* All that Custos prints passes here, and what a person says beside the arguments comes from
 * here. */
#include "base/text.h"
#include "cli/command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cu_cli_fail(const cu_err *err)
{
    cu_buffer line = {0};

    cu_text_show(&line, err->text);
    (void)fprintf(stderr, "custos: %.*s\n", (int)line.n,
                  line.p == NULL ? "" : (const char *)line.p);
    cu_buffer_free(&line);
    return CU_EXIT_COULD_NOT;
}

int cu_cli_misuse(const cu_command *command, const char *format, ...)
{
    cu_err err = {0};
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(err.text, sizeof err.text, format, arguments);
    va_end(arguments);
    (void)cu_cli_fail(&err);
    (void)fprintf(stderr, "usage: %s\n", command->usage);
    return CU_EXIT_WRONG_USE;
}

int cu_cli_read(const cu_command *command, int argc, char **argv, void *into,
                cu_arguments *rest)
{
    cu_err err = {0};

    if (cu_options_read(command->options, argc, argv, into, rest, &err) != CU_OK)
        return cu_cli_misuse(command, "%s", err.text);
    return CU_EXIT_DONE;
}

const char *cu_cli_or_environment(const char *said, const char *name, const char *otherwise)
{
    const char *const named = getenv(name);

    if (said != NULL)
        return said;
    return named != NULL && *named != '\0' ? named : otherwise;
}

const char *cu_cli_database(const char *said)
{
    return cu_cli_or_environment(said, "CUSTOS_DB", "sqlite:custos.db");
}

const char *cu_cli_database_advice(const char *said)
{
    return cu_cli_or_environment(said, "CUSTOS_DB", NULL) != NULL
               ? ""
               : ", for --db and CUSTOS_DB name no other";
}

void cu_cli_print_shown(const char *text)
{
    cu_buffer shown = {0};

    cu_text_show(&shown, text);
    cu_cli_write(&shown);
    cu_buffer_free(&shown);
}

void cu_cli_write(cu_buffer *buffer)
{
    if (buffer->n > 0)
        (void)fwrite(buffer->p, 1, buffer->n, stdout);
    buffer->n = 0;
}

int cu_cli_flush(void)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return CU_EXIT_DONE;
    if (errno != EPIPE)
        (void)fprintf(stderr, "custos: could not write to standard output\n");
    return CU_EXIT_COULD_NOT;
}

const char *cu_cli_count(uint64_t n, char *out)
{
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%" PRIu64, n);
    size_t at = 0;

    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

const char *cu_cli_size(uint64_t bytes, char *out)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)bytes;
    size_t unit = 0;

    while (value >= 999.5 && unit + 1 < CU_COUNT_OF(units)) {
        value /= 1000;
        unit++;
    }
    (void)snprintf(out, 32, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return out;
}
