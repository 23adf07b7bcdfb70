/* SPDX-License-Identifier: Apache-2.0 */
/* All rows of an import, in memory and beside it. Private to hashset/: handover.c and
 * builder.c fill it, runs.c sorts it, finish.c writes the set. */
#ifndef CU_HASHSET_GATHER_H
#define CU_HASHSET_GATHER_H

#include "base/map.h"
#include "base/queue.h"
#include "hashset/fields.h"
#include "hashset/output.h"
#include "hashset/sort.h"
#include "hashset/tape.h"

#include <pthread.h>
#include <stdatomic.h>

/* The kinds of value that are sorted: the algorithms, and then PDQ. */
enum { cu_gather_pdq = cu_hashset_algorithms, cu_gather_kinds, cu_gather_row_bytes = 5 };

/* Of an entry: the value, for PDQ quality, variant and whether its row has no digest; the row.
 */
size_t cu_gather_entry_bytes(unsigned kind);

/* Values of some rows, one after the other, until there are enough to be sorted. */
typedef struct cu_gather_block {
    cu_buffer entries[cu_gather_kinds];
} cu_gather_block;

/* Sorted runs of a kind in a scratch file. */
typedef struct cu_gather_runs {
    int fd;
    bool opened;
    uint64_t bytes;
    cu_buffer list; /* of cu_sort_run */
} cu_gather_runs;

/* The thread that sorts a block while the next is filled. */
typedef struct cu_gather_sorter {
    const char *beside;
    bool settle; /* equal values are one: no row has more to say than its digests */
    cu_gather_block blocks[2];
    cu_gather_runs runs[cu_gather_kinds];
    cu_queue *empty, *full;
    pthread_t thread;
    bool running;
    atomic_bool
        failed; /* status and err belong to the thread until it is joined, or this is set */
    cu_status status;
    cu_err err;
} cu_gather_sorter;

/* A block to fill, after giving away the full one (NULL at first). */
cu_status cu_gather_turn(cu_gather_sorter *sorter, cu_gather_block **block,
                         cu_err *err) CU_MUST_CHECK;
/* Waits for the thread, and sorts the last block, which stays in memory. */
cu_status cu_gather_settle(cu_gather_sorter *sorter, cu_gather_block *last,
                           cu_err *err) CU_MUST_CHECK;
void cu_gather_sorter_free(cu_gather_sorter *sorter);

/* Rows that were read and wait to be added. */
typedef struct cu_gather_batch cu_gather_batch;

/* The thread that adds rows while the next are read. */
typedef struct cu_gather_adder {
    cu_gather_batch *batches, *filling;
    cu_queue *empty, *full;
    pthread_t thread;
    bool running;
    atomic_bool
        failed; /* status and err belong to the thread until it is joined, or this is set */
    cu_status status;
    cu_err err;
    size_t file;            /* of the row that is added */
    cu_hashset_filling row; /* that is filled step by step */
} cu_gather_adder;

/* Where the rows stand: how many follow each other at the same distance. */
typedef struct cu_gather_places {
    cu_tape tape;
    uint64_t last, step, count; /* of the stretch that is open */
    uint64_t kind;              /* file number times 2, and 1 where lines are counted */
} cu_gather_places;

struct cu_hashset_builder {
    const cu_hashset_import_options *options;
    cu_hashset_report *report;
    const char *const *files;
    size_t file; /* that is read now */
    const cu_hashset_source *source;
    uint64_t before, total;        /* bytes of the files before it, and of all */
    uint64_t next_reach, released; /* in the file */
    char name[cu_hashset_fact_bytes], version[cu_hashset_fact_bytes]; /* as suggested */
    bool keeps_records;
    size_t block_bytes; /* when a block is full */
    size_t memory;
    cu_map tombstones;        /* of a label, to its number from 1 */
    cu_buffer tombstone_list; /* of cu_gather_tombstone */
    cu_buffer tombstone_text;
    cu_gather_adder
        adder;       /* its thread owns what follows, and the report, until it is drained */
    uint64_t rows;   /* kept */
    bool has_states; /* a row says since when */
    uint8_t last[cu_hashset_algorithms][32]; /* digests of the last row */
    bool last_has[cu_hashset_algorithms];
    uint64_t repeated_after; /* rows before the first that repeated the one before it */
    char first_repeated[160];
    cu_gather_block *filling;
    size_t filled; /* bytes in it */
    cu_gather_sorter sorter;
    cu_gather_places places;
    cu_tape paths;    /* of a folder's files, row by row, instead: length, path */
    cu_tape sayings;  /* row (from the one before), length of the rest, state_us, record */
    cu_tape photodna; /* row (from the one before), 1 where it has no digest, value */
    uint64_t saying_row, photodna_row;
};

/* Every row with this label is withdrawn, wherever it stands, but for later states. */
typedef struct cu_gather_tombstone {
    int64_t state_us; /* the last; INT64_MAX: no state is later */
    size_t offset, n; /* of its text */
} cu_gather_tombstone;

/* beside: the path of the output, which stays with the caller. */
void cu_gather_begin(cu_hashset_builder *builder, const char *beside);
void cu_gather_free(cu_hashset_builder *builder);

/* Adds a row, in the thread that adds: cu_hashset_builder_add hands it over. */
cu_status cu_gather_add(cu_hashset_builder *builder, const cu_hashset_row *row,
                        cu_err *err) CU_MUST_CHECK;

/* Waits until all rows so far are added: what they borrow may go. */
cu_status cu_gather_catch_up(cu_hashset_builder *builder, cu_err *err) CU_MUST_CHECK;

/* Waits until all rows are added, and tells what failed: an earlier row than the reader's last.
 * No row comes after it. */
cu_status cu_gather_drain(cu_hashset_builder *builder, cu_err *err) CU_MUST_CHECK;
void cu_gather_adder_free(cu_gather_adder *adder);

/* A map's slot for the label: 0 where there is no tombstone for it. add: one is made. */
cu_status cu_gather_tombstone_of(cu_hashset_builder *builder, cu_bytes label, bool add,
                                 uint64_t *out, cu_err *err) CU_MUST_CHECK;

/* "FILE:LINE" or "FILE, byte OFFSET" of a kept row. */
cu_status cu_gather_place_of(cu_hashset_builder *builder, uint64_t row, char out[160],
                             cu_err *err) CU_MUST_CHECK;

/* Writes the set into the output, which is not taken. header is filled in. */
cu_status cu_gather_finish(cu_hashset_builder *builder, cu_hashset_output *output,
                           cu_hashset_header *header, cu_err *err) CU_MUST_CHECK;

static inline void cu_gather_row_encode(uint64_t row, uint8_t out[cu_gather_row_bytes])
{
    for (size_t i = 0; i < cu_gather_row_bytes; i++)
        out[i] = (uint8_t)(row >> (8 * (cu_gather_row_bytes - 1 - i)));
}

static inline uint64_t cu_gather_row_decode(const uint8_t *p)
{
    return (uint64_t)p[0] << 32 | (uint64_t)p[1] << 24 | (uint64_t)p[2] << 16 |
           (uint64_t)p[3] << 8 | p[4];
}

/* The length of a record on the tape, so that a walk may go past it. */
enum { cu_gather_length_bytes = 4 };

static inline void cu_gather_length_encode(size_t length, uint8_t out[cu_gather_length_bytes])
{
    for (size_t i = 0; i < cu_gather_length_bytes; i++)
        out[i] = (uint8_t)(length >> (8 * i));
}

#endif
