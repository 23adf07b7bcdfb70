/* SPDX-License-Identifier: Apache-2.0 */
/* Files in, one set out. */
#include "hashset/import.h"

#include "hashset/gather.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static cu_status map_source(const char *path, const cu_hashset_format *format, cu_bytes *out,
                            cu_err *err)
{
    struct stat status;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    void *p = NULL;
    cu_status st = CU_OK;

    if (fd < 0)
        return cu_fail_os(err, "could not open \"%s\"", path);
    if (fstat(fd, &status) != 0 || (!S_ISREG(status.st_mode) && !format->by_path))
        st = cu_fail(err, CU_EFORMAT, "\"%s\" is no file", path);
    else if (status.st_size > 0 && !format->by_path)
        p = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED)
        st = cu_fail_os(err, "could not read \"%s\"", path);
    (void)close(fd);
    if (st != CU_OK || p == NULL)
        return st;
    (void)madvise(p, (size_t)status.st_size, MADV_SEQUENTIAL);
    *out = (cu_bytes){p, (size_t)status.st_size};
    return CU_OK;
}

static uint64_t size_of_file(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
}

static cu_status read_file(cu_hashset_builder *builder, const cu_hashset_format *format,
                           const char *path, cu_err *err)
{
    cu_hashset_source source = {.path = path};
    cu_status st = map_source(path, format, &source.bytes, err);

    if (st != CU_OK)
        return st;
    builder->source = &source;
    builder->next_reach = 0;
    builder->released = 0;
    st = format->read(builder, &source, err);

    const cu_status caught_up = cu_gather_catch_up(builder, st == CU_OK ? err : NULL);

    if (st == CU_OK)
        st = caught_up;
    builder->source = NULL;
    builder->before += size_of_file(path);
    if (source.bytes.p != NULL)
        (void)munmap((void *)(uintptr_t)source.bytes.p, source.bytes.n);
    return st;
}

/* ---- options ---- */

static cu_status find_format(const cu_hashset_import_options *options,
                             const cu_hashset_format **out, cu_err *err)
{
    const cu_hashset_format *const *format = cu_hashset_formats;

    while (*format != NULL && strcmp((*format)->name, options->format) != 0)
        format++;
    if (*format == NULL)
        return cu_fail(err, CU_EUSAGE, "there is no format \"%s\"", options->format);
    if ((*format)->alert_only && options->purpose != CU_HASHSET_ALERT)
        return cu_fail(err, CU_EUSAGE,
                       "a %s set cannot be known-good: it lists graded material",
                       options->format);
    if (options->columns != NULL && *format != &cu_hashset_format_csv)
        return cu_fail(err, CU_EUSAGE, "columns are named of csv, not of %s", options->format);
    *out = *format;
    return CU_OK;
}

static uint64_t quarter_of_memory(void)
{
    const long pages = sysconf(_SC_PHYS_PAGES);
    const long page_bytes = sysconf(_SC_PAGESIZE);

    return pages > 0 && page_bytes > 0 ? (uint64_t)pages * (uint64_t)page_bytes / 4
                                       : (uint64_t)1 << 30;
}

static const char *base_name(const char *path)
{
    const char *const slash = strrchr(path, '/');

    return slash == NULL || slash[1] == '\0' ? path : slash + 1;
}

/* What a person gave must fit; what a source or a file calls itself is cut. */
static cu_status put_fact(char out[cu_hashset_fact_bytes], const char *given,
                          const char *fallback, const char *what, cu_err *err)
{
    if (given != NULL && strlen(given) >= cu_hashset_fact_bytes)
        return cu_fail(err, CU_EUSAGE, "the %s is longer than %d bytes", what,
                       cu_hashset_fact_bytes - 1);
    (void)snprintf(out, cu_hashset_fact_bytes, "%s", given != NULL ? given : fallback);
    return CU_OK;
}

static cu_status put_facts(const cu_hashset_builder *builder, cu_hashset_header *header,
                           cu_err *err)
{
    const cu_hashset_import_options *const options = builder->options;
    const char *const called =
        builder->name[0] != '\0' ? builder->name : base_name(builder->files[0]);
    cu_status st = put_fact(header->name, options->name, called, "name", err);

    if (st == CU_OK)
        st = put_fact(header->version, options->version, builder->version, "version", err);
    if (st == CU_OK)
        st = put_fact(header->scheme, options->scheme, "", "scheme", err);
    return st;
}

/* ---- the whole ---- */

/* Of two failures, that of the thread that adds came of an earlier row. */
static cu_status drained(cu_hashset_builder *builder, cu_status st, cu_err *err)
{
    cu_err adding;
    const cu_status added = cu_gather_drain(builder, &adding);

    if (added == CU_OK)
        return st;
    if (err != NULL)
        *err = adding;
    return added;
}

static cu_status import_files(cu_hashset_builder *builder, const cu_hashset_format *format,
                              size_t count, cu_hashset_output *output, cu_err *err)
{
    cu_hashset_header header = {.purpose = builder->options->purpose};
    /* A name that is too long is said before hours of work. */
    cu_status st = put_facts(builder, &header, err);

    for (; st == CU_OK && builder->file < count; builder->file++)
        st = read_file(builder, format, builder->files[builder->file], err);
    st = drained(builder, st, err);
    if (st == CU_OK && builder->rows == 0)
        st = cu_fail(err, CU_EFORMAT, "there is no digest in \"%s\"; nothing was imported",
                     builder->files[0]);
    if (st == CU_OK)
        st = put_facts(builder, &header, err);
    if (st == CU_OK)
        st = cu_gather_finish(builder, output, &header, err);
    if (st == CU_OK && builder->report->records == 0)
        st = cu_fail(err, CU_EFORMAT,
                     "every record of \"%s\" is withdrawn; nothing was imported",
                     builder->files[0]);
    if (st != CU_OK) {
        cu_hashset_output_abandon(output);
        return st;
    }
    return cu_hashset_output_finish(output, &header, err);
}

cu_status cu_hashset_import(const cu_hashset_import_options *options, const char *const *files,
                            size_t count, const char *out_path, cu_hashset_report *report,
                            cu_err *err)
{
    const uint64_t memory = options->memory != 0 ? options->memory : quarter_of_memory();
    cu_hashset_builder builder = {
        .options = options,
        .report = report,
        .files = files,
        .keeps_records = options->purpose == CU_HASHSET_ALERT || options->keep_records,
        .memory = (size_t)memory,
        .block_bytes = (size_t)(memory / 5 * 2), /* one is filled, one is sorted */
    };
    const cu_hashset_format *format = NULL;
    cu_hashset_output *output = NULL;
    cu_status st = find_format(options, &format, err);

    *report = (cu_hashset_report){.rows = 0};
    if (st == CU_OK && count == 0)
        st = cu_fail(err, CU_EUSAGE, "no file to import");
    if (st == CU_OK)
        st = cu_hashset_output_begin(out_path, &output, err);
    if (st != CU_OK)
        return st;
    for (size_t i = 0; i < count; i++)
        builder.total += size_of_file(files[i]);
    cu_gather_begin(&builder, out_path);
    st = import_files(&builder, format, count, output, err);
    cu_gather_free(&builder);
    return st;
}
