/* SPDX-License-Identifier: Apache-2.0 */
/* A mapped set: checked when it is opened, and again at each step of a look-up. */
#include "hashset/hashset.h"

#include "hashset/layout.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct cu_hashset {
    cu_bytes file;
    cu_hashset_header header;
    cu_hashset_facts facts;
};

size_t cu_hashset_digest_bytes(cu_hashset_algorithm algorithm)
{
    static const size_t bytes[] = {
        [CU_HASHSET_MD5] = 16, [CU_HASHSET_SHA1] = 20, [CU_HASHSET_SHA256] = 32};

    return bytes[algorithm];
}

static void sha256_of(cu_bytes bytes, uint8_t out[32])
{
    cu_digest_stream stream;
    cu_digests digests;

    cu_digest_init(&stream, CU_DIGEST_SHA256);
    cu_digest_update(&stream, bytes);
    cu_digest_final(&stream, &digests);
    memcpy(out, digests.sha256, 32);
}

static cu_status read_header(cu_hashset *set, cu_err *err)
{
    cu_cursor c = cu_cursor_over(cu_bytes_slice(set->file, 0, cu_hashset_header_bytes));
    cu_hashset_header *const header = &set->header;
    uint8_t digest[32];

    if (set->file.n < cu_hashset_header_bytes ||
        !cu_bytes_starts(set->file, CU_HASHSET_MAGIC, sizeof CU_HASHSET_MAGIC - 1))
        return cu_fail(err, CU_EFORMAT, "it is no Custos hash set");
    cu_cursor_take(&c, sizeof CU_HASHSET_MAGIC - 1);
    header->purpose = cu_cursor_u64le(&c);
    header->file_bytes = cu_cursor_u64le(&c);
    header->records = cu_cursor_u64le(&c);
    for (size_t i = 0; i < cu_hashset_algorithms; i++) {
        header->values[i].offset = cu_cursor_u64le(&c);
        header->values[i].count = cu_cursor_u64le(&c);
    }
    header->records_offset = cu_cursor_u64le(&c);
    header->text_offset = cu_cursor_u64le(&c);
    header->text_bytes = cu_cursor_u64le(&c);
    header->name = cu_cursor_u32le(&c);
    header->version = cu_cursor_u32le(&c);
    header->scheme = cu_cursor_u32le(&c);
    header->unused = cu_cursor_u32le(&c);

    const cu_bytes payload = cu_cursor_take(&c, 32);

    cu_cursor_take(&c, cu_hashset_sealed_bytes - c.at);

    const cu_bytes own = cu_cursor_take(&c, 32);

    sha256_of(cu_bytes_slice(set->file, 0, cu_hashset_sealed_bytes), digest);
    if (c.bad || !cu_bytes_equal(own, (cu_bytes){digest, 32}))
        return cu_fail(err, CU_EFORMAT, "its header is damaged (offset 0)");
    memcpy(header->payload_sha256, payload.p, 32);
    return CU_OK;
}

/* True where count things of each bytes from offset lie in the file, after the header. */
static bool inside(const cu_hashset *set, uint64_t offset, uint64_t count, uint64_t each)
{
    uint64_t bytes = 0;

    return offset >= cu_hashset_header_bytes && !__builtin_mul_overflow(count, each, &bytes) &&
           offset <= set->file.n && bytes <= set->file.n - offset;
}

/* The text at an offset, or NULL where it does not lie in the file with its zero byte. */
static const char *text_at(const cu_hashset *set, uint64_t offset)
{
    const cu_hashset_header *const header = &set->header;

    if (offset >= header->text_bytes)
        return NULL;

    const uint8_t *const p = set->file.p + header->text_offset + offset;
    const uint64_t left = header->text_bytes - offset;

    return memchr(p, 0, (size_t)left) == NULL ? NULL : (const char *)p;
}

static cu_status check_layout(cu_hashset *set, cu_err *err)
{
    const cu_hashset_header *const header = &set->header;
    bool good = header->file_bytes == set->file.n && header->purpose <= CU_HASHSET_KNOWN_GOOD;

    for (size_t i = 0; i < cu_hashset_algorithms; i++)
        good = good && inside(set, header->values[i].offset, header->values[i].count,
                              cu_hashset_value_bytes((cu_hashset_algorithm)i));
    good = good &&
           inside(set, header->records_offset, header->records, cu_hashset_record_bytes) &&
           inside(set, header->text_offset, header->text_bytes, 1);
    if (good) {
        set->facts.name = text_at(set, header->name);
        set->facts.version = text_at(set, header->version);
        set->facts.scheme = text_at(set, header->scheme);
    }
    if (!good || set->facts.name == NULL || set->facts.version == NULL ||
        set->facts.scheme == NULL)
        return cu_fail(err, CU_EFORMAT,
                       "it is cut off or damaged: %zu bytes, its header says %llu", set->file.n,
                       (unsigned long long)header->file_bytes);
    set->facts.purpose = (cu_hashset_purpose)header->purpose;
    set->facts.records = header->records;
    for (size_t i = 0; i < cu_hashset_algorithms; i++)
        set->facts.values[i] = header->values[i].count;
    sha256_of(cu_bytes_slice(set->file, 0, cu_hashset_header_bytes), set->facts.sha256);
    return CU_OK;
}

static cu_status map_file(const char *path, cu_bytes *out, cu_err *err)
{
    struct stat status;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *p = MAP_FAILED;

    if (fd < 0)
        return cu_fail_os(err, "could not open it");
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
        p = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (p == MAP_FAILED)
        return cu_fail(err, CU_EFORMAT, "it is no file with a set in it");
    *out = (cu_bytes){p, (size_t)status.st_size};
    return CU_OK;
}

cu_status cu_hashset_open(const char *path, cu_hashset **out, cu_err *err)
{
    CU_AUTO(cu_hashset, set);
    cu_status st = CU_OK;

    set = calloc(1, sizeof *set);
    if (set == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    st = map_file(path, &set->file, err);
    if (st == CU_OK)
        st = read_header(set, err);
    if (st == CU_OK)
        st = check_layout(set, err);
    if (st != CU_OK)
        return st;
    *out = CU_MOVE(set);
    return CU_OK;
}

void cu_hashset_close(cu_hashset *set)
{
    if (set == NULL)
        return;
    if (set->file.p != NULL)
        munmap((void *)(uintptr_t)set->file.p, set->file.n);
    free(set);
}

const cu_hashset_facts *cu_hashset_get_facts(const cu_hashset *set)
{
    return &set->facts;
}

/* The number of the first record with this digest; 0: none. */
static uint64_t find_number(const cu_hashset *set, cu_hashset_algorithm algorithm,
                            const uint8_t *digest)
{
    const size_t n = cu_hashset_digest_bytes(algorithm);
    const size_t each = cu_hashset_value_bytes(algorithm);
    const uint8_t *const values = set->file.p + set->header.values[algorithm].offset;
    uint64_t low = 0;
    uint64_t high = set->header.values[algorithm].count;

    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;

        if (memcmp(values + middle * each, digest, n) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == set->header.values[algorithm].count ||
        memcmp(values + low * each, digest, n) != 0)
        return 0;

    cu_cursor c = cu_cursor_over((cu_bytes){values + low * each + n, 8});

    return cu_cursor_u64le(&c);
}

void cu_hashset_find_many(const cu_hashset *set, cu_hashset_algorithm algorithm,
                          const uint8_t *digests, size_t stride, size_t count, uint64_t *found)
{
    for (size_t i = 0; i < count; i++)
        found[i] = find_number(set, algorithm, digests + i * stride);
}

cu_status cu_hashset_record_at(const cu_hashset *set, uint64_t number, cu_hashset_record *out,
                               cu_err *err)
{
    if (number == 0 || number > set->header.records)
        return cu_fail(err, CU_EFORMAT, "the set names record %llu, which it does not have",
                       (unsigned long long)number);

    const uint8_t *const p =
        set->file.p + set->header.records_offset + (number - 1) * cu_hashset_record_bytes;
    cu_cursor c = cu_cursor_over((cu_bytes){p, cu_hashset_record_bytes});
    const char *const label = text_at(set, cu_cursor_u64le(&c));
    const char *const code = text_at(set, cu_cursor_u64le(&c));

    if (label == NULL || code == NULL)
        return cu_fail(err, CU_EFORMAT, "record %llu of the set is damaged",
                       (unsigned long long)number);
    *out = (cu_hashset_record){.number = number, .label = label, .code = code};
    return CU_OK;
}

bool cu_hashset_find(const cu_hashset *set, cu_hashset_algorithm algorithm,
                     const uint8_t *digest, cu_hashset_record *out)
{
    const uint64_t number = find_number(set, algorithm, digest);

    if (number == 0)
        return false;
    /* The digest is there whatever is wrong with its record. */
    if (cu_hashset_record_at(set, number, out, NULL) != CU_OK)
        *out = (cu_hashset_record){.number = number, .label = "", .code = ""};
    return true;
}

cu_status cu_hashset_verify(const cu_hashset *set, cu_err *err)
{
    uint8_t digest[32];

    sha256_of(cu_bytes_slice(set->file, cu_hashset_header_bytes, set->file.n), digest);
    if (memcmp(digest, set->header.payload_sha256, 32) != 0)
        return cu_fail(err, CU_EFORMAT, "it is damaged between offset %d and its end",
                       cu_hashset_header_bytes);
    return CU_OK;
}
