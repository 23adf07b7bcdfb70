/* SPDX-License-Identifier: Apache-2.0 */
/* A ZIP's members through libarchive, in memory. Only the child links this. */
#include "digest/digest.h"
#include "register/intake/fact.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <string.h>

enum {
    members_max = 10000,
    member_bytes_max = 256 << 20, /* unpacked, of one member */
    document_bytes_max = 8 << 20, /* of a member that is read as XML or JSON */
    piece_bytes = 64 * 1024,
};

static const uint64_t unpacked_max = 1ULL << 30; /* of all members */

typedef struct unpacking {
    struct archive *archive;
    cu_fact_sink *sink;
    cu_buffer names;    /* every name so far, each ended by a zero byte */
    cu_buffer document; /* the member, as far as it may be a document */
    uint64_t unpacked;
    uint8_t piece[piece_bytes];
    cu_err *err;
} unpacking;

static cu_status problem(unpacking *self, const char *name, const char *what)
{
    const cu_fact fact = {CU_FACT_PROBLEM,
                          0,
                          {(const uint8_t *)name, strlen(name)},
                          {(const uint8_t *)what, strlen(what)}};

    return cu_fact_give(self->sink, &fact, self->err);
}

/* A name that would leave the folder that it is unpacked into, or that is no plain path. */
static bool leaves_its_folder(const char *name)
{
    if (name[0] == '/' || name[0] == '\\' || strchr(name, '\\') != NULL ||
        (name[0] != '\0' && name[1] == ':'))
        return true;
    for (const char *at = name; *at != '\0';) {
        const size_t n = strcspn(at, "/");

        if (n == 2 && at[0] == '.' && at[1] == '.')
            return true;
        at += n + (at[n] == '/');
    }
    return false;
}

static bool seen_before(unpacking *self, const char *name)
{
    for (size_t at = 0; at < self->names.n;) {
        const char *const there = (const char *)self->names.p + at;

        if (strcmp(there, name) == 0)
            return true;
        at += strlen(there) + 1;
    }
    cu_buffer_append(&self->names, name, strlen(name) + 1);
    return false;
}

/* Reads the member through; what says where it was left, and is NULL where it is whole. */
static void read_member(unpacking *self, uint64_t *bytes, uint8_t sha256[32], const char **what)
{
    cu_digest_stream stream;
    cu_digests digests;

    cu_buffer_empty(&self->document);
    cu_digest_init(&stream, CU_DIGEST_SHA256);
    for (*bytes = 0;;) {
        const la_ssize_t n = archive_read_data(self->archive, self->piece, piece_bytes);

        if (n == 0)
            break;
        if (n < 0) {
            *what = "it is damaged or encrypted, and was not read to its end";
            break;
        }
        *bytes += (uint64_t)n;
        self->unpacked += (uint64_t)n;
        if (*bytes > member_bytes_max || self->unpacked > unpacked_max) {
            *what = "it unpacks to more than the ceiling, and was not read to its end";
            break;
        }
        cu_digest_update(&stream, (cu_bytes){self->piece, (size_t)n});
        cu_buffer_append(&self->document, self->piece, (size_t)n);
    }
    cu_digest_final(&stream, &digests);
    memcpy(sha256, digests.sha256, 32);
}

static cu_status give_member(unpacking *self, const char *name, uint64_t bytes,
                             const uint8_t sha256[32])
{
    char hex[65];
    char text[96];

    cu_hex_encode((cu_bytes){sha256, 32}, hex);

    const int n = snprintf(text, sizeof text, "%llu %s", (unsigned long long)bytes, hex);
    const cu_fact fact = {CU_FACT_MEMBER,
                          0,
                          {(const uint8_t *)name, strlen(name)},
                          {(const uint8_t *)text, (size_t)n}};

    return cu_fact_give(self->sink, &fact, self->err);
}

static cu_status read_document(unpacking *self, const char *name)
{
    const cu_bytes document = cu_buffer_view(&self->document);
    const char *const format = cu_fact_format(document);
    cu_err why = {0};
    cu_status st = CU_OK;

    if (self->document.bad == CU_ELIMIT)
        return CU_OK; /* longer than a document may be: a member like any other */
    if (self->document.bad != CU_OK)
        return cu_buffer_check(&self->document, self->err);
    if (strcmp(format, "xml") == 0)
        st = cu_fact_read_xml(document, "", self->sink, &why);
    else if (strcmp(format, "json") == 0)
        st = cu_fact_read_json(document, "", self->sink, &why);
    else if (strcmp(format, "zip") == 0)
        return problem(self, name, "it is an archive in an archive, and was not opened");
    return st == CU_OK ? CU_OK : problem(self, name, why.text);
}

static cu_status take_member(unpacking *self, struct archive_entry *entry)
{
    const char *const utf8 = archive_entry_pathname_utf8(entry);
    const char *const raw = utf8 != NULL ? utf8 : archive_entry_pathname(entry);
    const char *const name = raw == NULL ? "(no name)" : raw;
    uint64_t bytes = 0;
    uint8_t sha256[32];
    const char *what = NULL;
    cu_status st = CU_OK;

    if (archive_entry_filetype(entry) == AE_IFDIR)
        return CU_OK;
    if (strlen(name) > cu_fact_path_bytes)
        return problem(self, "(a name)", "it is too long");
    if (leaves_its_folder(name))
        st = problem(self, name, "its name leaves its folder; it is kept under its digest");
    if (st == CU_OK && seen_before(self, name))
        st = problem(self, name, "its name is there twice");
    if (st == CU_OK && archive_entry_filetype(entry) != AE_IFREG)
        return problem(self, name, "it is no plain file, and was not read");
    if (st != CU_OK)
        return st;
    read_member(self, &bytes, sha256, &what);
    if (what != NULL)
        return problem(self, name, what);
    st = give_member(self, name, bytes, sha256);
    return st == CU_OK ? read_document(self, name) : st;
}

static cu_status take_members(unpacking *self)
{
    struct archive_entry *entry = NULL;

    for (unsigned i = 0; i < members_max; i++) {
        const int result = archive_read_next_header(self->archive, &entry);

        if (result == ARCHIVE_EOF)
            return CU_OK;
        if (result < ARCHIVE_WARN)
            return cu_fail(self->err, CU_EFORMAT, "the archive is damaged after %u members", i);

        const cu_status st = take_member(self, entry);

        if (st != CU_OK)
            return st;
        if (self->unpacked > unpacked_max)
            return cu_fail(self->err, CU_ELIMIT,
                           "the archive unpacks to more than the ceiling");
    }
    return cu_fail(self->err, CU_ELIMIT, "more than %d members", members_max);
}

cu_status cu_fact_read_zip(cu_bytes archive, cu_fact_sink *sink, cu_err *err)
{
    static unpacking self; /* too large for a stack; a child reads one archive in its life */

    self = (unpacking){.sink = sink,
                       .document = {.ceiling = document_bytes_max},
                       .names = {.ceiling = 4 << 20},
                       .err = err};
    self.archive = archive_read_new();
    if (self.archive == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    /* The streaming reader trusts local headers alone; the seeking one reads the directory. */
    cu_status st = CU_OK;

    if (archive_read_support_format_zip_seekable(self.archive) != ARCHIVE_OK ||
        archive_read_open_memory(self.archive, archive.p, archive.n) != ARCHIVE_OK)
        st = cu_fail(err, CU_EFORMAT, "it is no archive that can be opened");
    if (st == CU_OK)
        st = take_members(&self);
    (void)archive_read_free(self.archive);
    cu_buffer_free(&self.names);
    cu_buffer_free(&self.document);
    return st;
}
