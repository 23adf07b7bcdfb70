/* SPDX-License-Identifier: Apache-2.0 */
/* Any file, to the decoder in its sandbox: whatever it does there, an answer comes out. */
#include "picture/picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static cu_picture_decoder *decoder;
    static int fd = -1;
    cu_picture_facts facts;
    cu_err err = {0};

    if (decoder == NULL && cu_picture_decoder_start(&decoder, &err) != CU_OK) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    if (fd < 0)
        fd = memfd_create("picture", MFD_CLOEXEC);
    if (n == 0)
        return 0;
    if (ftruncate(fd, 0) != 0 || pwrite(fd, bytes, n, 0) != (ssize_t)n)
        abort();

    const cu_picture_file file = {.fd = fd, .bytes = n, .full = n % 2 != 0};

    if (cu_picture_examine(decoder, &file, &facts, &err) != CU_OK ||
        cu_picture_facts_check(&facts, n, &err) != CU_OK) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    return 0;
}
