/* SPDX-License-Identifier: Apache-2.0 */
/* A set is mapped: what seals it is checked when it is opened, each piece when it is first
 * used. */
#include "hashset/set.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const char *cu_hashset_flag_word(unsigned bit)
{
    static const char *const words[cu_hashset_flags] = {
        "victim-identified", "offender-identified", "distributed",
        "suspected",         "self-generated",      "precategorised"};

    return words[bit];
}

/* ---- pieces ---- */

static cu_bytes piece_at(const cu_hashset *set, uint64_t piece)
{
    const uint64_t offset = cu_hashset_header_bytes + piece * cu_hashset_piece_bytes;

    return cu_bytes_slice(cu_bytes_slice(set->file, 0, set->header.pieces_offset), offset,
                          cu_hashset_piece_bytes);
}

cu_status cu_hashset_check_pieces(const cu_hashset *set, uint64_t first, uint64_t last,
                                  cu_err *err)
{
    for (uint64_t piece = first; piece <= last; piece++) {
        const cu_bytes bytes = piece_at(set, piece);
        const uint8_t *const wanted = set->file.p + set->header.pieces_offset + piece * 32;
        uint8_t digest[32];

        if (cu_hashset_is_checked(set, piece))
            continue;
        cu_hashset_sha256(bytes, digest);
        if (memcmp(digest, wanted, 32) != 0)
            return cu_fail(err, CU_EFORMAT, "the set is damaged between offsets %llu and %llu",
                           (unsigned long long)(bytes.p - set->file.p),
                           (unsigned long long)(bytes.p - set->file.p) + bytes.n);
        atomic_store_explicit(&set->checked[piece], 1, memory_order_release);
    }
    return CU_OK;
}

static cu_status check_seal(cu_hashset *set, bool sealed, cu_err *err)
{
    const cu_hashset_header *const header = &set->header;
    const uint64_t payload = header->pieces_offset - cu_hashset_header_bytes;
    const uint64_t pieces =
        payload / cu_hashset_piece_bytes + (payload % cu_hashset_piece_bytes != 0);
    const cu_bytes digests = cu_bytes_slice(set->file, header->pieces_offset, set->file.n);
    uint8_t digest[32];

    if (header->pieces != pieces || digests.n != pieces * 32)
        return cu_fail(err, CU_EFORMAT, "its header makes no sense");
    set->payload = set->file.p + cu_hashset_header_bytes;
    set->checked = calloc(pieces + 1, sizeof *set->checked);
    if (set->checked == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    if (!sealed) {
        for (uint64_t i = 0; i < pieces; i++)
            atomic_store_explicit(&set->checked[i], 1, memory_order_relaxed);
        return CU_OK;
    }
    cu_hashset_sha256(digests, digest);
    if (memcmp(digest, header->pieces_sha256, 32) != 0)
        return cu_fail(err, CU_EFORMAT, "it is damaged between offset %llu and its end",
                       (unsigned long long)header->pieces_offset);
    return CU_OK;
}

/* ---- sections ---- */

cu_bytes cu_hashset_section_of(const cu_hashset *set, cu_hashset_section type)
{
    const cu_hashset_place *const place = &set->header.sections[type];

    return place->bytes == 0 ? (cu_bytes){NULL, 0}
                             : cu_bytes_slice(set->file, place->offset, place->bytes);
}

/* True where the section has count things of each bytes, and no more. */
static bool has_shape(const cu_hashset *set, unsigned type, uint64_t count, uint64_t each)
{
    const cu_hashset_place *const place = &set->header.sections[type];
    uint64_t bytes = 0;

    return !__builtin_mul_overflow(count, each, &bytes) && place->bytes == bytes &&
           place->count == count;
}

static bool open_index(cu_hashset *set, cu_hashset_algorithm algorithm)
{
    cu_hashset_index *const index = &set->index[algorithm];
    const unsigned values = CU_HASHSET_VALUES + algorithm;
    const unsigned table = CU_HASHSET_TABLE + algorithm;
    const unsigned numbers = CU_HASHSET_NUMBERS + algorithm;
    const bool numbered = set->header.sections[numbers].bytes != 0;

    index->digest_bytes = cu_hashset_digest_bytes(algorithm);
    index->count = set->header.sections[values].count;
    if (index->count == 0)
        return set->header.sections[values].bytes == 0 &&
               set->header.sections[table].bytes == 0 && !numbered;
    index->buckets = cu_hashset_buckets(index->count);
    index->values = cu_hashset_section_of(set, values).p;
    index->table = cu_hashset_section_of(set, table).p;
    index->numbers = cu_hashset_section_of(set, numbers).p;
    set->facts.values[algorithm] = index->count;
    return index->count < UINT32_MAX &&
           has_shape(set, values, index->count, index->digest_bytes) &&
           has_shape(set, table, index->buckets + 1, cu_hashset_line_bytes) &&
           (!numbered || has_shape(set, numbers, index->count, 4));
}

static bool open_sections(cu_hashset *set)
{
    const cu_hashset_header *const header = &set->header;
    const cu_hashset_place *const sections = header->sections;
    const uint64_t blocks = header->records / cu_hashset_block_records +
                            (header->records % cu_hashset_block_records != 0);
    bool good = header->records < UINT32_MAX && has_shape(set, CU_HASHSET_BLOCKS, blocks, 8) &&
                (header->records == 0) == (sections[CU_HASHSET_RECORDS].bytes == 0);

    for (size_t i = 0; good && i < cu_hashset_algorithms; i++)
        good = open_index(set, (cu_hashset_algorithm)i);
    set->facts.pdq = sections[CU_HASHSET_PDQ].count;
    set->facts.photodna = sections[CU_HASHSET_PHOTODNA].count;
    return good && has_shape(set, CU_HASHSET_PDQ, set->facts.pdq, cu_hashset_pdq_bytes) &&
           has_shape(set, CU_HASHSET_PDQ_FACTS, set->facts.pdq, cu_hashset_pdq_fact_bytes) &&
           (sections[CU_HASHSET_NEAR].bytes == 0 ||
            (sections[CU_HASHSET_NEAR].count == set->facts.pdq &&
             sections[CU_HASHSET_NEAR].bytes == cu_near_section_bytes(set->facts.pdq))) &&
           has_shape(set, CU_HASHSET_PHOTODNA, set->facts.photodna,
                     cu_hashset_photodna_entry_bytes);
}

static void tell_facts(cu_hashset *set)
{
    const cu_hashset_header *const header = &set->header;
    cu_hashset_facts *const facts = &set->facts;

    facts->name = header->name;
    facts->version = header->version;
    facts->scheme = header->scheme;
    facts->purpose = (cu_hashset_purpose)header->purpose;
    facts->bytes = set->file.n;
    facts->records = header->records;
    facts->rows = header->counts[CU_HASHSET_COUNT_ROWS];
    facts->empty_files = header->counts[CU_HASHSET_COUNT_EMPTY];
    facts->without_digest = header->counts[CU_HASHSET_COUNT_WITHOUT];
    facts->wrong = header->counts[CU_HASHSET_COUNT_WRONG];
    facts->duplicates = header->counts[CU_HASHSET_COUNT_DUPLICATE];
    facts->withdrawn = header->counts[CU_HASHSET_COUNT_WITHDRAWN];
    cu_hashset_sha256(cu_bytes_slice(set->file, 0, cu_hashset_header_bytes), facts->sha256);
}

/* ---- opening ---- */

/* Another version is told apart from what is no set at all: who keeps sets has to know which.
 */
static cu_status check_magic(cu_bytes file, cu_err *err)
{
    static const char magic[] = CU_HASHSET_MAGIC;
    const size_t named = sizeof magic - 2; /* all but the version, one digit */

    if (cu_bytes_starts(file, magic, named + 1) && file.n >= cu_hashset_header_bytes)
        return CU_OK;
    if (file.n <= named || !cu_bytes_starts(file, magic, named) || file.p[named] < '0' ||
        file.p[named] > '9' || file.p[named] == (uint8_t)magic[named])
        return cu_fail(err, CU_EFORMAT, "it is no Custos hash set");
    return cu_fail(err, CU_EFORMAT,
                   "it is a hash set of version %c, and this program reads version %c: import "
                   "its sources again",
                   file.p[named], magic[named]);
}

static cu_status check_header_digest(cu_bytes file, bool sealed, cu_err *err)
{
    uint8_t digest[32];
    const cu_status st = check_magic(file, err);

    if (st != CU_OK)
        return st;
    cu_hashset_sha256(cu_bytes_slice(file, 0, cu_hashset_sealed_bytes), digest);
    if (sealed && memcmp(digest, file.p + cu_hashset_sealed_bytes, 32) != 0)
        return cu_fail(err, CU_EFORMAT, "its header is damaged (offset 0)");
    return CU_OK;
}

static cu_status open_bytes(cu_hashset *set, bool sealed, cu_err *err)
{
    cu_status st = check_header_digest(set->file, sealed, err);

    if (st == CU_OK)
        st = cu_hashset_header_decode(set->file, &set->header, err);
    if (st == CU_OK)
        st = check_seal(set, sealed, err);
    if (st == CU_OK && !open_sections(set))
        st = cu_fail(err, CU_EFORMAT, "its sections make no sense");
    if (st == CU_OK)
        tell_facts(set);
    return st;
}

cu_status cu_hashset_open_bytes(cu_bytes file, bool sealed, cu_hashset **out, cu_err *err)
{
    CU_AUTO(cu_hashset, set);
    cu_status st = CU_OK;

    set = calloc(1, sizeof *set);
    if (set == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    set->file = file;
    st = open_bytes(set, sealed, err);
    if (st == CU_OK)
        *out = CU_MOVE(set);
    return st;
}

static cu_status map_file(const char *path, cu_bytes *out, cu_err *err)
{
    struct stat status;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    void *p = MAP_FAILED;

    if (fd < 0)
        return cu_fail_errno(err);
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
        p = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (p == MAP_FAILED)
        return cu_fail(err, CU_EFORMAT, "it is no file with a set in it");
    /* Look-ups jump: what the kernel would read ahead is not what comes next. */
    (void)madvise(p, (size_t)status.st_size, MADV_RANDOM);
    *out = (cu_bytes){p, (size_t)status.st_size};
    return CU_OK;
}

cu_status cu_hashset_open(const char *path, cu_hashset **out, cu_err *err)
{
    cu_bytes file = {NULL, 0};
    cu_status st = map_file(path, &file, err);

    if (st != CU_OK)
        return st;
    st = cu_hashset_open_bytes(file, true, out, err);
    if (st == CU_OK)
        (*out)->mapped = true;
    else
        (void)munmap((void *)(uintptr_t)file.p, file.n);
    return st;
}

void cu_hashset_close(cu_hashset *set)
{
    if (set == NULL)
        return;
    if (set->mapped)
        (void)munmap((void *)(uintptr_t)set->file.p, set->file.n);
    free(set->checked);
    free(set);
}

const cu_hashset_facts *cu_hashset_get_facts(const cu_hashset *set)
{
    return &set->facts;
}
