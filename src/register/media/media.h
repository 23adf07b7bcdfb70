/* SPDX-License-Identifier: Apache-2.0 */
/* Files that sets know: where they occur, what sets assert, how people grade, frozen counts. */
#ifndef CU_REGISTER_MEDIA_MEDIA_H
#define CU_REGISTER_MEDIA_MEDIA_H

#include "register/examination/examination.h"

extern const cu_thing cu_thing_media;
extern const cu_thing cu_thing_occurrence;
extern const cu_thing cu_thing_match;
extern const cu_thing cu_thing_grade;
extern const cu_thing cu_thing_exposure;
extern const cu_thing cu_thing_count;

/* The scheme in which people grade. Source: Sentencing Council, since 1 April 2014. */
#define CU_GRADE_SCHEME "UK-SC-2014"

/*
 * Keeps one match: the file, its occurrence on the exhibit, and what the set asserts. Exhibits
 * that hold the same file are linked; exhibits counts the new links.
 */
cu_status cu_media_take_match(cu_act *act, const char *exhibit, const char *evidence,
                              const cu_attached_match *match, size_t *exhibits) CU_MUST_CHECK;

/* How many files on an exhibit have a confirmed grade A, B or C. */
cu_status cu_media_confirmed(cu_act *act, const char *exhibit, int64_t *out) CU_MUST_CHECK;

#endif
