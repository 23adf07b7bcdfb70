/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the signer and to a witness: an answer each, and no head that the request does
 * not prove. */
#include "signer/signer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static cu_signer_state signer;
static cu_witness_state witness;
static char folder[] = "/tmp/custos-fuzz-XXXXXX";

static void remove_folder(void)
{
    static const char *const names[] = {"/s", "/w"};
    char path[64];

    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof path, "%s%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

static void begin(void)
{
    char path[64];
    cu_buffer vkey = {0};

    if (mkdtemp(folder) == NULL || atexit(remove_folder) != 0)
        abort();
    (void)snprintf(path, sizeof path, "%s/s", folder);
    if (cu_signer_begin(path, "log.example", NULL) != CU_OK ||
        cu_signer_load(path, &signer, NULL) != CU_OK)
        abort();
    (void)snprintf(path, sizeof path, "%s/w", folder);
    cu_verifier_append(&vkey, &signer.keys[0].verifier);
    if (cu_witness_begin(path, "witness.example", NULL) != CU_OK ||
        cu_witness_load(path, &witness, NULL) != CU_OK ||
        cu_witness_trust(&witness, cu_buffer_view(&vkey), NULL) != CU_OK)
        abort();
    cu_buffer_free(&vkey);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static bool begun;
    cu_buffer response = {0};
    uint64_t size;

    if (!begun)
        begin();
    begun = true;
    size = signer.size;
    cu_signer_answer(&signer, (cu_bytes){bytes, n}, &response);
    if (response.n < 4 || response.p[3] != '\n' || signer.size < size || signer.failed)
        abort();
    response.n = 0;
    size = witness.logs[0].size;
    cu_witness_answer(&witness, (cu_bytes){bytes, n}, &response);
    if (response.n < 4 || response.p[3] != '\n' || witness.logs[0].size < size ||
        witness.failed)
        abort();
    cu_buffer_free(&response);
    return 0;
}
