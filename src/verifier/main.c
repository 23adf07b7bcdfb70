/* SPDX-License-Identifier: Apache-2.0 */
/* custos-verify: checks bundles and proofs of entries by a policy. Opens what it is given and
 * nothing else. */
#include "base/program.h"
#include "base/text.h"
#include "tlog/tlog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct call {
    const char *policy;
    const char *entry;
    bool quiet;
} call;

static const cu_option options[] = {
    CU_TEXT("policy", call, policy, "POLICY", "whose signatures count"),
    CU_TEXT("entry", call, entry, "ENTRY", "the bytes of the entry that a proof is of"),
    CU_FLAG("quiet", call, quiet, "print the verdict's word alone"),
    {0},
};

static const cu_program program = {
    .name = "custos-verify",
    .summary = "check bundles and proofs of log entries offline",
    .usage = "custos-verify --policy POLICY [--entry ENTRY] [--quiet] FILE...",
    .manual = "custos-verify-bundle",
    .options = options,
};

static cu_status map_file(const char *path, cu_bytes *out, cu_err *err)
{
    struct stat facts;
    void *bytes = NULL;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    cu_status st = CU_OK;

    if (fd < 0)
        return cu_fail_os(err, "could not open \"%s\"", path);
    if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode))
        st = cu_fail(err, CU_EUSAGE, "\"%s\" is not a file", path);
    if (st == CU_OK && facts.st_size > 0) {
        bytes = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (bytes == MAP_FAILED)
            st = cu_fail_os(err, "could not read \"%s\"", path);
    }
    (void)close(fd);
    if (st == CU_OK)
        *out = (cu_bytes){bytes, (size_t)facts.st_size};
    return st;
}

static void unmap_file(cu_bytes bytes)
{
    if (bytes.n > 0)
        (void)munmap((void *)(uintptr_t)bytes.p, bytes.n);
}

/* What all the files are judged by. */
typedef struct bench {
    cu_policy *policy;
    cu_bytes entry;
    bool quiet;
} bench;

static void print_good(const cu_bundle_report *report)
{
    cu_buffer line = {0};

    cu_buffer_format(&line,
                     "good: %" PRIu64 " entries and %" PRIu64 " disclosed values of log ",
                     report->entries, report->secrets);
    cu_text_show(&line, report->origin);
    cu_buffer_format(&line, ", under a head of %" PRIu64 " entries\n", report->size);
    (void)fwrite(line.p, 1, line.n, stdout);
    cu_buffer_free(&line);
}

/* Answers CU_OK with a verdict where the file could be read. Where it is not good, err says
 * why, and names the file. */
static cu_status look_at(const char *path, const bench *by, cu_bundle_report *report,
                         cu_err *err)
{
    cu_bytes bytes = {0};
    cu_status st = map_file(path, &bytes, err);

    if (st != CU_OK)
        return st;
    st = cu_proof_file_is(bytes)
             ? cu_proof_file_verify(bytes, by->entry, by->policy, report, err)
             : cu_bundle_verify(bytes, by->policy, report, err);
    unmap_file(bytes);
    if (st != CU_OK || report->verdict != CU_VERDICT_GOOD)
        (void)cu_while(err, err->code, "\"%s\"", path);
    return st;
}

/* One line a file: the verdict's word, or "unread"; then what it is about. */
static int judge(const char *path, const bench *by)
{
    cu_bundle_report report = {.verdict = CU_VERDICT_MALFORMED};
    cu_err err = {0};
    const cu_status st = look_at(path, by, &report, &err);
    const bool good = st == CU_OK && report.verdict == CU_VERDICT_GOOD;

    if (good && !by->quiet)
        print_good(&report);
    else
        (void)printf("%s\n", st == CU_OK ? cu_verdict_word(report.verdict) : "unread");
    if (!good && (st != CU_OK || !by->quiet))
        (void)cu_program_fail(&program, &err);
    return good ? 0 : 1;
}

static cu_status read_policy(const char *path, cu_policy **out, cu_err *err)
{
    cu_bytes bytes = {0};
    cu_status st = map_file(path, &bytes, err);

    if (st != CU_OK)
        return st;
    st = cu_policy_parse(bytes, out, err);
    unmap_file(bytes);
    return st == CU_OK ? CU_OK : cu_while(err, st, "could not take policy \"%s\"", path);
}

static int run(const call *self, char **paths)
{
    bench by = {.quiet = self->quiet};
    cu_err err = {0};
    cu_status st = read_policy(self->policy, &by.policy, &err);
    int code = 0;

    if (st == CU_OK && self->entry != NULL)
        st = map_file(self->entry, &by.entry, &err);
    if (st == CU_OK && self->entry != NULL && by.entry.n == 0)
        st = cu_fail(&err, CU_EFORMAT, "\"%s\" is empty", self->entry);
    for (; st == CU_OK && *paths != NULL; paths++)
        code |= judge(*paths, &by);
    unmap_file(by.entry);
    cu_policy_free(by.policy);
    if (st != CU_OK)
        return cu_program_fail(&program, &err);
    return cu_program_flush(&program, code);
}

int main(int argc, char **argv)
{
    call self = {.quiet = false};
    cu_arguments files;
    cu_err err = {0};
    int code = 0;

    if (cu_program_tells(&program, argc, argv, &code))
        return code;
    if (cu_options_read(options, argc, argv, &self, &files, &err) != CU_OK)
        return cu_program_misuse(&program, &err);
    if (self.policy == NULL || files.count == 0)
        return cu_program_misuse(&program, NULL);
    return run(&self, files.list);
}
