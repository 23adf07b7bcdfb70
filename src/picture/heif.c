/* SPDX-License-Identifier: Apache-2.0 */
/* HEIC and AVIF by libheif: the primary picture, turned as its file says, for all readers do.
 */
#include "picture/format.h"

#include <stdlib.h>
#include <string.h>

#include <libheif/heif.h>

enum { exif_bytes_max = 16 << 20 };

typedef struct decoder {
    struct heif_context *context;
    struct heif_image_handle *handle;
    struct heif_image *image;
} decoder;

static cu_status fail(const struct heif_error *error, cu_err *err)
{
    const bool memory = error->code == heif_error_Memory_allocation_error;

    return cu_fail(err, memory ? CU_ENOMEM : CU_EFORMAT, "%.90s",
                   error->message == NULL ? "damaged" : error->message);
}

static void give_rows(const struct heif_image *image, cu_canvas *canvas)
{
    int stride = 0;
    const uint8_t *const pixels =
        heif_image_get_plane_readonly(image, heif_channel_interleaved, &stride);

    for (uint32_t y = 0; pixels != NULL && y < canvas->height; y++) {
        if (cu_canvas_wants(canvas, y))
            cu_canvas_row(canvas, y, pixels + (size_t)y * (size_t)stride);
    }
}

static cu_status read_primary(decoder *self, cu_canvas *canvas, cu_err *err)
{
    struct heif_error error =
        heif_context_get_primary_image_handle(self->context, &self->handle);

    if (error.code != heif_error_Ok)
        return fail(&error, err);

    const int width = heif_image_handle_get_width(self->handle);
    const int height = heif_image_handle_get_height(self->handle);
    const bool clear = heif_image_handle_has_alpha_channel(self->handle) != 0;
    cu_status st = cu_canvas_begin(canvas, width < 0 ? 0 : (uint32_t)width,
                                   height < 0 ? 0 : (uint32_t)height, clear ? 4 : 3, err);

    if (st != CU_OK)
        return st;
    error = heif_decode_image(
        self->handle, &self->image, heif_colorspace_RGB,
        clear ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB, NULL);
    if (error.code != heif_error_Ok)
        return fail(&error, err);
    if (heif_image_get_width(self->image, heif_channel_interleaved) != width ||
        heif_image_get_height(self->image, heif_channel_interleaved) != height)
        return cu_fail(err, CU_EFORMAT, "the picture has another size than its file says");
    give_rows(self->image, canvas);
    return CU_OK;
}

static cu_status decode(cu_bytes file, cu_canvas *canvas, cu_err *err)
{
    decoder self = {.context = heif_context_alloc()};
    cu_status st = CU_OK;

    if (self.context == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    heif_context_set_maximum_image_size_limit(self.context, cu_pdq_largest_side);
    heif_context_set_max_decoding_threads(self.context, 0);

    const struct heif_error error =
        heif_context_read_from_memory_without_copy(self.context, file.p, file.n, NULL);

    if (error.code != heif_error_Ok)
        st = fail(&error, err);
    else
        st = read_primary(&self, canvas, err);
    heif_image_release(self.image);
    heif_image_handle_release(self.handle);
    heif_context_free(self.context);
    return st;
}

static bool claims(cu_bytes file)
{
    static const char *const brands[] = {"heic", "heix", "heim", "heis", "hevc", "hevx",
                                         "mif1", "msf1", "avif", "avis", "heif"};

    if (!cu_bytes_starts(cu_bytes_slice(file, 4, 4), "ftyp", 4))
        return false;
    for (size_t i = 0; i < CU_COUNT_OF(brands); i++) {
        if (cu_bytes_starts(cu_bytes_slice(file, 8, 4), brands[i], 4))
            return true;
    }
    return false;
}

/* Four bytes say where the II or MM is, counted from behind them. */
static void copy_exif(const struct heif_image_handle *handle, cu_buffer *room)
{
    heif_item_id id = 0;

    if (heif_image_handle_get_list_of_metadata_block_IDs(handle, "Exif", &id, 1) != 1)
        return;

    const size_t n = heif_image_handle_get_metadata_size(handle, id);

    if (n == 0 || n > exif_bytes_max || !cu_buffer_reserve(room, n))
        return;
    if (heif_image_handle_get_metadata(handle, id, room->p).code == heif_error_Ok)
        room->n = n;
}

static cu_bytes exif(cu_bytes file, cu_buffer *room)
{
    struct heif_context *const context = heif_context_alloc();
    struct heif_image_handle *handle = NULL;

    if (context == NULL)
        return (cu_bytes){0};
    if (heif_context_read_from_memory_without_copy(context, file.p, file.n, NULL).code ==
            heif_error_Ok &&
        heif_context_get_primary_image_handle(context, &handle).code == heif_error_Ok)
        copy_exif(handle, room);
    heif_image_handle_release(handle);
    heif_context_free(context);

    cu_cursor c = cu_cursor_over(cu_buffer_view(room));
    const uint32_t skipped = cu_cursor_u32be(&c);

    return c.bad ? (cu_bytes){0}
                 : cu_bytes_slice(cu_buffer_view(room), 4 + (size_t)skipped, room->n);
}

const cu_picture_format cu_picture_heif = {"heif", claims, decode, exif};
