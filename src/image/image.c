/* SPDX-License-Identifier: Apache-2.0 */
/* Which format claims a source, and the calls that all formats share. */
#include "digest/sha512.h"
#include "image/format.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The registry, in probing order; raw claims everything, so it is last. */
static const cu_image_format *const formats[] = {&cu_ewf_format,  &cu_aff4_format,
                                                 &cu_qcow_format, &cu_vmdk_format,
                                                 &cu_vhd_format,  &cu_raw_format};

bool cu_segment_read(const cu_segment *segment, uint64_t offset, void *out, size_t n)
{
    uint8_t *p = out;

    while (n > 0) {
        const ssize_t done = pread(segment->fd, p, n, (off_t)offset);

        if (done < 0 && errno == EINTR)
            continue;
        if (done == 0)
            errno = 0;
        if (done <= 0)
            return false;
        p += done;
        offset += (uint64_t)done;
        n -= (size_t)done;
    }
    return true;
}

void cu_image_add_remark(cu_image *image, const char *format, ...)
{
    char text[160];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    cu_buffer_append(&image->remarks, text, strlen(text) + 1);
}

const char *cu_image_remark(const cu_image *image, size_t index)
{
    const char *const texts = (const char *)image->remarks.p;

    for (size_t at = 0; at < image->remarks.n; at += strlen(texts + at) + 1) {
        if (index-- == 0)
            return texts + at;
    }
    return NULL;
}

cu_status cu_image_prepare(cu_err *err)
{
    uint8_t unused[64];

    return cu_digest_sha512((cu_bytes){0}, unused, err);
}

cu_status cu_image_open(const cu_segments *segments, cu_image **out, cu_err *err)
{
    CU_AUTO(cu_image, image);
    uint8_t bytes[4096];
    cu_bytes head = {bytes, 0};

    if (segments->count == 0)
        return cu_fail(err, CU_EUSAGE, "a source has no file");
    head.n =
        segments->list[0].bytes < sizeof bytes ? (size_t)segments->list[0].bytes : sizeof bytes;
    /* A device whose first sectors cannot be read is still a device. */
    if (!cu_segment_read(&segments->list[0], 0, bytes, head.n))
        head.n = 0;
    image = calloc(1, sizeof *image);
    if (image == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    image->segments = segments;
    image->remarks.ceiling = 64 << 10;
    for (size_t i = 0; i < CU_COUNT_OF(formats); i++) {
        if (!formats[i]->claims(segments, head))
            continue;
        image->format = formats[i];

        const cu_status st = image->format->open(image, err);

        if (st != CU_OK)
            return cu_while(err, st, "as %s", image->format->name);
        *out = CU_MOVE(image);
        return CU_OK;
    }
    return cu_fail(err, CU_EUNSUPPORTED, "no format claims it");
}

void cu_image_close(cu_image *image)
{
    if (image == NULL)
        return;
    if (image->format != NULL)
        image->format->close(image);
    cu_buffer_free(&image->remarks);
    free(image);
}

const cu_image_facts *cu_image_get_facts(const cu_image *image)
{
    return &image->facts;
}

cu_status cu_image_read_at(cu_image *image, const cu_image_piece *wanted, cu_err *err)
{
    const uint64_t bytes = image->facts.bytes;

    if (wanted->offset > bytes || wanted->n > bytes - wanted->offset)
        return cu_fail(err, CU_EFORMAT, "%zu bytes at %llu lie past the end", wanted->n,
                       (unsigned long long)wanted->offset);
    return wanted->n == 0 ? CU_OK : image->format->read_at(image, wanted, err);
}
