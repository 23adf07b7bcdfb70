/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From sorted runs to sections. Digests first, which decides the rows that are used: those with
 * a value that no earlier row has. Then what belongs to used rows: PDQ, PhotoDNA, records.
 */
#include "hashset/buckets.h"
#include "hashset/gather.h"
#include "hashset/near.h"
#include "hashset/record.h"
#include "hashset/rows.h"

#include <string.h>

enum { tell_step = 1 << 16, saying_bytes_max = 5 * (cu_hashset_text_max + 4) + 84 };

typedef struct finishing {
    cu_map latest; /* of the label of a row that says since when: that of its last state */
    cu_hashset_builder *builder;
    cu_hashset_output *output;
    cu_hashset_header *header;
    cu_rows used, withdrawn, recorded;
    cu_tape numbers[cu_gather_kinds]; /* row of each value; for PDQ quality and variant first */
    uint64_t counts[cu_gather_kinds];
    uint64_t photodna;
    uint64_t done, total; /* entries, for the bar */
} finishing;

static cu_status tell(finishing *self, uint64_t more, cu_err *err)
{
    self->done += more;
    return cu_progress_tell(self->builder->options->progress, "sorting", self->done,
                            self->total)
               ? CU_OK
               : cu_fail(err, CU_ESTOPPED, "stopped; nothing was imported");
}

/* ---- walks over what was put away row by row ---- */

typedef cu_status saying_seen(void *context, uint64_t row, const cu_hashset_saying *saying,
                              cu_err *err);

/* Calls seen for each record of a row, in order; whole: with what it says. */
static cu_status each_saying(const cu_hashset_builder *builder, bool whole, saying_seen *seen,
                             void *context, cu_err *err)
{
    cu_tape_reader reader = {.tape = &builder->sayings};
    uint64_t row = 0;
    cu_status st = CU_OK;

    while (st == CU_OK && reader.at < cu_tape_bytes(reader.tape)) {
        cu_hashset_saying saying = {.said = 0};
        cu_bytes near = {NULL, 0};

        st = cu_tape_peek(&reader, saying_bytes_max, &near, err);

        cu_cursor c = cu_cursor_over(near);

        row += cu_hashset_number_decode(&c);

        const uint32_t length = cu_cursor_u32le(&c);
        const uint64_t end = c.at + (uint64_t)length;

        if (whole) {
            saying.state_us = (int64_t)cu_hashset_number_decode(&c);
            c.bad = c.bad || !cu_hashset_saying_decode(&c, &saying) || c.at != end;
        }
        if (st == CU_OK && c.bad)
            st = cu_fail(err, CU_EIO, "a scratch file is not what was written to it");
        reader.at += end;
        if (st == CU_OK)
            st = seen(context, row, &saying, err);
    }
    cu_tape_reader_free(&reader);
    return st;
}

static cu_status each_photodna(finishing *self,
                               cu_status (*seen)(finishing *self, uint64_t row, bool lone,
                                                 const uint8_t *value, cu_err *err),
                               cu_err *err)
{
    cu_tape_reader reader = {.tape = &self->builder->photodna};
    uint64_t row = 0;
    cu_status st = CU_OK;

    while (st == CU_OK && reader.at < cu_tape_bytes(reader.tape)) {
        cu_bytes near = {NULL, 0};

        st = cu_tape_peek(&reader, cu_hashset_photodna_bytes + 16, &near, err);

        cu_cursor c = cu_cursor_over(near);

        row += cu_hashset_number_decode(&c);

        const bool lone = cu_cursor_u8(&c) != 0;
        const cu_bytes value = cu_cursor_take(&c, cu_hashset_photodna_bytes);

        if (st == CU_OK && c.bad)
            st = cu_fail(err, CU_EIO, "a scratch file is not what was written to it");
        reader.at += c.at;
        if (st == CU_OK)
            st = seen(self, row, lone, value.p, err);
    }
    cu_tape_reader_free(&reader);
    return st;
}

/* ---- which rows ---- */

static cu_status mark_withdrawn(void *context, uint64_t row, const cu_hashset_saying *saying,
                                cu_err *err)
{
    finishing *const self = context;
    uint64_t number = 0;
    const cu_status st =
        cu_gather_tombstone_of(self->builder, saying->texts[0], false, &number, err);

    cu_gather_tombstone tombstone;

    if (st != CU_OK || number == 0)
        return st;
    memcpy(&tombstone, self->builder->tombstone_list.p + (number - 1) * sizeof tombstone,
           sizeof tombstone);
    if (saying->state_us > tombstone.state_us)
        return CU_OK;
    cu_rows_add(&self->withdrawn, row);
    self->builder->report->withdrawn++;
    return CU_OK;
}

/* Eight bytes of a digest: a member cannot make a label that takes back another's. */
static uint64_t label_key(cu_bytes label)
{
    uint8_t digest[32];
    uint64_t key = 0;

    cu_hashset_sha256(label, digest);
    memcpy(&key, digest, sizeof key);
    return key;
}

static cu_status note_latest(void *context, CU_UNUSED uint64_t row,
                             const cu_hashset_saying *saying, cu_err *err)
{
    finishing *const self = context;
    const uint64_t state = (uint64_t)saying->state_us;
    bool added = false;

    if (saying->state_us <= 0)
        return CU_OK;

    uint64_t *const latest =
        cu_map_put(&self->latest, label_key(saying->texts[0]), state, &added);

    if (latest == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    if (*latest < state)
        *latest = state;
    return CU_OK;
}

static cu_status mark_superseded(void *context, uint64_t row, const cu_hashset_saying *saying,
                                 CU_UNUSED cu_err *err)
{
    finishing *const self = context;
    const uint64_t *const latest =
        saying->state_us > 0 ? cu_map_get(&self->latest, label_key(saying->texts[0])) : NULL;

    if (latest == NULL || (uint64_t)saying->state_us >= *latest ||
        cu_rows_has(&self->withdrawn, row))
        return CU_OK;
    cu_rows_add(&self->withdrawn, row);
    self->builder->report->superseded++;
    return CU_OK;
}

/* Rows that their source takes back: by a tombstone, or by saying something else later. */
static cu_status find_withdrawn(finishing *self, cu_err *err)
{
    const cu_hashset_builder *const builder = self->builder;
    const bool tombstones = builder->tombstone_list.n > 0;
    cu_status st = CU_OK;

    if (!tombstones && !builder->has_states)
        return CU_OK;
    st = cu_rows_init(&self->withdrawn, builder->rows, err);
    if (st == CU_OK && tombstones)
        st = each_saying(builder, true, mark_withdrawn, self, err);
    if (st == CU_OK && builder->has_states)
        st = each_saying(builder, true, note_latest, self, err);
    if (st == CU_OK && builder->has_states)
        st = each_saying(builder, true, mark_superseded, self, err);
    cu_map_free(&self->latest);
    return st;
}

static cu_status mark_lone_photodna(finishing *self, uint64_t row, bool lone,
                                    CU_UNUSED const uint8_t *value, CU_UNUSED cu_err *err)
{
    if (lone && !cu_rows_has(&self->withdrawn, row))
        cu_rows_add(&self->used, row);
    return CU_OK;
}

static cu_status mark_recorded(void *context, uint64_t row,
                               CU_UNUSED const cu_hashset_saying *saying, CU_UNUSED cu_err *err)
{
    finishing *const self = context;

    if (cu_rows_has(&self->used, row))
        cu_rows_add(&self->recorded, row);
    return CU_OK;
}

/* Every used row with more to say gets a number. */
static cu_status number_records(finishing *self, cu_err *err)
{
    cu_status st = each_photodna(self, mark_lone_photodna, err);

    if (st == CU_OK)
        st = cu_rows_init(&self->recorded, self->builder->rows, err);
    if (st == CU_OK)
        st = each_saying(self->builder, false, mark_recorded, self, err);
    if (st == CU_OK)
        self->header->records = cu_rows_rank(&self->recorded, &st, err);
    if (st == CU_OK && self->header->records >= UINT32_MAX)
        st = cu_fail(err, CU_ELIMIT, "more than 2^32 records");
    return st;
}

/* ---- values ---- */

/* The last value that was kept, while a kind is merged. */
typedef struct kept_value {
    bool any;
    uint8_t bytes[cu_sort_pdq_bytes];
} kept_value;

/* True where the entry is the first of its value, of a row that is there. */
static bool is_wanted(const finishing *self, unsigned kind, const uint8_t *entry,
                      const kept_value *kept)
{
    const size_t value = cu_gather_entry_bytes(kind) - cu_gather_row_bytes;
    const uint64_t row = cu_gather_row_decode(entry + value);
    const bool again = kept->any && memcmp(kept->bytes, entry, value) == 0;

    if (cu_rows_has(&self->withdrawn, row))
        return false;
    /* Of a row with digests, PDQ goes where they go; its twin may belong to another file. */
    if (kind == cu_gather_pdq && entry[value - 1] == 0)
        return cu_rows_has(&self->used, row);
    return !again;
}

static cu_status keep_value(finishing *self, unsigned kind, const uint8_t *entry,
                            kept_value *kept, cu_err *err)
{
    const size_t value = cu_gather_entry_bytes(kind) - cu_gather_row_bytes;
    const uint8_t *const row = entry + value;
    const size_t digest = kind == cu_gather_pdq
                              ? (size_t)cu_hashset_pdq_bytes
                              : cu_hashset_digest_bytes((cu_hashset_algorithm)kind);
    cu_status st = cu_hashset_output_append(self->output, entry, digest, err);

    kept->any = true;
    memcpy(kept->bytes, entry, value);
    cu_rows_add(&self->used, cu_gather_row_decode(row));
    if (st == CU_OK && kind == cu_gather_pdq)
        st = cu_tape_append(&self->numbers[kind], entry + cu_hashset_pdq_bytes, 2, err);
    if (st == CU_OK && (self->builder->keeps_records || kind == cu_gather_pdq))
        st = cu_tape_append(&self->numbers[kind], row, cu_gather_row_bytes, err);
    if (++self->counts[kind] >= UINT32_MAX - 1 && st == CU_OK)
        st = cu_fail(err, CU_ELIMIT, "more than 2^32 values of a kind");
    return st;
}

static cu_status open_merge(const finishing *self, unsigned kind, cu_merge **out, cu_err *err)
{
    const cu_gather_runs *const spilled = &self->builder->sorter.runs[kind];
    const cu_bytes last = cu_buffer_view(&self->builder->filling->entries[kind]);
    cu_buffer runs = {0};
    cu_status st = CU_OK;

    cu_buffer_append(&runs, spilled->list.p, spilled->list.n);
    for (size_t i = 0; i < runs.n; i += sizeof(cu_sort_run)) {
        cu_sort_run run;

        memcpy(&run, runs.p + i, sizeof run);
        run.fd = spilled->fd;
        memcpy(runs.p + i, &run, sizeof run);
    }
    if (last.n > 0) {
        const cu_sort_run run = {.p = last.p, .left = last.n};

        cu_buffer_append(&runs, &run, sizeof run);
    }
    st = cu_buffer_check(&runs, err);
    if (st == CU_OK)
        st = cu_merge_open((const cu_sort_run *)(const void *)runs.p,
                           runs.n / sizeof(cu_sort_run), cu_gather_entry_bytes(kind),
                           self->builder->memory / 4, out, err);
    cu_buffer_free(&runs);
    return st;
}

static cu_status merge_kind(finishing *self, unsigned kind, cu_err *err)
{
    CU_AUTO(cu_merge, merge);
    kept_value kept = {.any = false};
    const uint8_t *entry = NULL;
    cu_status st = open_merge(self, kind, &merge, err);

    if (st == CU_OK)
        st = cu_hashset_output_open(
            self->output,
            kind == cu_gather_pdq ? (unsigned)CU_HASHSET_PDQ : CU_HASHSET_VALUES + kind, err);
    for (uint64_t i = 1; st == CU_OK; i++) {
        st = cu_merge_next(merge, &entry, err);
        if (st != CU_OK || entry == NULL)
            break;
        if (is_wanted(self, kind, entry, &kept))
            st = keep_value(self, kind, entry, &kept, err);
        if (st == CU_OK && i % tell_step == 0)
            st = tell(self, tell_step, err);
    }
    cu_hashset_output_close(self->output, self->counts[kind]);
    cu_buffer_free(&self->builder->filling->entries[kind]);
    return st;
}

static cu_status write_table(finishing *self, unsigned algorithm, cu_err *err)
{
    const uint64_t count = self->counts[algorithm];
    cu_hashset_bucketing bucketing = {
        .digest_bytes = cu_hashset_digest_bytes((cu_hashset_algorithm)algorithm),
        .count = count};
    cu_bytes values = {NULL, 0};
    cu_status st = CU_OK;

    if (count == 0)
        return CU_OK;
    st = cu_hashset_output_view(self->output, CU_HASHSET_VALUES + algorithm, &values, err);
    if (st == CU_OK)
        st = cu_hashset_output_open(self->output, CU_HASHSET_TABLE + algorithm, err);
    bucketing.values = values.p;
    for (uint64_t i = 0; st == CU_OK && i <= cu_hashset_buckets(count); i++) {
        uint8_t line[cu_hashset_line_bytes];

        cu_hashset_bucket_line(&bucketing, line);
        st = cu_hashset_output_append(self->output, line, sizeof line, err);
        if (st == CU_OK && i % tell_step == 0)
            st = tell(self, 0, err);
    }
    cu_hashset_output_close(self->output, cu_hashset_buckets(count) + 1);
    cu_hashset_output_unview(values);
    return st;
}

/* The record of each value, in the order of the values. */
static cu_status write_numbers(finishing *self, unsigned kind, cu_err *err)
{
    const bool pdq = kind == cu_gather_pdq;
    const size_t each = cu_gather_row_bytes + (pdq ? 2 : 0);
    cu_tape_reader reader = {.tape = &self->numbers[kind]};
    cu_status st = CU_OK;

    if (self->counts[kind] == 0 || (!pdq && self->header->records == 0))
        return CU_OK;
    st = cu_hashset_output_open(
        self->output, pdq ? (unsigned)CU_HASHSET_PDQ_FACTS : CU_HASHSET_NUMBERS + kind, err);
    for (uint64_t i = 0; st == CU_OK && i < self->counts[kind]; i++, reader.at += each) {
        uint8_t out[cu_hashset_pdq_fact_bytes] = {0};
        cu_bytes near = {NULL, 0};

        st = cu_tape_peek(&reader, each, &near, err);
        if (st != CU_OK)
            break;

        const uint64_t number = cu_rows_number(
            &self->recorded, cu_gather_row_decode(near.p + each - cu_gather_row_bytes));

        if (pdq)
            memcpy(out, near.p, 2);
        for (size_t k = 0; k < 4; k++)
            out[4 + k] = (uint8_t)(number >> (8 * k));
        st = cu_hashset_output_append(self->output, pdq ? out : out + 4, pdq ? 8 : 4, err);
    }
    cu_hashset_output_close(self->output, self->counts[kind]);
    cu_tape_reader_free(&reader);
    return st;
}

/* ---- records ---- */

/* The block of records that is being written. */
typedef struct block_of_records {
    finishing *self;
    cu_tape starts; /* u64 of each block */
    uint64_t bytes; /* of the section so far */
    uint64_t count;
    cu_buffer before_texts; /* of the record before, which before points into */
    cu_hashset_saying before;
    cu_buffer out;
} block_of_records;

/* The texts of a record lie in one run, each behind the one before it: one copy takes all. */
static void copy_before(block_of_records *block, const cu_hashset_saying *saying)
{
    const uint8_t *first = NULL;
    const uint8_t *end = NULL;

    for (size_t i = 0; i < cu_hashset_texts; i++) {
        if (saying->texts[i].n == 0)
            continue;
        first = first == NULL ? saying->texts[i].p : first;
        end = saying->texts[i].p + saying->texts[i].n;
    }
    block->before = *saying;
    block->before_texts.n = 0;
    cu_buffer_append(&block->before_texts, first, (size_t)(end - first));
    if (block->before_texts.bad)
        return;
    for (size_t i = 0; i < cu_hashset_texts; i++) {
        if (saying->texts[i].n > 0)
            block->before.texts[i].p = block->before_texts.p + (saying->texts[i].p - first);
    }
}

static cu_status write_record(void *context, uint64_t row, const cu_hashset_saying *saying,
                              cu_err *err)
{
    block_of_records *const block = context;
    cu_status st = CU_OK;

    if (!cu_rows_has(&block->self->recorded, row))
        return CU_OK;

    const bool first = block->count++ % cu_hashset_block_records == 0;

    if (first) {
        cu_buffer_u64le(&block->starts.tail, block->bytes);
        st = cu_tape_settle(&block->starts, err);
    }
    block->out.n = 0;
    cu_hashset_saying_encode(saying, first ? NULL : &block->before, &block->out);
    block->bytes += block->out.n;
    if (st == CU_OK)
        st = cu_buffer_check(&block->out, err);
    if (st == CU_OK)
        st = cu_hashset_output_append(block->self->output, block->out.p, block->out.n, err);
    copy_before(block, saying);
    return st != CU_OK ? st : cu_buffer_check(&block->before_texts, err);
}

/* The whole of a tape, as it is. */
static cu_status copy_tape(finishing *self, const cu_tape *tape, cu_err *err)
{
    enum { piece = 1 << 16 };

    cu_tape_reader reader = {.tape = tape};
    cu_status st = CU_OK;

    while (st == CU_OK && reader.at < cu_tape_bytes(tape)) {
        cu_bytes near = {NULL, 0};

        st = cu_tape_peek(&reader, piece, &near, err);
        if (st == CU_OK)
            st = cu_hashset_output_append(self->output, near.p, near.n, err);
        reader.at += near.n;
    }
    cu_tape_reader_free(&reader);
    return st;
}

static cu_status write_records(finishing *self, cu_err *err)
{
    block_of_records block = {.self = self, .starts.beside = self->builder->sayings.beside};
    cu_status st = cu_hashset_output_open(self->output, CU_HASHSET_RECORDS, err);

    if (st == CU_OK)
        st = each_saying(self->builder, true, write_record, &block, err);
    cu_hashset_output_close(self->output, block.count);
    if (st == CU_OK)
        st = cu_hashset_output_open(self->output, CU_HASHSET_BLOCKS, err);
    if (st == CU_OK)
        st = copy_tape(self, &block.starts, err);
    cu_hashset_output_close(self->output, cu_tape_bytes(&block.starts) / 8);
    cu_tape_free(&block.starts);
    cu_buffer_free(&block.before_texts);
    cu_buffer_free(&block.out);
    return st;
}

static cu_status write_photodna_value(finishing *self, uint64_t row, CU_UNUSED bool lone,
                                      const uint8_t *value, cu_err *err)
{
    const uint64_t number = cu_rows_number(&self->recorded, row);
    uint8_t out[cu_hashset_photodna_entry_bytes];

    if (!cu_rows_has(&self->used, row))
        return CU_OK;
    memcpy(out, value, cu_hashset_photodna_bytes);
    for (size_t k = 0; k < 4; k++)
        out[cu_hashset_photodna_bytes + k] = (uint8_t)(number >> (8 * k));
    self->photodna++;
    return cu_hashset_output_append(self->output, out, sizeof out, err);
}

static cu_status write_photodna(finishing *self, cu_err *err)
{
    cu_status st = cu_hashset_output_open(self->output, CU_HASHSET_PHOTODNA, err);

    if (st == CU_OK)
        st = each_photodna(self, write_photodna_value, err);
    cu_hashset_output_close(self->output, self->photodna);
    return st;
}

/* ---- what was left out ---- */

static cu_status report_duplicates(finishing *self, cu_err *err)
{
    cu_hashset_builder *const builder = self->builder;
    cu_hashset_report *const report = builder->report;
    const uint64_t repeated = report->duplicates;
    uint64_t first = builder->rows;
    uint64_t used = 0;

    for (uint64_t row = 0; row < builder->rows; row++) {
        const bool is_used = cu_rows_has(&self->used, row);

        used += is_used;
        if (is_used || cu_rows_has(&self->withdrawn, row))
            continue;
        report->duplicates++;
        if (row < first)
            first = row;
    }
    report->records = used;
    if (repeated > 0 && builder->repeated_after <= first)
        memcpy(report->first_duplicate, builder->first_repeated,
               sizeof builder->first_repeated);
    else if (first < builder->rows)
        return cu_gather_place_of(builder, first, report->first_duplicate, err);
    return CU_OK;
}

static void tell_header(finishing *self)
{
    const cu_hashset_report *const report = self->builder->report;
    uint64_t *const counts = self->header->counts;

    counts[CU_HASHSET_COUNT_ROWS] = report->rows;
    counts[CU_HASHSET_COUNT_EMPTY] = report->empty_files;
    counts[CU_HASHSET_COUNT_WITHOUT] = report->without_digest;
    counts[CU_HASHSET_COUNT_WRONG] = report->wrong;
    counts[CU_HASHSET_COUNT_DUPLICATE] = report->duplicates;
    counts[CU_HASHSET_COUNT_WITHDRAWN] = report->withdrawn + report->superseded;
}

/* ---- the whole ---- */

static cu_status finish(finishing *self, cu_err *err)
{
    cu_status st = cu_rows_init(&self->used, self->builder->rows, err);

    if (st == CU_OK)
        st = find_withdrawn(self, err);
    for (unsigned kind = 0; st == CU_OK && kind < cu_gather_kinds; kind++)
        st = merge_kind(self, kind, err);
    if (st == CU_OK)
        st = number_records(self, err);
    for (unsigned i = 0; st == CU_OK && i < cu_hashset_algorithms; i++)
        st = write_table(self, i, err);
    for (unsigned kind = 0; st == CU_OK && kind < cu_gather_kinds; kind++)
        st = write_numbers(self, kind, err);
    if (st == CU_OK)
        st = write_records(self, err);
    if (st == CU_OK)
        st = write_photodna(self, err);
    if (st == CU_OK)
        st = cu_hashset_write_near(self->output, self->counts[cu_gather_pdq], err);
    if (st == CU_OK)
        st = report_duplicates(self, err);
    return st;
}

static uint64_t count_entries(const cu_hashset_builder *builder)
{
    uint64_t count = 0;

    for (unsigned kind = 0; kind < cu_gather_kinds; kind++)
        count += (builder->sorter.runs[kind].bytes + builder->filling->entries[kind].n) /
                 cu_gather_entry_bytes(kind);
    return count;
}

cu_status cu_gather_finish(cu_hashset_builder *builder, cu_hashset_output *output,
                           cu_hashset_header *header, cu_err *err)
{
    finishing self = {.builder = builder, .output = output, .header = header};
    cu_status st = cu_gather_drain(builder, err);

    for (unsigned kind = 0; kind < cu_gather_kinds; kind++)
        self.numbers[kind].beside = builder->sayings.beside;
    if (st == CU_OK)
        st = cu_gather_settle(&builder->sorter, builder->filling, err);
    if (st == CU_OK)
        self.total = count_entries(builder);
    if (st == CU_OK)
        st = tell(&self, 0, err);
    if (st == CU_OK)
        st = finish(&self, err);
    for (unsigned i = 0; i < cu_hashset_algorithms; i++)
        builder->report->values += self.counts[i];
    builder->report->pdq = self.counts[cu_gather_pdq];
    builder->report->photodna = self.photodna;
    tell_header(&self);
    for (unsigned kind = 0; kind < cu_gather_kinds; kind++)
        cu_tape_free(&self.numbers[kind]);
    cu_rows_free(&self.used);
    cu_rows_free(&self.withdrawn);
    cu_rows_free(&self.recorded);
    return st;
}
