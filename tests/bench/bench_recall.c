/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hash still finds of a picture that was changed: a table by change, of plain hashing
 * and with views (--thorough), and how often two different pictures are taken for one.
 *
 * usage: bench-recall [PICTURES [TILES [FOLDER...]]]
 *
 * PICTURES are changed, TILES (parts of pictures) are compared with each other. Pictures are
 * wallpapers of Debian packages where installed, or those of the folders, and drawn ones.
 * CUSTOS_RECALL_CHANGE: only changes whose name holds this text. CUSTOS_RECALL_TRACE: the
 * misses.
 */
#include "base/clock.h"
#include "pdq/pdq.h"
#include "picture_change.h"
#include "support/picture_file.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { paths_max = 400, drawn = 24, side_max = 2048, tiles_max = 20000, turns_of_views = 8 };

/* ---- pictures ---- */

static char *paths[paths_max];
static size_t path_count;

static int note_path(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    const char *const dot = strrchr(path, '.');

    (void)facts;
    (void)place;
    if (kind == FTW_F && dot != NULL && path_count < paths_max &&
        (strcmp(dot, ".jpg") == 0 || strcmp(dot, ".png") == 0) &&
        strstr(path, "screenshot") == NULL)
        paths[path_count++] = strdup(path);
    return 0;
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/*
 * A wallpaper that is there in several sizes and shades is one picture: NAME/contents/... is
 * what such packages call them. The paths are sorted.
 */
static void keep_one_of_each(void)
{
    size_t kept = 0;

    for (size_t i = 0; i < path_count; i++) {
        const char *const within = strstr(paths[i], "/contents/");
        const size_t n = within == NULL ? 0 : (size_t)(within - paths[i]) + 1;

        if (n > 0 && kept > 0 && strncmp(paths[kept - 1], paths[i], n) == 0)
            free(paths[i]);
        else
            paths[kept++] = paths[i];
    }
    path_count = kept;
}

static bool load(const char *path, picture *out)
{
    picture_file file;

    if (!picture_file_read(path, &file) || file.width < 320 || file.height < 320)
        return false;

    const uint32_t longer = file.width > file.height ? file.width : file.height;
    picture whole = picture_new(file.width, file.height);

    for (size_t i = 0; i < (size_t)file.width * file.height; i++) {
        for (unsigned c = 0; c < 3; c++)
            whole.p[3 * i + c] = file.p[i * file.channels + (file.channels == 3 ? c : 0)];
    }
    free(file.p);
    if (longer <= side_max) {
        *out = whole;
        return true;
    }
    *out = picture_scaled(&whole, (uint32_t)((uint64_t)whole.width * side_max / longer),
                          (uint32_t)((uint64_t)whole.height * side_max / longer));
    free(whole.p);
    return true;
}

/* ---- hashes ---- */

static cu_pdq_scratch scratch;

static cu_pdq_pixels pixels_of(const picture *of)
{
    return (cu_pdq_pixels){.p = of->p,
                           .stride_bytes = 3 * (size_t)of->width,
                           .width = of->width,
                           .height = of->height,
                           .channels = 3};
}

static cu_pdq_hash hash_of(const picture *of, cu_pdq_variant variant)
{
    const cu_pdq_pixels pixels = pixels_of(of);
    cu_pdq_hash hash;

    if (cu_pdq_hash_pixels(&pixels, variant, &scratch, &hash, NULL) != CU_OK)
        abort();
    return hash;
}

static unsigned nearest(const cu_pdq_hash *asked, const cu_pdq_code *known, unsigned turns)
{
    unsigned best = 256;

    for (unsigned t = 0; t < turns; t++) {
        const unsigned distance = cu_pdq_distance(&asked->codes[t], known);

        best = distance < best ? distance : best;
    }
    return best;
}

typedef struct known {
    cu_pdq_code a, f;
} known;

static known known_of(const picture *of)
{
    return (known){hash_of(of, CU_PDQ_A).codes[0], hash_of(of, CU_PDQ_F).codes[0]};
}

/* What the views of one picture say of another: the smallest distance, and by which view. */
static unsigned nearest_view(const cu_pdq_view *views, size_t n, const cu_pdq_code *code,
                             size_t *which)
{
    unsigned best = 256;

    for (size_t i = 0; i < n; i++) {
        const unsigned distance = views[i].hash.quality < cu_pdq_quality_floor
                                      ? 256
                                      : nearest(&views[i].hash, code, turns_of_views);

        if (distance < best) {
            best = distance;
            *which = i;
        }
    }
    return best;
}

/* ---- recall ---- */

typedef struct row {
    unsigned pictures, plain, full, thorough;
    double distance; /* sum, of the plain hash */
    double views_distance;
    double views_ms;
    unsigned views;
} row;

static void try_change(const picture_change *change, const picture *from, const known *of,
                       row *out)
{
    picture changed = change->apply(from, change->amount);
    const cu_pdq_pixels pixels = pixels_of(&changed);
    const cu_pdq_hash a = hash_of(&changed, CU_PDQ_A);
    const cu_pdq_hash f = hash_of(&changed, CU_PDQ_F);
    cu_pdq_view views[cu_pdq_views_max];
    size_t n = 0;
    size_t which = 0;
    const int64_t start = cu_clock_steady_us();

    if (cu_pdq_hash_views(&pixels, views, &n, NULL) != CU_OK)
        abort();
    out->views_ms += (double)(cu_clock_steady_us() - start) / 1000.0;
    out->views += (unsigned)n;

    const unsigned plain = nearest(&a, &of->a, cu_pdq_turns);
    const unsigned full = nearest(&f, &of->f, cu_pdq_turns);
    const unsigned seen = nearest_view(views, n, &of->a, &which);

    if (getenv("CUSTOS_RECALL_TRACE") != NULL && seen > cu_pdq_similar &&
        plain > cu_pdq_similar)
        printf("# missed: %s, plain %u, view %u (%s %d)\n", change->name, plain, seen,
               cu_pdq_change_word((cu_pdq_change)views[which].change), views[which].amount);
    out->pictures++;
    out->plain += plain <= cu_pdq_similar;
    out->full += full <= cu_pdq_similar;
    out->thorough += plain <= cu_pdq_similar || seen <= cu_pdq_similar;
    out->distance += plain;
    out->views_distance += seen;
    free(changed.p);
}

static void try_picture(const picture *from, row *rows)
{
    const known of = known_of(from);
    const char *const only = getenv("CUSTOS_RECALL_CHANGE");

    if (hash_of(from, CU_PDQ_A).quality < cu_pdq_quality_floor)
        return;
    for (size_t c = 0; c < picture_change_count; c++) {
        if (only == NULL || strstr(picture_changes[c].name, only) != NULL)
            try_change(&picture_changes[c], from, &of, &rows[c]);
    }
}

static double percent(unsigned part, unsigned whole)
{
    return whole == 0 ? 0.0 : 100.0 * part / whole;
}

static void print_rows(const row *rows)
{
    double ms = 0.0;
    unsigned views = 0;
    unsigned asked = 0;

    printf("%-24s %8s %8s %8s %10s %12s %12s\n", "change", "A <= 31", "F <= 31", "thorough",
           "reference", "mean, plain", "mean, views");
    for (size_t c = 0; c < picture_change_count; c++) {
        const row *const it = &rows[c];
        char reference[16] = "-";

        if (it->pictures == 0)
            continue;
        if (picture_changes[c].reference >= 0)
            (void)snprintf(reference, sizeof reference, "%d %%", picture_changes[c].reference);
        printf("%-24s %6.1f %% %6.1f %% %6.1f %% %10s %12.1f %12.1f\n", picture_changes[c].name,
               percent(it->plain, it->pictures), percent(it->full, it->pictures),
               percent(it->thorough, it->pictures), reference, it->distance / it->pictures,
               it->views_distance / it->pictures);
        ms += it->views_ms;
        views += it->views;
        asked += it->pictures;
    }
    printf("%u pictures; %.1f views of each changed picture, in %.1f ms\n", rows[0].pictures,
           (double)views / asked, ms / asked);
}

/* ---- false matches ---- */

typedef struct tile {
    known is;
    cu_pdq_hash hash;
    size_t views;
    cu_pdq_view *view;
} tile;

static tile tiles[tiles_max];
static size_t tile_count;

static void add_tile(picture *part)
{
    const cu_pdq_pixels pixels = pixels_of(part);
    tile *const it = &tiles[tile_count];

    it->hash = hash_of(part, CU_PDQ_A);
    it->is = known_of(part);
    if (it->hash.quality >= cu_pdq_quality_floor) {
        it->view = malloc(cu_pdq_views_max * sizeof *it->view);
        if (it->view == NULL || cu_pdq_hash_views(&pixels, it->view, &it->views, NULL) != CU_OK)
            abort();
        tile_count++;
    }
    free(part->p);
}

/* Parts that do not overlap are different pictures, of the same kind. */
static void add_tiles(const picture *from, size_t most)
{
    const uint32_t side = 360;

    for (uint32_t y = 0; y + side <= from->height; y += side) {
        for (uint32_t x = 0; x + side <= from->width && tile_count < most; x += side) {
            picture part = picture_part(from, x, y, side, side);

            add_tile(&part);
        }
    }
}

static void print_false_matches(void)
{
    uint64_t pairs = 0;
    uint64_t plain = 0;
    uint64_t thorough[4] = {0};
    static const unsigned limits[] = {31, 27, 23, 19};

    for (size_t i = 0; i < tile_count; i++) {
        for (size_t k = 0; k < tile_count; k++) {
            size_t which = 0;

            if (k == i)
                continue;

            const unsigned first = nearest(&tiles[i].hash, &tiles[k].is.a, cu_pdq_turns);
            const unsigned seen =
                nearest_view(tiles[i].view, tiles[i].views, &tiles[k].is.a, &which);

            pairs++;
            plain += first <= cu_pdq_similar;
            for (size_t l = 0; l < CU_COUNT_OF(limits); l++)
                thorough[l] += first <= cu_pdq_similar || seen <= limits[l];
        }
    }
    printf("false matches in %llu pairs of different pictures, per million: plain %.2f",
           (unsigned long long)pairs, 1e6 * (double)plain / (double)pairs);
    for (size_t l = 0; l < CU_COUNT_OF(limits); l++)
        printf(", thorough at %u: %.2f", limits[l], 1e6 * (double)thorough[l] / (double)pairs);
    printf("\n");
}

int main(int argc, char **argv)
{
    static const char *const folders[] = {"/usr/share/wallpapers", "/usr/share/backgrounds"};
    static row rows[64];
    const size_t most = argc > 1 ? strtoul(argv[1], NULL, 10) : 100;
    const size_t most_tiles = argc > 2 ? strtoul(argv[2], NULL, 10) : 1500;
    const size_t from_files = most > drawn ? most - drawn : most;
    size_t n = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; argc <= 3 && i < CU_COUNT_OF(folders); i++)
        (void)nftw(folders[i], note_path, 16, FTW_PHYS);
    for (int i = 3; i < argc; i++)
        (void)nftw(argv[i], note_path, 16, FTW_PHYS);
    qsort(paths, path_count, sizeof paths[0], by_text);
    keep_one_of_each();
    for (size_t i = 0; i < path_count; i++) {
        picture from;

        /* Spread over the list, as many as are wanted. */
        if (i * from_files / path_count < n || n >= from_files || !load(paths[i], &from))
            continue;
        try_picture(&from, rows);
        add_tiles(&from, most_tiles < tiles_max ? most_tiles : tiles_max);
        free(from.p);
        n++;
    }
    printf("%zu wallpapers, %d drawn pictures\n", n, drawn);
    for (uint64_t i = 0; i < drawn; i++) {
        picture from = picture_drawn(i + 1, 1200, 800 + 40 * (uint32_t)(i % 5));

        try_picture(&from, rows);
        free(from.p);
    }
    print_rows(rows);
    print_false_matches();
    for (size_t i = 0; i < tile_count; i++)
        free(tiles[i].view);
    for (size_t i = 0; i < path_count; i++)
        free(paths[i]);
    cu_pdq_scratch_free(&scratch);
    return 0;
}
