/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-512 by OpenSSL. */
#include "digest/sha512.h"

#include <openssl/evp.h>

cu_status cu_digest_sha512(cu_bytes bytes, uint8_t out[64], cu_err *err)
{
    if (EVP_Digest(bytes.n == 0 ? "" : (const void *)bytes.p, bytes.n, out, NULL, EVP_sha512(),
                   NULL) != 1)
        return cu_fail(err, CU_ENOMEM, "could not compute SHA-512");
    return CU_OK;
}
