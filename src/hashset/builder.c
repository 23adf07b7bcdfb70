/* SPDX-License-Identifier: Apache-2.0 */
/* Rows become entries to sort, records, and a note of where they stood. */
#include "hashset/builder.h"

#include "hashset/gather.h"
#include "hashset/record.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    reach_step = 1 << 16,   /* bytes between two looks at the clock */
    release_step = 1 << 26, /* bytes of the source that stay in memory */
    tombstone_text_max = 1 << 28,
};

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

static void say_place(const char *file, bool line, uint64_t at, char out[160])
{
    if (line)
        (void)snprintf(out, 160, "%.120s:%llu", file, (unsigned long long)at);
    else
        (void)snprintf(out, 160, "%.120s, byte %llu", file, (unsigned long long)at);
}

/* The end of a path says more than its beginning. */
static void say_path(cu_bytes path, char out[160])
{
    const cu_bytes end = cu_bytes_slice(path, path.n < 160 ? 0 : path.n - 156, path.n);

    (void)snprintf(out, 160, "%s%.*s", path.n < 160 ? "" : "...", (int)end.n,
                   (const char *)end.p);
}

/* Counts one of a kind, and says where the first of it stands. */
static void count_fault(const cu_hashset_builder *builder, const cu_hashset_row *row,
                        uint64_t *count, char first[160])
{
    if ((*count)++ > 0)
        return;
    if (row->path.n > 0)
        say_path(row->path, first);
    else
        say_place(builder->files[builder->adder.file], row->line != 0,
                  row->line != 0 ? row->line : row->offset, first);
}

/* ---- where rows stand ---- */

static void close_stretch(cu_gather_places *places)
{
    cu_buffer *const out = &places->tape.tail;

    if (places->count == 0)
        return;
    cu_hashset_number_encode(out, places->count);
    cu_hashset_number_encode(out, places->kind);
    cu_hashset_number_encode(out, places->step);
    places->count = 0;
}

static cu_status note_place(cu_hashset_builder *builder, const cu_hashset_row *row, cu_err *err)
{
    cu_gather_places *const places = &builder->places;
    const uint64_t kind = builder->adder.file * 2 + (row->line != 0);
    const uint64_t at = row->line != 0 ? row->line : row->offset;

    if (row->path.n > 0) {
        cu_hashset_number_encode(&builder->paths.tail, row->path.n);
        return cu_tape_append(&builder->paths, row->path.p, row->path.n, err);
    }
    if (kind != places->kind) {
        close_stretch(places);
        places->kind = kind;
        places->last = 0;
    }
    /* Wraps where a source goes backwards, and is unwrapped when it is read. */
    const uint64_t step = at - places->last;

    if (places->count > 0 && step != places->step)
        close_stretch(places);
    places->step = step;
    places->count++;
    places->last = at;
    return cu_tape_settle(&places->tape, err);
}

/* The path of a kept row, all of which have one. */
static cu_status path_of(cu_hashset_builder *builder, uint64_t row, char out[160], cu_err *err)
{
    cu_tape_reader reader = {.tape = &builder->paths};
    cu_status st = CU_OK;

    for (uint64_t seen = 0; st == CU_OK && seen <= row; seen++) {
        cu_bytes near = {NULL, 0};

        st = cu_tape_peek(&reader, cu_hashset_text_max + 2, &near, err);

        cu_cursor c = cu_cursor_over(near);
        const cu_bytes path = cu_cursor_take(&c, cu_hashset_number_decode(&c));

        if (st == CU_OK && c.bad)
            st = cu_fail(err, CU_EIO, "a scratch file is not what was written to it");
        if (st == CU_OK && seen == row)
            say_path(path, out);
        reader.at += c.at;
    }
    cu_tape_reader_free(&reader);
    return st;
}

cu_status cu_gather_place_of(cu_hashset_builder *builder, uint64_t row, char out[160],
                             cu_err *err)
{
    enum { stretch_bytes_max = 30 };

    cu_tape_reader reader = {.tape = &builder->places.tape};
    uint64_t kind = UINT64_MAX;
    uint64_t at = 0;
    cu_bytes near = {NULL, 0};
    cu_status st = CU_OK;

    if (cu_tape_bytes(&builder->paths) > 0)
        return path_of(builder, row, out, err);
    close_stretch(&builder->places);
    for (uint64_t seen = 0; seen <= row;) {
        st = cu_tape_peek(&reader, stretch_bytes_max, &near, err);

        cu_cursor c = cu_cursor_over(near);
        const uint64_t count = cu_hashset_number_decode(&c);
        const uint64_t next_kind = cu_hashset_number_decode(&c);
        const uint64_t step = cu_hashset_number_decode(&c);

        if (st != CU_OK || c.bad)
            break;
        at =
            (next_kind == kind ? at : 0) + step * (seen + count > row ? row - seen + 1 : count);
        kind = next_kind;
        seen += count;
        reader.at += c.at;
    }
    cu_tape_reader_free(&reader);
    if (st == CU_OK)
        say_place(builder->files[kind / 2], kind % 2 != 0, at, out);
    return st;
}

/* ---- rows ---- */

/* True where nothing is kept but digests, and the row has those of the row before it. */
static bool repeats(cu_hashset_builder *builder, const cu_hashset_row *row)
{
    bool same =
        !builder->keeps_records && builder->rows > 0 && !row->has_pdq && row->photodna.n == 0;

    for (size_t i = 0; i < cu_hashset_algorithms; i++) {
        const size_t n = cu_hashset_digest_bytes((cu_hashset_algorithm)i);

        same = same && row->has[i] == builder->last_has[i] &&
               (!row->has[i] || memcmp(row->digest[i], builder->last[i], n) == 0);
    }
    return same;
}

static void remember(cu_hashset_builder *builder, const cu_hashset_row *row)
{
    if (builder->keeps_records)
        return;
    memcpy(builder->last, row->digest, sizeof builder->last);
    memcpy(builder->last_has, row->has, sizeof builder->last_has);
}

static void add_entry(cu_hashset_builder *builder, unsigned kind, const uint8_t *value,
                      size_t n)
{
    const size_t each = cu_gather_entry_bytes(kind);
    cu_buffer *const entries = &builder->filling->entries[kind];

    if (!cu_buffer_reserve(entries, each))
        return;
    memcpy(entries->p + entries->n, value, n);
    cu_gather_row_encode(builder->rows, entries->p + entries->n + n);
    entries->n += each;
    builder->filled += each;
}

static cu_status add_entries(cu_hashset_builder *builder, const cu_hashset_row *row, bool lone,
                             cu_err *err)
{
    cu_status st = CU_OK;

    for (unsigned i = 0; i < cu_hashset_algorithms; i++) {
        if (row->has[i])
            add_entry(builder, i, row->digest[i],
                      cu_hashset_digest_bytes((cu_hashset_algorithm)i));
    }
    if (row->has_pdq) {
        uint8_t value[cu_sort_pdq_bytes - cu_gather_row_bytes];

        memcpy(value, row->pdq, cu_hashset_pdq_bytes);
        value[cu_hashset_pdq_bytes] = row->pdq_quality;
        value[cu_hashset_pdq_bytes + 1] = (uint8_t)row->pdq_variant;
        value[cu_hashset_pdq_bytes + 2] = lone;
        add_entry(builder, cu_gather_pdq, value, sizeof value);
    }
    for (unsigned kind = 0; kind < cu_gather_kinds && st == CU_OK; kind++)
        st = cu_buffer_check(&builder->filling->entries[kind], err);
    return st;
}

static cu_status add_saying(cu_hashset_builder *builder, const cu_hashset_row *row, cu_err *err)
{
    cu_hashset_saying saying;

    if (!builder->keeps_records || !cu_hashset_saying_of(row, &saying))
        return CU_OK;
    builder->has_states = builder->has_states || saying.state_us > 0;

    cu_buffer *const out = &builder->sayings.tail;
    const uint8_t no_length[cu_gather_length_bytes] = {0};

    cu_hashset_number_encode(out, builder->rows - builder->saying_row);
    cu_buffer_append(out, no_length, sizeof no_length);

    const size_t start = out->n;

    cu_hashset_number_encode(out, (uint64_t)saying.state_us);
    cu_hashset_saying_encode(&saying, NULL, out);
    if (!out->bad)
        cu_gather_length_encode(out->n - start, out->p + start - sizeof no_length);
    builder->saying_row = builder->rows;
    return cu_tape_settle(&builder->sayings, err);
}

static cu_status add_photodna(cu_hashset_builder *builder, const cu_hashset_row *row, bool lone,
                              cu_err *err)
{
    if (row->photodna.n == 0)
        return CU_OK;
    cu_hashset_number_encode(&builder->photodna.tail, builder->rows - builder->photodna_row);
    cu_buffer_u8(&builder->photodna.tail, lone && !row->has_pdq);
    builder->photodna_row = builder->rows;
    return cu_tape_append(&builder->photodna, row->photodna.p, row->photodna.n, err);
}

static cu_status keep(cu_hashset_builder *builder, const cu_hashset_row *row, cu_err *err)
{
    const bool lone =
        !row->has[CU_HASHSET_MD5] && !row->has[CU_HASHSET_SHA1] && !row->has[CU_HASHSET_SHA256];
    cu_status st = CU_OK;

    if (builder->filled >= builder->block_bytes || builder->filling == NULL) {
        st = cu_gather_turn(&builder->sorter, &builder->filling, err);
        builder->filled = 0;
    }
    if (st == CU_OK)
        st = add_entries(builder, row, lone, err);
    if (st == CU_OK)
        st = add_saying(builder, row, err);
    if (st == CU_OK)
        st = add_photodna(builder, row, lone, err);
    if (st == CU_OK)
        st = note_place(builder, row, err);
    if (st == CU_OK && ++builder->rows >> 40 != 0)
        st = cu_fail(err, CU_ELIMIT, "more than 2^40 rows");
    return st;
}

cu_status cu_gather_add(cu_hashset_builder *builder, const cu_hashset_row *row, cu_err *err)
{
    cu_hashset_report *const report = builder->report;
    const bool photodna = row->photodna.n == cu_hashset_photodna_bytes;
    const cu_hashset_row *kept = row;
    cu_hashset_row without;

    report->rows++;
    if (row->wrong || (row->photodna.n > 0 && !photodna))
        count_fault(builder, row, &report->wrong, report->first_wrong);
    if (row->photodna.n > 0 && !photodna) {
        without = *row;
        without.photodna.n = 0;
        kept = &without;
    }
    if (!row->has[CU_HASHSET_MD5] && !row->has[CU_HASHSET_SHA1] &&
        !row->has[CU_HASHSET_SHA256] && !row->has_pdq && !photodna) {
        count_fault(builder, row, &report->without_digest, report->first_without);
        return CU_OK;
    }
    if (is_empty_file(row)) {
        count_fault(builder, row, &report->empty_files, report->first_empty);
        return CU_OK;
    }
    if (repeats(builder, row)) {
        if (report->duplicates == 0)
            builder->repeated_after = builder->rows;
        count_fault(builder, row, &report->duplicates, builder->first_repeated);
        return CU_OK;
    }
    remember(builder, row);
    return keep(builder, kept, err);
}

/* ---- tombstones ---- */

cu_status cu_gather_tombstone_of(cu_hashset_builder *builder, cu_bytes label, bool add,
                                 uint64_t *out, cu_err *err)
{
    const uint64_t next = builder->tombstone_list.n / sizeof(cu_gather_tombstone) + 1;

    *out = 0;
    for (uint64_t seed = 0;; seed++) {
        const uint64_t key = cu_map_hash(seed, label);
        bool added = false;
        const uint64_t *const number = add ? cu_map_put(&builder->tombstones, key, next, &added)
                                           : cu_map_get(&builder->tombstones, key);
        cu_gather_tombstone found;

        if (number == NULL)
            return add ? cu_fail(err, CU_ENOMEM, "out of memory") : CU_OK;
        *out = *number;
        if (added)
            return CU_OK;
        memcpy(&found, builder->tombstone_list.p + (*number - 1) * sizeof found, sizeof found);
        if (cu_bytes_equal(label, cu_bytes_slice(cu_buffer_view(&builder->tombstone_text),
                                                 found.offset, found.n)))
            return CU_OK;
        *out = 0; /* another label with the same hash */
    }
}

/* Of several tombstones the latest counts. */
static void note_state(cu_hashset_builder *builder, uint64_t number, int64_t state_us)
{
    uint8_t *const p = builder->tombstone_list.p + (number - 1) * sizeof(cu_gather_tombstone);
    cu_gather_tombstone tombstone;

    memcpy(&tombstone, p, sizeof tombstone);
    if (tombstone.state_us < state_us)
        tombstone.state_us = state_us;
    memcpy(p, &tombstone, sizeof tombstone);
}

cu_status cu_hashset_builder_withdraw(cu_hashset_builder *builder, cu_bytes label,
                                      int64_t state_us, cu_err *err)
{
    const size_t count = builder->tombstone_list.n / sizeof(cu_gather_tombstone);
    cu_gather_tombstone tombstone = {.state_us = state_us > 0 ? state_us : INT64_MAX,
                                     .offset = builder->tombstone_text.n};
    uint64_t number = 0;
    cu_status st = CU_OK;

    if (!builder->keeps_records)
        return cu_fail(err, CU_EUSAGE,
                       "the source withdraws records, and a known-good set keeps none");
    if (label.n > cu_hashset_text_max)
        label.n = cu_hashset_text_max;
    tombstone.n = label.n;
    builder->tombstone_text.ceiling = tombstone_text_max;
    st = cu_gather_tombstone_of(builder, label, true, &number, err);
    if (st == CU_OK && number <= count) /* it is there already */
        note_state(builder, number, tombstone.state_us);
    if (st != CU_OK || number <= count)
        return st;
    cu_buffer_append(&builder->tombstone_text, label.p, label.n);
    cu_buffer_append(&builder->tombstone_list, &tombstone, sizeof tombstone);
    st = cu_buffer_check(&builder->tombstone_text, err);
    return st != CU_OK ? st : cu_buffer_check(&builder->tombstone_list, err);
}

/* ---- the rest of the interface ---- */

cu_status cu_hashset_builder_reach(cu_hashset_builder *builder, uint64_t done, cu_err *err)
{
    const cu_bytes bytes = builder->source->bytes;

    if (done < builder->next_reach)
        return CU_OK;
    builder->next_reach = done + reach_step;
    if (done < bytes.n && done - builder->released >= 2 * (uint64_t)release_step) {
        /* What was read leaves our memory, so that it stays under its bound. */
        (void)madvise((void *)(uintptr_t)(bytes.p + builder->released), release_step,
                      MADV_DONTNEED);
        builder->released += release_step;
    }
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
                   name.n == 0 ? "" : (const char *)name.p);
    (void)snprintf(builder->version, sizeof builder->version, "%.*s", (int)version.n,
                   version.n == 0 ? "" : (const char *)version.p);
}

const cu_hashset_import_options *cu_hashset_builder_options(const cu_hashset_builder *builder)
{
    return builder->options;
}

/* ---- begin and end ---- */

void cu_gather_begin(cu_hashset_builder *builder, const char *beside)
{
    builder->places.tape.beside = beside;
    builder->paths.beside = beside;
    builder->sayings.beside = beside;
    builder->photodna.beside = beside;
    builder->sorter.beside = beside;
    builder->sorter.settle = !builder->keeps_records;
    builder->places.kind = UINT64_MAX;
}

void cu_gather_free(cu_hashset_builder *builder)
{
    cu_gather_adder_free(&builder->adder);
    cu_gather_sorter_free(&builder->sorter);
    cu_tape_free(&builder->places.tape);
    cu_tape_free(&builder->paths);
    cu_tape_free(&builder->sayings);
    cu_tape_free(&builder->photodna);
    cu_map_free(&builder->tombstones);
    cu_buffer_free(&builder->tombstone_list);
    cu_buffer_free(&builder->tombstone_text);
}
