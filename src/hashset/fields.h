/* SPDX-License-Identifier: Apache-2.0 */
/* What a field of a source means, whatever its format calls it, and its text into a row.
 * Private to hashset/. */
#ifndef CU_HASHSET_FIELDS_H
#define CU_HASHSET_FIELDS_H

#include "hashset/builder.h"

typedef enum cu_hashset_field {
    CU_HASHSET_FIELD_NONE, /* nothing that a set keeps */
    CU_HASHSET_FIELD_MD5,
    CU_HASHSET_FIELD_SHA1,
    CU_HASHSET_FIELD_SHA256,
    CU_HASHSET_FIELD_DIGEST, /* one of these three, known by its length */
    CU_HASHSET_FIELD_PDQ,
    CU_HASHSET_FIELD_PDQ_QUALITY,
    CU_HASHSET_FIELD_PDQ_VARIANT, /* A or F */
    CU_HASHSET_FIELD_PHOTODNA,
    CU_HASHSET_FIELD_SIZE,
    CU_HASHSET_FIELD_LABEL,
    CU_HASHSET_FIELD_NAME,
    CU_HASHSET_FIELD_CODE,
    CU_HASHSET_FIELD_SERIES,
    CU_HASHSET_FIELD_SOURCE,
    CU_HASHSET_FIELD_VICTIM_IDENTIFIED,
    CU_HASHSET_FIELD_OFFENDER_IDENTIFIED,
    CU_HASHSET_FIELD_DISTRIBUTED,
    CU_HASHSET_FIELD_SUSPECTED,
    CU_HASHSET_FIELD_SELF_GENERATED,
    CU_HASHSET_FIELD_PRECATEGORISED,
    cu_hashset_fields,
} cu_hashset_field;

/* A row that is being filled, and the room for what it borrows. Zero it for each row. */
typedef struct cu_hashset_filling {
    cu_hashset_row row;
    uint8_t photodna[cu_hashset_photodna_bytes];
} cu_hashset_filling;

/* Makes it ready for the next row without clearing its rooms. */
void cu_hashset_filling_start(cu_hashset_filling *filling, uint64_t line, uint64_t offset);

/*
 * Puts the text of a field into the row; an empty text says nothing. Digests and PDQ are
 * hexadecimal of either case, PhotoDNA is base64 or hexadecimal; one that is neither, or has a
 * wrong length, sets wrong. A flag is true, yes, 1 or false, no, 0 in any case; other texts say
 * nothing. A size is decimal digits. The last one said of a field holds.
 */
void cu_hashset_filling_put(cu_hashset_filling *filling, cu_hashset_field field, cu_bytes text);

/*
 * A row step by step, for a reader that has one thing to do, and that is to be fast: the texts
 * are put into a row, as by cu_hashset_filling_put, in the second thread. start forgets what
 * was put since the last end; end adds the row. The text of put lies in the source, or in
 * memory that never goes away; of put_copy it is borrowed for the call, and cut to 4096 bytes.
 * They fail as cu_hashset_builder_add does.
 */
cu_status cu_hashset_builder_start(cu_hashset_builder *builder, uint64_t offset,
                                   cu_err *err) CU_MUST_CHECK;
cu_status cu_hashset_builder_put(cu_hashset_builder *builder, cu_hashset_field field,
                                 cu_bytes text, cu_err *err) CU_MUST_CHECK;
cu_status cu_hashset_builder_put_copy(cu_hashset_builder *builder, cu_hashset_field field,
                                      cu_bytes text, cu_err *err) CU_MUST_CHECK;
cu_status cu_hashset_builder_end(cu_hashset_builder *builder, cu_err *err) CU_MUST_CHECK;

/*
 * What a column or key of this name means: case, spaces and punctuation are ignored, and the
 * usual other names are known (docs/formats/hashset-sources.md lists them).
 * CU_HASHSET_FIELD_NONE: not known.
 */
cu_hashset_field cu_hashset_field_named(cu_bytes name);

/* True where the two are the same name but for case, spaces and punctuation. */
bool cu_hashset_same_name(cu_bytes name, const char *other);

/* The text without the white space around it. */
cu_bytes cu_hashset_trim(cu_bytes text);

#endif
