/* SPDX-License-Identifier: Apache-2.0 */
/* Help, version and failures of the programs that have no commands. */
#include "base/program.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static void print_usage(const cu_program *program, FILE *to)
{
    cu_buffer options = {0};

    cu_options_append_help(program->options, &options);
    (void)fprintf(to, "usage: %s\n       %s --help | --version\n\n%.*s", program->usage,
                  program->name, (int)options.n,
                  options.p == NULL ? "" : (const char *)options.p);
    cu_buffer_free(&options);
}

bool cu_program_tells(const cu_program *program, int argc, char **argv, int *code)
{
    const char *const word = argc > 1 ? argv[1] : "";

    if (strcmp(word, "--version") == 0) {
        (void)printf("%s %s\n", program->name, CU_VERSION);
    } else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        (void)printf("%s\n\n", program->summary);
        print_usage(program, stdout);
        (void)printf("\nThe manual: man %s\n", program->manual);
    } else {
        return false;
    }
    *code = cu_program_flush(program, 0);
    return true;
}

int cu_program_fail(const cu_program *program, const cu_err *err)
{
    cu_buffer line = {0};

    cu_text_show(&line, err->text);
    (void)fprintf(stderr, "%s: %.*s\n", program->name, (int)line.n,
                  line.p == NULL ? "" : (const char *)line.p);
    cu_buffer_free(&line);
    return 1;
}

int cu_program_misuse(const cu_program *program, const cu_err *err)
{
    if (err != NULL)
        (void)cu_program_fail(program, err);
    print_usage(program, stderr);
    return 2;
}

int cu_program_flush(const cu_program *program, int code)
{
    cu_err err = {0};

    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return code;
    (void)cu_fail(&err, CU_EIO, "could not write to standard output");
    return cu_program_fail(program, &err);
}
