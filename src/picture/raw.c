/* SPDX-License-Identifier: Apache-2.0 */
/* Camera files: the largest JPEG that the camera put beside its raw picture. */
#include "picture/format.h"

#include "filetype/filetype.h"
#include "picture/directory.h"

#include <stdlib.h>
#include <string.h>

enum { previews_max = 32 };

enum { COMPRESSION_OLD_JPEG = 6, COMPRESSION_JPEG = 7 };

typedef struct previews {
    cu_bytes file;
    cu_bytes list[previews_max];
    size_t count;
} previews;

static void add(previews *self, uint64_t offset, uint64_t bytes)
{
    if (offset > self->file.n || bytes == 0 || self->count == previews_max)
        return;

    const cu_bytes view =
        cu_bytes_slice(self->file, (size_t)offset, bytes < SIZE_MAX ? (size_t)bytes : SIZE_MAX);

    if (cu_picture_jpeg.claims(view))
        self->list[self->count++] = view;
}

static void see(void *context, const cu_directory *directory)
{
    previews *const self = context;

    add(self, directory->jpeg_offset, directory->jpeg_bytes);
    add(self, directory->raw_offset, directory->raw_bytes);
    if (directory->compression == COMPRESSION_OLD_JPEG ||
        directory->compression == COMPRESSION_JPEG)
        add(self, directory->strip_offset, directory->strip_bytes);
}

/* Source: the header of Fuji's files: place and length of the JPEG at bytes 84 and 88. */
static void see_fuji(previews *self)
{
    cu_cursor c = cu_cursor_over(cu_bytes_slice(self->file, 84, 8));
    const uint32_t offset = cu_cursor_u32be(&c);

    add(self, offset, cu_cursor_u32be(&c));
}

/* Source: lclevy/canon_cr3: box PRVW: 4 unknown, 2, width, height, 2, length of the JPEG. */
static void see_canon(previews *self)
{
    enum { head_max = 8 << 20 };

    const cu_bytes head = cu_bytes_slice(self->file, 0, head_max);
    const uint8_t *const box = head.n == 0 ? NULL : memmem(head.p, head.n, "PRVW", 4);

    if (box == NULL)
        return;

    const size_t at = (size_t)(box - self->file.p) + 4;
    cu_cursor c = cu_cursor_over(cu_bytes_slice(self->file, at + 12, 4));

    add(self, at + 16, cu_cursor_u32be(&c));
}

static int by_size(const void *a, const void *b)
{
    const cu_bytes *const x = a;
    const cu_bytes *const y = b;

    return x->n != y->n ? (x->n < y->n ? 1 : -1) : x->p < y->p ? -1 : x->p > y->p;
}

static bool is_type(cu_bytes file, const char *type)
{
    const char *const found = cu_filetype_of(file);

    return found != NULL && strcmp(found, type) == 0;
}

static cu_status decode(cu_bytes file, cu_canvas *canvas, cu_err *err)
{
    previews *const self = calloc(1, sizeof *self);
    cu_status st = CU_EUNSUPPORTED;

    if (self == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    self->file = file;
    if (is_type(file, "image/x-fuji-raf"))
        see_fuji(self);
    else if (is_type(file, "image/x-canon-cr3"))
        see_canon(self);
    else
        cu_directory_walk(file, see, self);
    qsort(self->list, self->count, sizeof *self->list, by_size);
    /* A raw picture may be a JPEG too, of a kind that libjpeg refuses before it begins. */
    for (size_t i = 0; i < self->count && !canvas->begun; i++)
        st = cu_picture_jpeg.decode(self->list[i], canvas, err);
    free(self);
    if (!canvas->begun && cu_picture_tiff.claims(file))
        st = cu_picture_tiff.decode(file, canvas, err);
    return st == CU_EUNSUPPORTED ? cu_fail(err, st, "no preview of the raw picture") : st;
}

static bool claims(cu_bytes file)
{
    static const char *const types[] = {
        "image/x-canon-cr2",   "image/x-canon-cr3",   "image/x-nikon-nef",
        "image/x-sony-arw",    "image/x-adobe-dng",   "image/x-pentax-pef",
        "image/x-samsung-srw", "image/x-olympus-orf", "image/x-panasonic-rw2",
        "image/x-fuji-raf",
    };

    for (size_t i = 0; i < CU_COUNT_OF(types); i++) {
        if (is_type(file, types[i]))
            return true;
    }
    return false;
}

/* Before tiff, which claims most of them. */
static cu_bytes exif(cu_bytes file, cu_buffer *room)
{
    if (is_type(file, "image/x-fuji-raf")) {
        previews jpeg = {.file = file};

        see_fuji(&jpeg);
        return jpeg.count == 0 ? (cu_bytes){0} : cu_picture_jpeg.exif(jpeg.list[0], room);
    }
    if (is_type(file, "image/x-canon-cr3")) {
        const cu_bytes head = cu_bytes_slice(file, 0, 1 << 20);
        const uint8_t *const box = memmem(head.p, head.n, "CMT1", 4);

        return box == NULL ? (cu_bytes){0}
                           : cu_bytes_slice(file, (size_t)(box - file.p) + 4, 1 << 20);
    }
    return file;
}

const cu_picture_format cu_picture_raw = {"raw", claims, decode, exif};
