/* SPDX-License-Identifier: Apache-2.0 */
/* VMDK descriptors. Source: VMware, "Virtual Disk Format 5.0", section "The Descriptor File".
 */
#include "image/descriptor.h"

#include <stdlib.h>
#include <string.h>

static const char magic[] = "# Disk DescriptorFile";

/* The words of an extent's line, and what we make of each kind. */
static const struct {
    const char *word;
    cu_vmdk_extent_kind kind;
} kinds[] = {
    {"FLAT", CU_VMDK_FLAT},         {"VMFS", CU_VMDK_FLAT}, {"SPARSE", CU_VMDK_SPARSE},
    {"VMFSSPARSE", CU_VMDK_SPARSE}, {"ZERO", CU_VMDK_ZERO},
};

bool cu_vmdk_is_descriptor(cu_bytes head)
{
    return cu_bytes_starts(head, magic, sizeof magic - 1);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(cu_bytes *line)
{
    while (line->n > 0 && is_blank(line->p[0])) {
        line->p++;
        line->n--;
    }
}

/* The next word of the line; empty at its end. */
static cu_bytes take_word(cu_bytes *line)
{
    skip_blanks(line);

    cu_bytes word = {line->p, 0};

    while (line->n > 0 && !is_blank(line->p[0])) {
        line->p++;
        line->n--;
        word.n++;
    }
    return word;
}

static bool is_word(cu_bytes word, const char *text)
{
    return word.n == strlen(text) && memcmp(word.p, text, word.n) == 0;
}

static bool take_number(cu_bytes *line, uint64_t *out)
{
    const cu_bytes word = take_word(line);
    uint64_t value = 0;

    for (size_t i = 0; i < word.n; i++) {
        if (word.p[i] < '0' || word.p[i] > '9' ||
            __builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(word.p[i] - '0'), &value))
            return false;
    }
    *out = value;
    return word.n > 0;
}

/* The name in quotes. */
static bool take_name(cu_bytes *line, cu_bytes *out)
{
    skip_blanks(line);
    if (line->n < 2 || line->p[0] != '"')
        return false;

    const uint8_t *const end = memchr(line->p + 1, '"', line->n - 1);

    if (end == NULL)
        return false;
    *out = (cu_bytes){line->p + 1, (size_t)(end - line->p) - 1};
    *line = (cu_bytes){end + 1, line->n - out->n - 2};
    return true;
}

/* A name alone: no folder before it, neither this folder nor the one above. */
static bool stays_here(cu_bytes name)
{
    return name.n > 0 && memchr(name.p, '/', name.n) == NULL &&
           memchr(name.p, '\\', name.n) == NULL && !is_word(name, ".") && !is_word(name, "..");
}

static cu_status read_kind(cu_bytes *line, cu_vmdk_extent *out, cu_err *err)
{
    const cu_bytes word = take_word(line);

    for (size_t i = 0; i < CU_COUNT_OF(kinds); i++) {
        if (is_word(word, kinds[i].word)) {
            out->kind = kinds[i].kind;
            return CU_OK;
        }
    }
    return cu_fail(err, CU_EUNSUPPORTED,
                   "its descriptor has an extent of a kind that is not read");
}

static cu_status read_extent(cu_bytes line, cu_vmdk_extent *out, cu_err *err)
{
    cu_vmdk_extent read = {.kind = CU_VMDK_ZERO};
    cu_bytes name = {0};

    if (!take_number(&line, &read.sectors) || read.sectors == 0 ||
        read.sectors > UINT64_MAX / 512)
        return cu_fail(err, CU_EFORMAT, "its descriptor has an extent of no possible size");

    const cu_status st = read_kind(&line, &read, err);

    if (st != CU_OK)
        return st;
    if (read.kind != CU_VMDK_ZERO) {
        if (!take_name(&line, &name) || name.n >= sizeof read.file)
            return cu_fail(err, CU_EFORMAT, "its descriptor has an extent without a file");
        if (!stays_here(name))
            return cu_fail(err, CU_EUNSUPPORTED,
                           "its descriptor names a file outside its own folder");
        memcpy(read.file, name.p, name.n);
        skip_blanks(&line);
        if (line.n > 0 && (!take_number(&line, &read.first) || read.first > UINT64_MAX / 1024))
            return cu_fail(err, CU_EFORMAT,
                           "its descriptor has an extent of no possible place");
    }
    *out = read;
    return CU_OK;
}

static cu_status add_extent(cu_vmdk_descriptor *descriptor, const cu_vmdk_extent *extent,
                            cu_err *err)
{
    if (descriptor->count >= cu_vmdk_extents_max)
        return cu_fail(err, CU_ELIMIT, "its descriptor has more than %d extents",
                       cu_vmdk_extents_max);

    cu_vmdk_extent *const grown =
        realloc(descriptor->list, (descriptor->count + 1) * sizeof *grown);

    if (grown == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    descriptor->list = grown;
    descriptor->list[descriptor->count++] = *extent;
    return CU_OK;
}

static cu_status read_line(cu_bytes line, cu_vmdk_descriptor *descriptor, cu_err *err)
{
    static const char parent[] = "parentCID=";
    cu_vmdk_extent extent;
    cu_bytes rest = line;
    const cu_bytes first = take_word(&rest);

    if (cu_bytes_starts(first, parent, sizeof parent - 1) &&
        !is_word(cu_bytes_slice(first, sizeof parent - 1, first.n), "ffffffff"))
        return cu_fail(err, CU_EUNSUPPORTED,
                       "it has a parent: it holds changes to another disk only");
    if (!is_word(first, "RW") && !is_word(first, "RDONLY") && !is_word(first, "NOACCESS"))
        return CU_OK;

    const cu_status st = read_extent(rest, &extent, err);

    return st != CU_OK ? st : add_extent(descriptor, &extent, err);
}

cu_status cu_vmdk_descriptor_parse(cu_bytes text, cu_vmdk_descriptor *out, cu_err *err)
{
    cu_vmdk_descriptor read = {0};
    cu_status st = CU_OK;
    const uint8_t *const zero = text.n > 0 ? memchr(text.p, 0, text.n) : NULL;

    if (zero != NULL)
        text.n = (size_t)(zero - text.p);
    if (!cu_vmdk_is_descriptor(text))
        return cu_fail(err, CU_EFORMAT, "its descriptor is gone");
    while (st == CU_OK && text.n > 0) {
        const uint8_t *const end = memchr(text.p, '\n', text.n);
        const size_t n = end == NULL ? text.n : (size_t)(end - text.p);

        st = read_line((cu_bytes){text.p, n}, &read, err);
        text = cu_bytes_slice(text, n + 1, text.n);
    }
    if (st == CU_OK && read.count == 0)
        st = cu_fail(err, CU_EFORMAT, "its descriptor names no extent");
    if (st != CU_OK) {
        cu_vmdk_descriptor_free(&read);
        return st;
    }
    *out = read;
    return CU_OK;
}

void cu_vmdk_descriptor_free(cu_vmdk_descriptor *descriptor)
{
    free(descriptor->list);
    *descriptor = (cu_vmdk_descriptor){0};
}
