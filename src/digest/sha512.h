/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-512 of bytes that are at hand: what AFF4 signs its own tables with. */
#ifndef CU_DIGEST_SHA512_H
#define CU_DIGEST_SHA512_H

#include "base/bytes.h"

/* CU_ENOMEM: the library could not set itself up. Source: FIPS 180-4. */
cu_status cu_digest_sha512(cu_bytes bytes, uint8_t out[64], cu_err *err) CU_MUST_CHECK;

#endif
