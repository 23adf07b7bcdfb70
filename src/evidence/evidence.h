/* SPDX-License-Identifier: Apache-2.0 */
/* The evidence file: one SQLite file with what a scan found, sealed. docs/formats/evidence.md.
 */
#ifndef CU_EVIDENCE_EVIDENCE_H
#define CU_EVIDENCE_EVIDENCE_H

#include "base/bytes.h"
#include "digest/digest.h"

/* Classes of the accounting: each byte of the source is in exactly one. */
typedef enum cu_class {
    CU_CLASS_UNREADABLE, /* strongest: where two claim a byte, the one listed first has it */
    CU_CLASS_ALLOCATED,
    CU_CLASS_SLACK, /* lies in blocks that the allocation map gives to somebody */
    CU_CLASS_METADATA,
    CU_CLASS_RECOVERED,
    CU_CLASS_UNSUPPORTED,
    CU_CLASS_UNALLOCATED,
    cu_classes,
} cu_class;

const char *cu_class_word(cu_class class_of_bytes); /* "allocated", … as in the contract */

typedef struct cu_evidence_source {
    const char *path;   /* as given */
    const char *format; /* "ewf", … */
    uint64_t bytes;
    uint32_t sector_bytes;
    const char *exhibit; /* NULL: not given */
    bool has_sha256, has_stored_md5, has_stored_sha1;
    bool verified; /* a stored digest was there, and all stored digests agree */
    uint8_t sha256[32];
    uint8_t stored_md5[16];
    uint8_t stored_sha1[20];
    uint8_t md5[16];  /* computed; only where has_stored_md5 */
    uint8_t sha1[20]; /* computed; only where has_stored_sha1 */
} cu_evidence_source;

typedef struct cu_evidence_volume {
    int64_t id;         /* given by the caller, from 1, in order */
    uint32_t number;    /* N of /pN */
    const char *prefix; /* "/p1", or "/p1-iso9660" for a second claim */
    const char *kind;   /* "partition", "table", "gap" */
    const char *type;
    const char *name;
    const char *filesystem; /* "" where none was opened */
    uint64_t offset, bytes;
    uint32_t block_bytes; /* 0 where no file system */
    const char *examined; /* "complete", "incomplete: …", "none" */
} cu_evidence_volume;

/* An item as the walk gives it. Times are UTC microseconds; INT64_MIN is unknown. */
typedef struct cu_evidence_item {
    int64_t id;       /* from 1, in order; the caller numbers */
    int64_t volume;   /* id of a cu_evidence_volume; 0 none */
    const char *path; /* unique in the file */
    const char *name;
    const char *inode;
    const char *state;    /* allocated deleted orphan carved member */
    const char *recovery; /* allocated contiguous-guess chain proved-by-digest none */
    bool path_certain;
    bool claimed; /* not live, and live files own some of its bytes (cu_evidence_set_claimed) */
    uint64_t size;
    uint64_t excluded; /* bytes that were left out on purpose, each with a finding */
    int64_t parent;    /* id of the item that holds it; 0 none */
    int64_t modified_us, accessed_us, changed_us, born_us;
    /* Results, set by cu_evidence_set_result. */
    bool examined;    /* has digests: every byte of size was read */
    uint64_t read;    /* bytes read */
    const char *type; /* MIME, or NULL */
    cu_digests digests;
    /* Of its picture; only read, where one was decoded. */
    bool has_pdq;
    uint8_t pdq[32]; /* variant A, as it is stored */
    int pdq_quality;
    uint32_t width, height;
} cu_evidence_item;

enum { cu_evidence_codes_bytes = 8 * 32 }; /* a PDQ hash in its eight turns, as it is first */

/* What is known of an item that is a picture. Texts other than outcome may be NULL: "". */
typedef struct cu_evidence_picture {
    int64_t item;
    const char *outcome; /* whole, partly, not, known: its bytes are, so it was not decoded */
    const char *reason;
    const char *format;
    uint32_t width, height; /* as stored; 0 unknown */
    uint32_t frames, orientation, rows;
    bool has_pdq, has_full;
    uint8_t pdq[cu_evidence_codes_bytes];  /* variant A */
    uint8_t full[cu_evidence_codes_bytes]; /* variant F */
    int quality, full_quality;
    int64_t taken_us; /* INT64_MIN unknown */
    const char *make, *model, *serial;
    int32_t latitude, longitude; /* 10^-7 degrees; INT32_MIN unknown */
} cu_evidence_picture;

/* Another look at a picture: a further frame, or a changed copy that was hashed too. */
typedef struct cu_evidence_look {
    int64_t item;
    uint32_t frame;     /* from 0 */
    const char *change; /* "" for the frame as it is; else such as "crop 5 %" */
    uint8_t pdq[cu_evidence_codes_bytes];
    int quality;
} cu_evidence_look;

/* The group of a picture in each of three ways: the id of the group's first item. */
typedef struct cu_evidence_grouping {
    int64_t item;
    int64_t same_bytes, same_picture, similar;
} cu_evidence_grouping;

typedef struct cu_evidence_run {
    int64_t item;
    uint32_t number; /* of the run in the item, from 0 */
    uint64_t file_offset, bytes;
    uint64_t device_offset; /* UINT64_MAX: a hole, reads as zero */
} cu_evidence_run;

typedef struct cu_evidence_finding {
    int64_t item;     /* 0: of the source or a volume */
    const char *path; /* "" where none */
    uint64_t offset;  /* bytes on the source, or in the item where item is not 0 */
    uint64_t bytes;   /* how many bytes of the item could not be read because of it */
    const char *kind;
    const char *text;
} cu_evidence_finding;

typedef struct cu_evidence_match {
    int64_t item;
    const char *path; /* of the item; filled in when read, ignored when written */
    const char *set, *set_version, *algorithm, *strength, *scheme, *code, *record;
    int distance;
    const char *how; /* of a near match: what was turned or taken back; "" nothing. NULL: "" */
} cu_evidence_match;

/* An item that a known-good set holds and no set that alerts does. */
typedef struct cu_evidence_known_good {
    int64_t item;
    const char *set, *set_version, *algorithm;
} cu_evidence_known_good;

typedef struct cu_evidence_region {
    uint64_t offset, bytes;
    cu_class class_of_bytes;
} cu_evidence_region;

/* ---- writing ---- */

/*
 * A file being written: OUT.partial beside OUT (path is OUT). Everything added before
 * cu_evidence_commit returns survives SIGKILL.
 */
typedef struct cu_evidence_writer cu_evidence_writer;

/* CU_EEXISTS: OUT is there, or OUT.partial is and resume is false. CU_ENOTFOUND: resume,
 * nothing there. */
cu_status cu_evidence_begin(const char *path, bool resume, cu_evidence_writer **out,
                            cu_err *err) CU_MUST_CHECK;
void cu_evidence_abandon(
    cu_evidence_writer *writer); /* closes; the partial file stays. NULL allowed */
CU_DEFINE_AUTO(cu_evidence_writer, cu_evidence_abandon)

/* Removes all volumes, items, runs, findings and progress: a walk that was cut off begins
 * again. */
cu_status cu_evidence_clear(cu_evidence_writer *writer, cu_err *err) CU_MUST_CHECK;

cu_status cu_evidence_set_source(cu_evidence_writer *w, const cu_evidence_source *source,
                                 cu_err *err) CU_MUST_CHECK;
cu_status cu_evidence_add_volume(cu_evidence_writer *w, const cu_evidence_volume *volume,
                                 cu_err *err) CU_MUST_CHECK;
cu_status cu_evidence_add_item(cu_evidence_writer *w, const cu_evidence_item *item,
                               cu_err *err) CU_MUST_CHECK;
cu_status cu_evidence_add_run(cu_evidence_writer *w, const cu_evidence_run *run,
                              cu_err *err) CU_MUST_CHECK;
cu_status cu_evidence_set_result(cu_evidence_writer *w, const cu_evidence_item *item,
                                 cu_err *err) CU_MUST_CHECK;
/* state → "not read"-type corrections after matching: recovery becomes "proved-by-digest". */
cu_status cu_evidence_set_recovery(cu_evidence_writer *w, int64_t item, const char *recovery,
                                   cu_err *err) CU_MUST_CHECK;
/* Live files own some of the item's bytes: it only claims them. */
cu_status cu_evidence_set_claimed(cu_evidence_writer *w, int64_t item,
                                  cu_err *err) CU_MUST_CHECK;
cu_status cu_evidence_add_finding(cu_evidence_writer *w, const cu_evidence_finding *finding,
                                  cu_err *err) CU_MUST_CHECK;
cu_status cu_evidence_add_match(cu_evidence_writer *w, const cu_evidence_match *match,
                                cu_err *err) CU_MUST_CHECK;
cu_status cu_evidence_add_known_good(cu_evidence_writer *w, const cu_evidence_known_good *known,
                                     cu_err *err) CU_MUST_CHECK;
cu_status cu_evidence_add_region(cu_evidence_writer *w, const cu_evidence_region *region,
                                 cu_err *err) CU_MUST_CHECK;
cu_status cu_evidence_add_picture(cu_evidence_writer *w, const cu_evidence_picture *picture,
                                  cu_err *err) CU_MUST_CHECK;
cu_status cu_evidence_add_look(cu_evidence_writer *w, const cu_evidence_look *look,
                               cu_err *err) CU_MUST_CHECK;
/* Another item of the same bytes: its picture and looks are those of from. */
cu_status cu_evidence_copy_picture(cu_evidence_writer *w, int64_t from, int64_t item,
                                   cu_err *err) CU_MUST_CHECK;
cu_status cu_evidence_add_grouping(cu_evidence_writer *w, const cu_evidence_grouping *grouping,
                                   cu_err *err) CU_MUST_CHECK;
/* A fact about the run that shapes its result: "tool", "sets", … Never a time, a host or a
 * count of workers. */
cu_status cu_evidence_set_fact(cu_evidence_writer *w, const char *key, const char *value,
                               cu_err *err) CU_MUST_CHECK;

/* Progress of an unfinished scan, by key; not in the sealed file. get: CU_ENOTFOUND where not
 * set. */
cu_status cu_evidence_put_state(cu_evidence_writer *w, const char *key, cu_bytes value,
                                cu_err *err) CU_MUST_CHECK;
cu_status cu_evidence_get_state(cu_evidence_writer *w, const char *key, cu_buffer *value,
                                cu_err *err) CU_MUST_CHECK;

/* Makes durable what was added (writers batch until then). */
cu_status cu_evidence_commit(cu_evidence_writer *w, cu_err *err) CU_MUST_CHECK;

/*
 * Writes the sealed file: the same bytes for the same content, whatever order it was added in
 * and however often the work was cut off. Sorted findings and matches, path uniqueness, the
 * accounting sum and read + findings + excluded = size are checked first (CU_EFORMAT: our own
 * bug). Then OUT appears under its name and OUT.partial is gone. seal: SHA-256. Takes the
 * writer, also on failure.
 */
cu_status cu_evidence_seal(cu_evidence_writer *w, uint8_t seal[32], cu_err *err) CU_MUST_CHECK;

/* ---- reading: of a sealed file, or of a writer's own partial file ---- */

typedef struct cu_evidence cu_evidence;

/* CU_EFORMAT: not an evidence file, a newer version, or cut off. Does not check the seal. */
cu_status cu_evidence_open(const char *path, cu_evidence **out, cu_err *err) CU_MUST_CHECK;
/* A view of what the writer has so far; close it before the writer. */
cu_status cu_evidence_peek(cu_evidence_writer *writer, cu_evidence **out,
                           cu_err *err) CU_MUST_CHECK;
void cu_evidence_close(cu_evidence *evidence);
CU_DEFINE_AUTO(cu_evidence, cu_evidence_close)

/* Each calls seen for every row, in order (items by id; runs by item and number; regions by
 * offset; pictures, groupings by item; looks by item, frame and change; findings, matches,
 * known_good by item); stops where seen does not answer CU_OK, and answers that. Texts live
 * until seen returns. */
#define CU_EVIDENCE_EACH(noun, type)                                                           \
    cu_status cu_evidence_each_##noun(                                                         \
        cu_evidence *evidence, cu_status (*seen)(void *context, const type *row, cu_err *err), \
        void *context, cu_err *err) CU_MUST_CHECK
CU_EVIDENCE_EACH(volume, cu_evidence_volume);
CU_EVIDENCE_EACH(item, cu_evidence_item);
CU_EVIDENCE_EACH(run, cu_evidence_run);
CU_EVIDENCE_EACH(finding, cu_evidence_finding);
CU_EVIDENCE_EACH(match, cu_evidence_match);
CU_EVIDENCE_EACH(known_good, cu_evidence_known_good);
CU_EVIDENCE_EACH(region, cu_evidence_region);
CU_EVIDENCE_EACH(picture, cu_evidence_picture);
CU_EVIDENCE_EACH(look, cu_evidence_look);
CU_EVIDENCE_EACH(grouping, cu_evidence_grouping);
/* The item with this id, committed or not, to seen, which may add rows and not call this again;
 * CU_ENOTFOUND where there is none. Commits nothing. */
cu_status cu_evidence_get_item(cu_evidence_writer *w, int64_t id,
                               cu_status (*seen)(void *context, const cu_evidence_item *row,
                                                 cu_err *err),
                               void *context, cu_err *err) CU_MUST_CHECK;
cu_status cu_evidence_get_source(cu_evidence *evidence, cu_evidence_source *out,
                                 cu_err *err) CU_MUST_CHECK;

typedef struct cu_evidence_totals {
    uint64_t allocated, deleted, orphan, carved, member, not_examined; /* items */
    uint64_t exact, near;                                              /* matches */
    uint64_t matched;                                                  /* items that have one */
    uint64_t known_good;                                               /* items */
    uint64_t findings;
    uint64_t pictures, pictures_known, pictures_partly,
        pictures_not;                /* the last three are of them */
    uint64_t accounting[cu_classes]; /* bytes */
    uint64_t total;                  /* their sum */
    uint8_t seal[32];                /* zero in a partial file */
} cu_evidence_totals;

cu_status cu_evidence_count(cu_evidence *evidence, cu_evidence_totals *out,
                            cu_err *err) CU_MUST_CHECK;

/*
 * Checks the whole file: the seal over every byte, then SQLite's own structure, then the sums.
 * The first damage is named with its offset and what lies there. CU_EFORMAT: damaged; err says
 * where.
 */
cu_status cu_evidence_verify(const char *path, uint8_t seal[32], cu_err *err) CU_MUST_CHECK;

#endif
