/* SPDX-License-Identifier: Apache-2.0 */
/* JPEG with libjpeg-turbo: the reference's own pixels, but only where the hash looks. */
#include "picture/baseline_headers.h"
#include "picture/format.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

enum {
    scans_max = 500,
    scans_always = 20, /* however large the picture */
    block = 8,
    blocks_high_max = 2,                      /* of a component in the fast way */
    group_rows_max = block * blocks_high_max, /* luma rows of one group of blocks */
};

/* What libjpeg's tables hold. Source: ITU-T T.871 section 7, as jdcolor.c rounds it. */
typedef struct colours {
    int red_of_cr[256];
    int blue_of_cb[256];
    int green_of_cr[256]; /* times 65536 */
    int green_of_cb[256]; /* times 65536, half a unit added */
} colours;

typedef struct decoder {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    jmp_buf out;
    cu_canvas *canvas;
    char why[JMSG_LENGTH_MAX]; /* the first complaint; "" while all is well */
    bool truncated;
    bool started;       /* there are rows to be had */
    uint32_t good_rows; /* rows that were out before the first complaint */
    uint32_t rows_out;
    /* The fast way. */
    colours colours;
    uint8_t *planes; /* rows of blocks, of this group and the one before */
    uint8_t *row;    /* one row of pixels */
} decoder;

/* ---- libjpeg's errors ---- */

/* jerror.h would name the messages, but holds a call that banned.h forbids: their texts do. */
static void fail(j_common_ptr jpeg)
{
    decoder *const self = jpeg->client_data;

    if (self->why[0] == '\0') {
        jpeg->err->format_message(jpeg, self->why);
        self->good_rows = self->rows_out;
    }
    longjmp(self->out, 1);
}

static void complain(j_common_ptr jpeg, int level)
{
    decoder *const self = jpeg->client_data;

    if (level >= 0)
        return;

    const char *const text = jpeg->err->jpeg_message_table[jpeg->err->msg_code];

    if (strcmp(text, "Premature end of JPEG file") == 0)
        self->truncated = true;
    /* Zeros after the last scan, a strange version and the like cost no pixel. */
    if (strstr(text, "extraneous bytes") != NULL || strncmp(text, "Warning", 7) == 0 ||
        strncmp(text, "Unknown", 7) == 0 || self->why[0] != '\0')
        return;
    jpeg->err->format_message(jpeg, self->why);
    self->good_rows = self->rows_out;
}

static void say_nothing(CU_UNUSED j_common_ptr jpeg)
{
}

/* ---- the way for any JPEG: rows of pixels ---- */

/* Ink on white paper. Source: the formula of Pillow, whose hashes are in the lists. */
static uint8_t ink(uint8_t colour, uint8_t black)
{
    const unsigned product = (unsigned)colour * black + 128;

    return (uint8_t)((product + (product >> 8)) >> 8);
}

static void paper_from_ink(decoder *self)
{
    const bool inverted = self->jpeg.saw_Adobe_marker; /* Adobe stores 255 for no ink */

    for (uint32_t x = 0; x < self->jpeg.output_width; x++) {
        const uint8_t *const in = self->row + (size_t)x * 4;
        uint8_t *const out = self->row + (size_t)x * 3;
        uint8_t light[4];

        for (int i = 0; i < 4; i++)
            light[i] = inverted ? in[i] : (uint8_t)(255 - in[i]);
        for (int i = 0; i < 3; i++)
            out[i] = ink(light[i], light[3]);
    }
}

static void first_of(decoder *self, uint32_t components)
{
    for (uint32_t x = 0; x < self->jpeg.output_width; x++)
        self->row[x] = self->row[(size_t)x * components];
}

static void read_rows(decoder *self)
{
    struct jpeg_decompress_struct *const jpeg = &self->jpeg;

    while (jpeg->output_scanline < jpeg->output_height) {
        const uint32_t y = jpeg->output_scanline;
        JSAMPROW rows[1] = {self->row};

        if (jpeg_read_scanlines(jpeg, rows, 1) != 1)
            return;
        self->rows_out = y + 1;
        if (!cu_canvas_wants(self->canvas, y))
            continue;
        if (jpeg->output_components == 4)
            paper_from_ink(self);
        else if (jpeg->output_components == 2)
            first_of(self, 2);
        cu_canvas_row(self->canvas, y, self->row);
    }
}

/* ---- the fast way: planes, and colours only at the samples ---- */

static void make_colours(colours *out)
{
    for (int i = 0; i < 256; i++) {
        const int x = i - 128;

        /* FIX(1.40200), FIX(1.77200), FIX(0.71414), FIX(0.34414) */
        out->red_of_cr[i] = (91881 * x + 32768) >> 16;
        out->blue_of_cb[i] = (116130 * x + 32768) >> 16;
        out->green_of_cr[i] = -46802 * x;
        out->green_of_cb[i] = -22554 * x + 32768;
    }
}

static uint8_t clamp(int value)
{
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* The planes of one group of block rows. */
typedef struct planes {
    uint8_t *rows[3][group_rows_max];
} planes;

/* A component of two sizes: which of its samples make one pixel. */
typedef struct chroma {
    const uint8_t *near, *far; /* rows; the same where it is not halved in height */
    bool halved;               /* in width */
    bool blended;              /* in height */
    uint32_t width;            /* in samples */
} chroma;

/*
 * What libjpeg's upsampling gives at the kept columns: a triangle over the nearest samples.
 * Source: jdsample.c, fullsize_upsample, h2v1_fancy_upsample, h1v2_fancy_upsample and
 * h2v2_fancy_upsample, whose roundings alternate.
 */
static void blend(const chroma *c, const cu_canvas *canvas, bool lower, uint8_t *restrict out)
{
    const uint32_t *const restrict columns = canvas->columns;
    const uint8_t *const restrict near = c->near;
    const uint8_t *const far = c->far;
    const uint32_t last = c->width - 1;

    for (uint32_t i = 0; !c->halved && i < canvas->kept_width; i++) {
        const uint32_t x = columns[i];

        out[i] =
            !c->blended ? near[x] : (uint8_t)((near[x] * 3 + far[x] + (lower ? 2 : 1)) >> 2);
    }
    for (uint32_t i = 0; c->halved && i < canvas->kept_width; i++) {
        const uint32_t x = columns[i];
        const uint32_t at = x / 2;
        const uint32_t odd = x & 1;
        /* At an edge the sample beside is the sample itself, and the formulas come out right.
         */
        const uint32_t right = at < last ? at + 1 : at;
        const uint32_t left = at > 0 ? at - 1 : at;
        const uint32_t beside = odd != 0 ? right : left;

        if (c->blended) {
            const uint32_t here = near[at] * 3U + far[at];
            const uint32_t there = near[beside] * 3U + far[beside];

            out[i] = (uint8_t)((here * 3 + there + 8 - odd) >> 4);
        } else {
            out[i] = (uint8_t)((near[at] * 3U + near[beside] + 1 + odd) >> 2);
        }
    }
}

/* The kept pixels of one row: luma, and where its two colour components lie. */
static void sample_row(decoder *self, const uint8_t *luma, const chroma *blue,
                       const chroma *red, bool lower)
{
    const cu_canvas *const canvas = self->canvas;
    const colours *const table = &self->colours;
    uint8_t *const red_out = cu_canvas_place(canvas, 0);
    uint8_t *const green_out = cu_canvas_place(canvas, 1);
    uint8_t *const blue_out = cu_canvas_place(canvas, 2);
    uint8_t cb[cu_canvas_side];
    uint8_t cr[cu_canvas_side];

    blend(blue, canvas, lower, cb);
    blend(red, canvas, lower, cr);
    for (uint32_t i = 0; i < canvas->kept_width; i++) {
        const int y = luma[canvas->columns[i]];

        red_out[i] = clamp(y + table->red_of_cr[cr[i]]);
        green_out[i] =
            clamp(y + ((table->green_of_cb[cb[i]] + table->green_of_cr[cr[i]]) >> 16));
        blue_out[i] = clamp(y + table->blue_of_cb[cb[i]]);
    }
}

/* Two groups in turn: a row at an edge of one needs the colours of the next. */
typedef struct window {
    planes groups[2];
    uint32_t group_rows;   /* luma rows of a group */
    uint32_t groups_read;  /* so far */
    uint32_t chroma_rows;  /* of the picture */
    uint32_t chroma_width; /* in samples */
    bool halved, blended;
} window;

static const uint8_t *chroma_row(const window *w, int component, uint32_t row)
{
    const uint32_t per_group = w->blended ? w->group_rows / 2 : w->group_rows;

    return w->groups[row / per_group % 2].rows[component][row % per_group];
}

static void give_row(decoder *self, const window *w, uint32_t y)
{
    const uint8_t *const luma = w->groups[y / w->group_rows % 2].rows[0][y % w->group_rows];
    const uint32_t row = w->blended ? y / 2 : y;
    const bool lower = w->blended && y % 2 != 0;
    uint32_t far = row;
    chroma parts[2];

    if (w->blended && lower && row + 1 < w->chroma_rows)
        far = row + 1;
    else if (w->blended && !lower && row > 0)
        far = row - 1;
    for (int i = 0; i < 2; i++)
        parts[i] = (chroma){.near = chroma_row(w, i + 1, row),
                            .far = chroma_row(w, i + 1, far),
                            .halved = w->halved,
                            .blended = w->blended,
                            .width = w->chroma_width};
    sample_row(self, luma, &parts[0], &parts[1], lower);
    cu_canvas_placed(self->canvas);
}

/* Every kept row whose colours are all here. */
static void give_ready(decoder *self, const window *w, uint32_t ready)
{
    cu_canvas *const canvas = self->canvas;

    while (canvas->next_kept < canvas->kept_height &&
           cu_canvas_source_row(canvas, canvas->next_kept) < ready)
        give_row(self, w, cu_canvas_source_row(canvas, canvas->next_kept));
}

static void read_planes(decoder *self, window *w)
{
    struct jpeg_decompress_struct *const jpeg = &self->jpeg;

    while (jpeg->output_scanline < jpeg->output_height) {
        const uint32_t first = jpeg->output_scanline;
        planes *const into = &w->groups[w->groups_read % 2];
        JSAMPARRAY arrays[3] = {into->rows[0], into->rows[1], into->rows[2]};

        if (jpeg_read_raw_data(jpeg, arrays, w->group_rows) == 0)
            return;
        w->groups_read++;

        const uint32_t end = first + w->group_rows;
        const bool last = end >= jpeg->output_height;

        /* The last row waits for the colours below it. */
        self->rows_out = last ? jpeg->output_height : end;
        give_ready(self, w, last ? jpeg->output_height : end - (w->blended ? 1U : 0U));
    }
}

/* Below two million pixels, libjpeg's vectors do all pixels faster than we do some. */
static bool is_large(const decoder *self)
{
    static const uint64_t dense_pixels = 2000000;
    const cu_canvas *const canvas = self->canvas;

    return canvas->sample_always || (uint64_t)canvas->width * canvas->height >= dense_pixels;
}

/* True where the planes are what the fast way knows, and no full picture is wanted. */
static bool is_plain(const decoder *self)
{
    const struct jpeg_decompress_struct *const jpeg = &self->jpeg;
    const jpeg_component_info *const c = jpeg->comp_info;

    if (self->canvas->want_full || !is_large(self) || jpeg->jpeg_color_space != JCS_YCbCr ||
        jpeg->num_components != 3)
        return false;
    if (c[0].h_samp_factor > 2 || c[0].v_samp_factor > 2 ||
        c[0].h_samp_factor != jpeg->max_h_samp_factor ||
        c[0].v_samp_factor != jpeg->max_v_samp_factor)
        return false;
    for (int i = 1; i < 3; i++) {
        if (c[i].h_samp_factor != 1 || c[i].v_samp_factor != 1)
            return false;
    }
    /* Narrower than this, libjpeg repeats samples and draws no triangle. */
    return jpeg->image_width > 6;
}

static bool make_planes(decoder *self, window *w)
{
    const struct jpeg_decompress_struct *const jpeg = &self->jpeg;
    size_t each[3];
    size_t total = 0;

    w->group_rows = (uint32_t)(jpeg->max_v_samp_factor * block);
    w->halved = jpeg->max_h_samp_factor == 2;
    w->blended = jpeg->max_v_samp_factor == 2;
    w->chroma_rows = (jpeg->image_height + (w->blended ? 1U : 0U)) / (w->blended ? 2U : 1U);
    w->chroma_width = (jpeg->image_width + (w->halved ? 1U : 0U)) / (w->halved ? 2U : 1U);
    for (int i = 0; i < 3; i++) {
        /* A block more: an interleaved group is padded to whole groups of blocks. */
        each[i] = ((size_t)jpeg->comp_info[i].width_in_blocks + 2) * block;
        total += each[i] * (size_t)jpeg->comp_info[i].v_samp_factor * block;
    }
    self->planes = malloc(total * 2);
    if (self->planes == NULL)
        return false;

    uint8_t *at = self->planes;

    for (int g = 0; g < 2; g++) {
        for (int i = 0; i < 3; i++) {
            for (int k = 0; k < jpeg->comp_info[i].v_samp_factor * block; k++, at += each[i])
                w->groups[g].rows[i][k] = at;
        }
    }
    return true;
}

/* ---- our own way: one baseline scan ---- */

/*
 * Most photographs, faster than libjpeg can. It has read the headers; where anything is odd or
 * damaged it reads on, as if we had not been here.
 */
static bool read_ourselves(const decoder *self)
{
    cu_baseline picture;

    return self->why[0] == '\0' && cu_baseline_of_headers(&self->jpeg, &picture) &&
           cu_baseline_read(&picture, self->canvas);
}

/* ---- both ---- */

/* Each scan goes over all of the picture, so a large one may have fewer. */
static int scan_ceiling(const struct jpeg_decompress_struct *jpeg)
{
    static const uint64_t work_max = 4000000000; /* pixels */
    const uint64_t scans = work_max / ((uint64_t)jpeg->image_width * jpeg->image_height);

    return scans > scans_max ? scans_max : scans < scans_always ? scans_always : (int)scans;
}

/*
 * Takes in all scans of a picture that is stored in layers. False where it stopped early; what
 * came in can be put out.
 */
static bool take_scans(decoder *self)
{
    struct jpeg_decompress_struct *const jpeg = &self->jpeg;
    int status = JPEG_SUSPENDED;

    if (setjmp(self->out) != 0)
        return false;
    do
        status = jpeg_consume_input(jpeg);
    while (status != JPEG_REACHED_EOI && status != JPEG_SUSPENDED &&
           jpeg->input_scan_number <= scan_ceiling(jpeg));
    if (status == JPEG_REACHED_EOI)
        return true;
    (void)snprintf(self->why, sizeof self->why, "more than %d scans", scan_ceiling(jpeg));
    return false;
}

/* The channels that the canvas gets. */
static uint32_t channels_of(struct jpeg_decompress_struct *jpeg)
{
    switch (jpeg->jpeg_color_space) {
    case JCS_GRAYSCALE:
        jpeg->out_color_space = JCS_GRAYSCALE;
        return 1;
    case JCS_CMYK:
    case JCS_YCCK:
        jpeg->out_color_space = JCS_CMYK;
        return 3;
    case JCS_YCbCr:
    case JCS_RGB:
        jpeg->out_color_space = JCS_RGB;
        return 3;
    default:
        jpeg->out_color_space = JCS_UNKNOWN;
        return jpeg->num_components == 3 ? 3 : 1;
    }
}

/* The part of decoding that libjpeg may leave by longjmp: locals that matter live in self. */
static cu_status begin(decoder *self, cu_bytes file, cu_err *err)
{
    struct jpeg_decompress_struct *const jpeg = &self->jpeg;

    if (setjmp(self->out) != 0)
        return cu_fail(err, CU_EFORMAT, "%.90s", self->why);
    jpeg_create_decompress(jpeg);
    jpeg->client_data = self;
    jpeg_mem_src(jpeg, file.p, file.n);
    (void)jpeg_read_header(jpeg, TRUE);
    if (jpeg->num_components > 4)
        return cu_fail(err, CU_EUNSUPPORTED, "it has %d components", jpeg->num_components);

    const cu_status st = cu_canvas_begin_in_order(self->canvas, jpeg->image_width,
                                                  jpeg->image_height, channels_of(jpeg), err);

    if (st != CU_OK)
        return st;
    self->row = malloc((size_t)jpeg->image_width * 4);
    return self->row == NULL ? cu_fail(err, CU_ENOMEM, "out of memory") : CU_OK;
}

/* Whatever stops these two, why says it, and the rows that are out stand. */
static cu_status start(decoder *self, window *w, cu_err *err)
{
    struct jpeg_decompress_struct *const jpeg = &self->jpeg;

    if (setjmp(self->out) != 0)
        return CU_OK;
    if (is_plain(self)) {
        jpeg->raw_data_out = TRUE;
        jpeg->out_color_space = JCS_YCbCr;
        make_colours(&self->colours);
        if (!make_planes(self, w))
            return cu_fail(err, CU_ENOMEM, "out of memory");
    }
    jpeg->buffered_image = jpeg_has_multiple_scans(jpeg);
    self->started = jpeg_start_decompress(jpeg) != 0;
    return CU_OK;
}

static void put_out(decoder *self, window *w, int scan)
{
    struct jpeg_decompress_struct *const jpeg = &self->jpeg;

    if (setjmp(self->out) != 0)
        return;
    if (jpeg->buffered_image)
        (void)jpeg_start_output(jpeg, scan);
    if (jpeg->raw_data_out)
        read_planes(self, w);
    else
        read_rows(self);
}

static cu_status read_all(decoder *self, window *w, cu_err *err)
{
    const cu_status st = start(self, w, err);
    int scan = 0;

    if (st != CU_OK || !self->started)
        return st;
    if (self->jpeg.buffered_image) {
        const bool all = take_scans(self);

        /* An unfinished scan would be read on, and break again. */
        scan = self->jpeg.input_scan_number;
        if (!all && scan > 1)
            scan--;
    }
    put_out(self, w, scan);
    return CU_OK;
}

static cu_status say_how_far(const decoder *self, cu_err *err)
{
    self->canvas->rows = self->rows_out;
    if (self->why[0] == '\0')
        return CU_OK;
    /* In layers, all rows are there, only coarser than they were. */
    if (!self->jpeg.buffered_image)
        self->canvas->rows = self->good_rows;
    return cu_fail(err, CU_EFORMAT, "%s%.80s", self->truncated ? "cut off: " : "", self->why);
}

static cu_status decode(cu_bytes file, cu_canvas *canvas, cu_err *err)
{
    decoder *const self = calloc(1, sizeof *self);
    window *const w = calloc(1, sizeof *w);
    cu_status st = CU_ENOMEM;

    if (self == NULL || w == NULL) {
        free(self);
        free(w);
        return cu_fail(err, CU_ENOMEM, "out of memory");
    }
    self->canvas = canvas;
    self->jpeg.err = jpeg_std_error(&self->errors);
    self->jpeg.client_data = self;
    self->errors.error_exit = fail;
    self->errors.emit_message = complain;
    self->errors.output_message = say_nothing;
    st = begin(self, file, err);
    if (st == CU_OK && read_ourselves(self)) {
        canvas->rows = canvas->height;
    } else {
        if (st == CU_OK)
            st = read_all(self, w, err);
        if (st == CU_OK)
            st = say_how_far(self, err);
    }
    jpeg_destroy_decompress(&self->jpeg);
    free(self->planes);
    free(self->row);
    free(self);
    free(w);
    return st;
}

static bool claims(cu_bytes file)
{
    return cu_bytes_starts(file, "\xFF\xD8\xFF", 3);
}

/* Source: EXIF 2.32 section 4.7.2: segment APP1 that begins with "Exif" and two zeros. */
static cu_bytes exif(cu_bytes file, CU_UNUSED cu_buffer *room)
{
    cu_cursor c = cu_cursor_over(file);

    cu_cursor_take(&c, 2);
    while (!c.bad) {
        while (cu_cursor_left(&c) > 0 && c.view.p[c.at] == 0xFF)
            cu_cursor_take(&c, 1);

        const uint8_t marker = cu_cursor_u8(&c);
        const uint16_t size = cu_cursor_u16be(&c);
        const cu_bytes segment = cu_cursor_take(&c, size >= 2 ? size - 2U : 0);

        if (marker == 0xDA || size < 2)
            break;
        if (marker == 0xE1 && cu_bytes_starts(segment, "Exif\0\0", 6))
            return cu_bytes_slice(segment, 6, segment.n);
    }
    return (cu_bytes){0};
}

const cu_picture_format cu_picture_jpeg = {"jpeg", claims, decode, exif};
