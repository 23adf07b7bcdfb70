/* SPDX-License-Identifier: Apache-2.0 */
/* What a person, or a program, is told of an evidence file. Private to cli/. */
#ifndef CU_CLI_REPORT_H
#define CU_CLI_REPORT_H

#include "cli/command.h"
#include "evidence/evidence.h"

/* The members source, items, matches, findings and accounting of the contract. */
cu_status cu_report_json(cu_json *json, cu_evidence *evidence, cu_err *err) CU_MUST_CHECK;

/* The page that a detective understands at first sight. */
cu_status cu_report_page(cu_evidence *evidence, const char *path, cu_err *err) CU_MUST_CHECK;

/* A match as a line for people, and as the members of the contract in an object of its own. */
void cu_report_match(cu_buffer *out, const cu_evidence_match *match);
void cu_report_match_json(cu_json *json, const cu_evidence_match *match);

/* The source alone, as an object named key. */
void cu_report_source(cu_json *json, const char *key, const cu_evidence_source *source);

void cu_report_hex(cu_json *json, const char *key, const uint8_t *bytes, size_t n);

#endif
