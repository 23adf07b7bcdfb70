/* SPDX-License-Identifier: Apache-2.0 */
/* Collects records, sorts their digests, writes the set under its name when it is whole. */
#include "hashset/builder.h"

#include "hashset/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct cu_hashset_builder {
    cu_buffer values[cu_hashset_algorithms];
    cu_buffer records;
    cu_buffer text;
    uint64_t record_count;
    const cu_hashset_import_options *options;
    cu_hashset_report *report;
    const cu_hashset_source *source; /* that is read now */
    uint64_t before, total;          /* bytes of the files before it, and of all */
    char name[256], version[256];    /* as suggested */
};

/* ---- records ---- */

/* Source: the digests of no bytes at all; careless lists hold them, and they would match every
 * empty file. */
static const uint8_t empty_file[cu_hashset_algorithms][32] = {
    [CU_HASHSET_MD5] = {0xd4, 0x1d, 0x8c, 0xd9, 0x8f, 0x00, 0xb2, 0x04, 0xe9, 0x80, 0x09, 0x98,
                        0xec, 0xf8, 0x42, 0x7e},
    [CU_HASHSET_SHA1] = {0xda, 0x39, 0xa3, 0xee, 0x5e, 0x6b, 0x4b, 0x0d, 0x32, 0x55,
                         0xbf, 0xef, 0x95, 0x60, 0x18, 0x90, 0xaf, 0xd8, 0x07, 0x09},
    [CU_HASHSET_SHA256] = {0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
                           0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
                           0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55},
};

static bool is_empty_file(const cu_hashset_row *row)
{
    for (size_t i = 0; i < cu_hashset_algorithms; i++) {
        if (row->has[i] && memcmp(row->digest[i], empty_file[i],
                                  cu_hashset_digest_bytes((cu_hashset_algorithm)i)) == 0)
            return true;
    }
    return false;
}

/* Counts one of a kind, and says where the first of it stands. */
static void count_fault(const cu_hashset_builder *builder, const cu_hashset_row *row,
                        uint64_t *count, char first[160])
{
    if ((*count)++ > 0)
        return;
    if (row->line != 0)
        (void)snprintf(first, 160, "%.120s:%llu", builder->source->path,
                       (unsigned long long)row->line);
    else
        (void)snprintf(first, 160, "%.120s, byte %llu", builder->source->path,
                       (unsigned long long)row->offset);
}

static uint64_t add_text(cu_hashset_builder *builder, cu_bytes text)
{
    const uint64_t at = builder->text.n;

    if (text.n == 0)
        return 0; /* the text begins with a zero byte */
    if (text.n > cu_hashset_text_max)
        text.n = cu_hashset_text_max;
    for (size_t i = 0; i < text.n; i++)
        cu_buffer_u8(&builder->text, text.p[i] == 0 ? (uint8_t)'?' : text.p[i]);
    cu_buffer_u8(&builder->text, 0);
    return at;
}

cu_status cu_hashset_builder_add(cu_hashset_builder *builder, const cu_hashset_row *row,
                                 cu_err *err)
{
    cu_hashset_report *const report = builder->report;

    if (row->wrong)
        count_fault(builder, row, &report->wrong, report->first_wrong);
    if (!row->has[CU_HASHSET_MD5] && !row->has[CU_HASHSET_SHA1] &&
        !row->has[CU_HASHSET_SHA256]) {
        count_fault(builder, row, &report->without_digest, report->first_without);
        return CU_OK;
    }
    if (is_empty_file(row)) {
        report->empty_files++;
        return CU_OK;
    }
    builder->record_count++;
    cu_buffer_u64le(&builder->records,
                    add_text(builder, row->label.n > 0 ? row->label : row->name));
    cu_buffer_u64le(&builder->records, add_text(builder, row->code));
    for (size_t i = 0; i < cu_hashset_algorithms; i++) {
        if (!row->has[i])
            continue;
        cu_buffer_append(&builder->values[i], row->digest[i],
                         cu_hashset_digest_bytes((cu_hashset_algorithm)i));
        cu_buffer_u64le(&builder->values[i], builder->record_count);
    }
    if (builder->records.bad || builder->text.bad)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    return CU_OK;
}

/* Record number (from 1) is withdrawn: its label lies nowhere. */
static bool is_withdrawn(const cu_hashset_builder *builder, uint64_t number)
{
    cu_cursor c = cu_cursor_over(cu_bytes_slice(cu_buffer_view(&builder->records),
                                                (number - 1) * cu_hashset_record_bytes, 8));

    return cu_cursor_u64le(&c) == UINT64_MAX;
}

cu_status cu_hashset_builder_withdraw(cu_hashset_builder *builder, cu_bytes label,
                                      CU_UNUSED cu_err *err)
{
    const cu_bytes text = cu_buffer_view(&builder->text);

    for (size_t i = 0; label.n > 0 && i < builder->records.n; i += cu_hashset_record_bytes) {
        cu_cursor c = cu_cursor_over(cu_bytes_slice(cu_buffer_view(&builder->records), i, 8));
        const uint64_t at = cu_cursor_u64le(&c);

        if (at < text.n && cu_bytes_equal(cu_bytes_slice(text, at, label.n), label) &&
            text.p[at + label.n] == 0)
            memset(builder->records.p + i, 0xFF, 8);
    }
    return CU_OK;
}

cu_status cu_hashset_builder_reach(cu_hashset_builder *builder, uint64_t done, cu_err *err)
{
    return cu_progress_tell(builder->options->progress, "importing", builder->before + done,
                            builder->total)
               ? CU_OK
               : cu_fail(err, CU_ESTOPPED, "stopped; nothing was imported");
}

void cu_hashset_builder_suggest(cu_hashset_builder *builder, cu_bytes name, cu_bytes version)
{
    if (builder->name[0] != '\0')
        return;
    (void)snprintf(builder->name, sizeof builder->name, "%.*s", (int)name.n,
                   (const char *)name.p);
    (void)snprintf(builder->version, sizeof builder->version, "%.*s", (int)version.n,
                   (const char *)version.p);
}

const cu_hashset_import_options *cu_hashset_builder_options(const cu_hashset_builder *builder)
{
    return builder->options;
}

/* ---- sorting ---- */

static int compare_values(const void *a, const void *b, void *context)
{
    const size_t n = *(const size_t *)context;
    const int order = memcmp(a, b, n);

    if (order != 0)
        return order;

    cu_cursor x = cu_cursor_over((cu_bytes){(const uint8_t *)a + n, 8});
    cu_cursor y = cu_cursor_over((cu_bytes){(const uint8_t *)b + n, 8});
    const uint64_t first = cu_cursor_u64le(&x);
    const uint64_t second = cu_cursor_u64le(&y);

    return first < second ? -1 : first > second;
}

/* Sorts and keeps the first record of each digest. */
static void settle_values(cu_hashset_builder *builder, cu_hashset_algorithm algorithm)
{
    cu_buffer *const values = &builder->values[algorithm];
    const size_t each = cu_hashset_value_bytes(algorithm);
    size_t n = cu_hashset_digest_bytes(algorithm);
    size_t kept = 0;

    if (values->n == 0)
        return;
    qsort_r(values->p, values->n / each, each, compare_values, &n);
    for (size_t i = 0; i < values->n; i += each) {
        cu_cursor c = cu_cursor_over((cu_bytes){values->p + i + n, 8});

        if (is_withdrawn(builder, cu_cursor_u64le(&c)))
            continue;
        if (kept > 0 && memcmp(values->p + kept - each, values->p + i, n) == 0) {
            builder->report->duplicates++;
            continue;
        }
        memmove(values->p + kept, values->p + i, each);
        kept += each;
    }
    values->n = kept;
    builder->report->values += kept / each;
}

/* ---- writing ---- */

static void sha256_parts(const cu_bytes *parts, size_t count, uint8_t out[32])
{
    cu_digest_stream stream;
    cu_digests digests;

    cu_digest_init(&stream, CU_DIGEST_SHA256);
    for (size_t i = 0; i < count; i++)
        cu_digest_update(&stream, parts[i]);
    cu_digest_final(&stream, &digests);
    memcpy(out, digests.sha256, 32);
}

enum { part_count = cu_hashset_algorithms + 2 };

static void make_header(cu_hashset_builder *builder, const cu_hashset_import_options *options,
                        const char *name, cu_bytes *parts, cu_buffer *header)
{
    const uint32_t name_at =
        (uint32_t)add_text(builder, (cu_bytes){(const uint8_t *)name, strlen(name)});
    const char *const version = options->version == NULL ? builder->version : options->version;
    const char *const scheme = options->scheme == NULL ? "" : options->scheme;
    const uint32_t version_at =
        (uint32_t)add_text(builder, (cu_bytes){(const uint8_t *)version, strlen(version)});
    const uint32_t scheme_at =
        (uint32_t)add_text(builder, (cu_bytes){(const uint8_t *)scheme, strlen(scheme)});
    uint64_t at = cu_hashset_header_bytes;
    uint64_t offsets[part_count];
    uint64_t total = cu_hashset_header_bytes;
    uint8_t digest[32];

    for (size_t i = 0; i < cu_hashset_algorithms; i++)
        parts[i] = cu_buffer_view(&builder->values[i]);
    parts[cu_hashset_algorithms] = cu_buffer_view(&builder->records);
    parts[cu_hashset_algorithms + 1] = cu_buffer_view(&builder->text);
    for (size_t i = 0; i < part_count; i++) {
        offsets[i] = at;
        at += parts[i].n;
    }
    total = at;
    cu_buffer_append(header, CU_HASHSET_MAGIC, sizeof CU_HASHSET_MAGIC - 1);
    cu_buffer_u64le(header, options->purpose);
    cu_buffer_u64le(header, total);
    cu_buffer_u64le(header, builder->record_count);
    for (size_t i = 0; i < cu_hashset_algorithms; i++) {
        cu_buffer_u64le(header, offsets[i]);
        cu_buffer_u64le(header, parts[i].n / cu_hashset_value_bytes((cu_hashset_algorithm)i));
    }
    cu_buffer_u64le(header, offsets[cu_hashset_algorithms]);
    cu_buffer_u64le(header, offsets[cu_hashset_algorithms + 1]);
    cu_buffer_u64le(header, parts[cu_hashset_algorithms + 1].n);
    cu_buffer_u32le(header, name_at);
    cu_buffer_u32le(header, version_at);
    cu_buffer_u32le(header, scheme_at);
    cu_buffer_u32le(header, 0);
    sha256_parts(parts, part_count, digest);
    cu_buffer_append(header, digest, 32);
    while (!header->bad && header->n < cu_hashset_sealed_bytes)
        cu_buffer_u8(header, 0);
    sha256_parts(&(cu_bytes){header->p, header->n}, 1, digest);
    cu_buffer_append(header, digest, 32);
    while (!header->bad && header->n < cu_hashset_header_bytes)
        cu_buffer_u8(header, 0);
}

static cu_status write_all(int fd, cu_bytes bytes, cu_err *err)
{
    while (bytes.n > 0) {
        const ssize_t n = write(fd, bytes.p, bytes.n < INT_MAX ? bytes.n : INT_MAX);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return cu_fail_os(err, "could not write the set");
        bytes = cu_bytes_slice(bytes, (size_t)n, bytes.n);
    }
    return CU_OK;
}

static cu_status write_set(cu_hashset_builder *builder,
                           const cu_hashset_import_options *options, const char *name,
                           const char *out_path, cu_err *err)
{
    char partial[PATH_MAX];
    cu_bytes parts[part_count];
    cu_buffer header = {0};
    cu_status st = CU_OK;

    make_header(builder, options, name, parts, &header);
    if (header.bad || builder->text.bad)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    if ((size_t)snprintf(partial, sizeof partial, "%s.partial", out_path) >= sizeof partial)
        return cu_fail(err, CU_EUSAGE, "the name of the set is too long");

    const int fd = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd < 0)
        st = cu_fail_os(err, "could not make \"%s\"", partial);
    if (st == CU_OK)
        st = write_all(fd, cu_buffer_view(&header), err);
    for (size_t i = 0; st == CU_OK && i < part_count; i++)
        st = write_all(fd, parts[i], err);
    if (st == CU_OK && fsync(fd) != 0)
        st = cu_fail_os(err, "could not write the set");
    if (fd >= 0)
        close(fd);
    if (st == CU_OK && rename(partial, out_path) != 0)
        st = cu_fail_os(err, "could not name the set \"%s\"", out_path);
    if (st != CU_OK)
        (void)unlink(partial);
    cu_buffer_free(&header);
    return st;
}

/* ---- the whole ---- */

static cu_status read_file(cu_hashset_builder *builder, const cu_hashset_format *format,
                           const char *path, cu_err *err)
{
    cu_hashset_source source = {.path = path};
    struct stat status;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
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
    close(fd);
    if (st != CU_OK)
        return st;
    if (p != NULL)
        source.bytes = (cu_bytes){p, (size_t)status.st_size};
    builder->source = &source;
    st = format->read(builder, &source, err);
    builder->source = NULL;
    builder->before += S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
    if (p != NULL)
        munmap(p, (size_t)status.st_size);
    return st;
}

static const char *base_name(const char *path)
{
    const char *const slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

/* As the person says, or else the source itself, or else its file is called. */
static const char *name_of(const cu_hashset_builder *builder, const char *path)
{
    if (builder->options->name != NULL)
        return builder->options->name;
    return builder->name[0] != '\0' ? builder->name : base_name(path);
}

static cu_status check_options(const cu_hashset_import_options *options, size_t count,
                               const char *out_path, const cu_hashset_format **out, cu_err *err)
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
    if (count == 0)
        return cu_fail(err, CU_EUSAGE, "no file to import");
    if (access(out_path, F_OK) == 0)
        return cu_fail(err, CU_EEXISTS, "\"%s\" is there already", out_path);
    *out = *format;
    return CU_OK;
}

static uint64_t size_of_files(const char *const *files, size_t count)
{
    uint64_t total = 0;
    struct stat status;

    for (size_t i = 0; i < count; i++) {
        if (stat(files[i], &status) == 0 && S_ISREG(status.st_mode))
            total += (uint64_t)status.st_size;
    }
    return total;
}

cu_status cu_hashset_import(const cu_hashset_import_options *options, const char *const *files,
                            size_t count, const char *out_path, cu_hashset_report *report,
                            cu_err *err)
{
    cu_hashset_builder builder = {
        .report = report, .options = options, .total = size_of_files(files, count)};
    const cu_hashset_format *format = NULL;
    cu_status st = check_options(options, count, out_path, &format, err);

    *report = (cu_hashset_report){.records = 0};
    cu_buffer_u8(&builder.text, 0);
    for (size_t i = 0; st == CU_OK && i < count; i++)
        st = read_file(&builder, format, files[i], err);
    for (size_t i = 0; st == CU_OK && i < cu_hashset_algorithms; i++) {
        st = cu_buffer_check(&builder.values[i], err);
        if (st == CU_OK)
            settle_values(&builder, (cu_hashset_algorithm)i);
    }
    report->records = builder.record_count;
    if (st == CU_OK && builder.record_count == 0)
        st = cu_fail(err, CU_EFORMAT, "there is no digest in \"%s\"; nothing was imported",
                     files[0]);
    if (st == CU_OK)
        st = write_set(&builder, options, name_of(&builder, files[0]), out_path, err);
    for (size_t i = 0; i < cu_hashset_algorithms; i++)
        cu_buffer_free(&builder.values[i]);
    cu_buffer_free(&builder.records);
    cu_buffer_free(&builder.text);
    return st;
}
