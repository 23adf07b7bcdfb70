/* SPDX-License-Identifier: Apache-2.0 */
/* The whole file: read in order, against its digests, and against what its format says. */
#include "hashset/buckets.h"
#include "hashset/record.h"
#include "hashset/set.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    window_pieces = 128,           /* read ahead: 8 MiB */
    absent_that_touch_values = 32, /* of so many absent digests, one shares a fingerprint */
};

/* Checks the pieces in order, asking the disk for what comes next. */
static cu_status check_in_order(const cu_hashset *set, uint64_t first, uint64_t last,
                                cu_progress *progress, cu_err *err)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

    for (uint64_t piece = first; piece <= last; piece += window_pieces) {
        const uint64_t end = last - piece < window_pieces ? last : piece + window_pieces - 1;
        const uintptr_t start =
            (uintptr_t)(set->payload + piece * cu_hashset_piece_bytes) & ~(page - 1);
        const uint64_t left = (uint64_t)(uintptr_t)(set->file.p + set->file.n) - start;
        const uint64_t wanted = 2 * (uint64_t)window_pieces * cu_hashset_piece_bytes;
        cu_status st = CU_OK;

        if (set->mapped)
            (void)madvise((void *)start, wanted < left ? wanted : left, MADV_WILLNEED);
        st = cu_hashset_check_pieces(set, piece, end, err);
        if (st != CU_OK)
            return st;
        if (!cu_progress_tell(progress, "verifying", end + 1, set->header.pieces))
            return cu_fail(err, CU_ESTOPPED, "stopped");
    }
    return CU_OK;
}

/* All pieces of a section, where touches of them at random would touch half or more. */
static cu_status expect_section(const cu_hashset *set, unsigned type, uint64_t touches,
                                cu_err *err)
{
    const cu_hashset_place *const place = &set->header.sections[type];
    const uint64_t first = (place->offset - cu_hashset_header_bytes) / cu_hashset_piece_bytes;
    const uint64_t last =
        (place->offset + place->bytes - 1 - cu_hashset_header_bytes) / cu_hashset_piece_bytes;

    if (place->bytes == 0 || touches < (last - first + 1) / 2)
        return CU_OK;
    return check_in_order(set, first, last, NULL, err);
}

cu_status cu_hashset_expect(const cu_hashset *set, cu_hashset_algorithm algorithm,
                            uint64_t count, cu_err *err)
{
    const cu_status st = expect_section(set, CU_HASHSET_TABLE + algorithm, count, err);

    return st != CU_OK ? st
                       : expect_section(set, CU_HASHSET_VALUES + algorithm,
                                        count / absent_that_touch_values, err);
}

/* ---- what the format says ---- */

static cu_status wrong_at(const cu_hashset *set, const uint8_t *p, const char *what,
                          cu_err *err)
{
    return cu_fail(err, CU_EFORMAT, "offset %llu: %s", (unsigned long long)(p - set->file.p),
                   what);
}

static cu_status verify_rising(const cu_hashset *set, const uint8_t *values, uint64_t count,
                               size_t bytes, cu_err *err)
{
    for (uint64_t i = 1; i < count; i++) {
        if (memcmp(values + (i - 1) * bytes, values + i * bytes, bytes) >= 0)
            return wrong_at(set, values + i * bytes, "a digest is not above the one before it",
                            err);
    }
    return CU_OK;
}

static cu_status verify_index(const cu_hashset *set, const cu_hashset_index *index, cu_err *err)
{
    cu_hashset_bucketing bucketing = {
        .values = index->values, .digest_bytes = index->digest_bytes, .count = index->count};
    cu_status st = CU_OK;

    if (index->count == 0)
        return CU_OK;
    st = verify_rising(set, index->values, index->count, index->digest_bytes, err);
    for (uint64_t i = 0; st == CU_OK && i <= index->buckets; i++) {
        uint8_t line[cu_hashset_line_bytes];

        cu_hashset_bucket_line(&bucketing, line);
        if (memcmp(line, index->table + i * sizeof line, sizeof line) != 0)
            st = wrong_at(set, index->table + i * sizeof line,
                          "the table does not lead to the digests", err);
    }
    for (uint64_t i = 0; st == CU_OK && index->numbers != NULL && i < index->count; i++) {
        cu_cursor c = cu_cursor_over((cu_bytes){index->numbers + i * 4, 4});

        if (cu_cursor_u32le(&c) > set->header.records)
            st = wrong_at(set, index->numbers + i * 4, "a record that is not there", err);
    }
    return st;
}

static cu_status verify_records(const cu_hashset *set, cu_err *err)
{
    const cu_bytes records = cu_hashset_section_of(set, CU_HASHSET_RECORDS);
    const cu_bytes blocks = cu_hashset_section_of(set, CU_HASHSET_BLOCKS);
    cu_cursor c = cu_cursor_over(records);
    cu_cursor starts = cu_cursor_over(blocks);
    cu_hashset_saying said = {.said = 0};

    for (uint64_t i = 0; i < set->header.records; i++) {
        if (i % cu_hashset_block_records == 0) {
            said = (cu_hashset_saying){.said = 0};
            if (cu_cursor_u64le(&starts) != c.at)
                return wrong_at(set, blocks.p + starts.at - 8,
                                "a block of records begins elsewhere", err);
        }
        if (!cu_hashset_saying_decode(&c, &said))
            return wrong_at(set, records.p + c.at, "a record is damaged", err);
    }
    return c.at == records.n
               ? CU_OK
               : wrong_at(set, records.p + c.at, "there is more than the records", err);
}

static cu_status verify_pdq(const cu_hashset *set, cu_err *err)
{
    const uint8_t *const codes = cu_hashset_section_of(set, CU_HASHSET_PDQ).p;
    cu_hashset_pdq_fact fact;
    cu_status st = CU_OK;

    for (uint64_t i = 0; st == CU_OK && i < set->facts.pdq; i++) {
        const uint8_t *const code = codes + i * cu_hashset_pdq_bytes;

        if (i > 0 && memcmp(code - cu_hashset_pdq_bytes, code, cu_hashset_pdq_bytes) > 0)
            return wrong_at(set, code, "a PDQ value is below the one before it", err);
        st = cu_hashset_pdq_at(set, i, &fact, err);
        if (st == CU_OK && fact.record > set->header.records)
            st = wrong_at(set, code, "the record of a PDQ value is not there", err);
    }
    return st;
}

/* The near index is whole, and of these values. */
static cu_status verify_near(const cu_hashset *set, cu_err *err)
{
    const cu_bytes codes = cu_hashset_section_of(set, CU_HASHSET_PDQ);
    const cu_bytes section = cu_hashset_section_of(set, CU_HASHSET_NEAR);
    CU_AUTO(cu_near, near);
    cu_status st = CU_OK;

    if (section.n == 0)
        return CU_OK;
    st = cu_hashset_near(set, &near, err);
    if (st == CU_OK)
        st = cu_near_verify(near, err);
    if (st == CU_OK && !cu_bytes_equal(cu_bytes_slice(section, 0, codes.n), codes))
        st = wrong_at(set, section.p, "the near index is of other values", err);
    return st;
}

cu_status cu_hashset_verify(const cu_hashset *set, cu_progress *progress, cu_err *err)
{
    cu_status st = CU_OK;

    if (set->header.pieces > 0)
        st = check_in_order(set, 0, set->header.pieces - 1, progress, err);
    for (size_t i = 0; st == CU_OK && i < cu_hashset_algorithms; i++)
        st = verify_index(set, &set->index[i], err);
    if (st == CU_OK)
        st = verify_records(set, err);
    if (st == CU_OK)
        st = verify_pdq(set, err);
    return st == CU_OK ? verify_near(set, err) : st;
}
