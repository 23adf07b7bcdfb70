/* SPDX-License-Identifier: Apache-2.0 */
/* Examinations: asked for, run by somebody competent, reviewed by another, reported. */
#ifndef CU_REGISTER_EXAMINATION_EXAMINATION_H
#define CU_REGISTER_EXAMINATION_EXAMINATION_H

#include "base/progress.h"
#include "register/record/record.h"

extern const cu_thing cu_thing_examination;
extern const cu_thing cu_thing_note;
extern const cu_thing cu_thing_copy;
extern const cu_thing cu_thing_sfr; /* streamlined forensic reports */
extern const cu_thing cu_thing_non_conformance;
extern const cu_thing cu_thing_evidence; /* an evidence file that was taken in */

/* ---- attach.c ---- */

/* One matched item of an evidence file. */
typedef struct cu_attached_match {
    const char *path, *state, *type, *recovery;
    const char *set, *set_version, *algorithm, *strength, *scheme, *code, *record;
    const char *md5, *sha1, *sha256; /* hexadecimal */
    int64_t bytes, distance;
    bool path_certain;
} cu_attached_match;

/* What was read of an evidence file, before anything is changed. */
typedef struct cu_attachment {
    const char *name;   /* of the file, without folders */
    const char *seal;   /* SHA-256, verified */
    const char *source; /* of the device: SHA-256 in hexadecimal, or NULL */
    const char *exhibit;
    int64_t bytes;
    int64_t allocated, deleted, orphan, carved, member, not_examined, findings, exact, near;
    cu_attached_match *matches;
    size_t match_count;
    const char **named; /* digests of items that some referral names */
    size_t named_count;
} cu_attachment;

/* True where some referral names the value of that kind (md5, sha1, sha256). */
typedef bool (*cu_attach_known)(void *context, const char *kind, const char *value);

/*
 * Verifies the file's seal, then reads it. Texts live in the arena.
 *
 * CU_EFORMAT  the seal is broken, or it is no evidence file: the text says where.
 */
cu_status cu_attachment_read(const char *path, cu_attach_known known, void *context,
                             cu_arena *arena, cu_attachment *out, cu_err *err) CU_MUST_CHECK;

/* The rules of examination attach. act->extra is a cu_attachment. */
cu_status cu_examination_attach(cu_act *act) CU_MUST_CHECK;

#endif
