/* SPDX-License-Identifier: Apache-2.0 */
/* Referrals: what was received, from whom, what it names, and where it went. */
#ifndef CU_REGISTER_REFERRAL_REFERRAL_H
#define CU_REGISTER_REFERRAL_REFERRAL_H

#include "register/record/record.h"

extern const cu_thing cu_thing_referral;
extern const cu_thing cu_thing_package;    /* a received file, or a member of one */
extern const cu_thing cu_thing_identifier; /* what a file names */
extern const cu_thing cu_thing_remark;     /* what of a file was not understood, or not read */
extern const cu_thing cu_thing_link;       /* that two records have something in common */

/* Refuses, by rule R8, what is said to have been done about a referral before its receipt;
 * field names the time. */
cu_status cu_referral_check_after_receipt(cu_act *act, const cu_record *referral,
                                          const char *field, int64_t time_us) CU_MUST_CHECK;

/*
 * Links a record to what names the same: for each other record of identifiers with that kind
 * and value, one link. from is "referral:R-…" or "exhibit:…". found counts them.
 */
cu_status cu_link_by_value(cu_act *act, const char *from, const char *kind, const char *value,
                           size_t *found) CU_MUST_CHECK;

/* One link, where it is not there. */
cu_status cu_link_add(cu_act *act, const char *from, const char *to, const char *basis,
                      bool *added) CU_MUST_CHECK;

/* Keeps bytes under their digest (64 digits into hex), once. */
cu_status cu_content_keep(cu_act *act, cu_bytes bytes, char hex[65]) CU_MUST_CHECK;

#endif
