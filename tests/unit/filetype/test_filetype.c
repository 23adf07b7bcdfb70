/* SPDX-License-Identifier: Apache-2.0 */
/* A file is what its bytes say; a decoy is not; no head is read past its end. */
#include "filetype/filetype.h"
#include "support/cmocka.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct named {
    const char *name;
    const char *type; /* NULL: nothing may claim it */
} named;

/* By what the name ends in; the first that fits. */
static const named endings[] = {
    /* Exceptions: the name says less, more, or something else than the first bytes. */
    {"fixture-json.webp", "text/plain"},
    {"fixture.nef", "image/tiff"},  /* its directory is past the head */
    {"fixture2.nef", "image/tiff"}, /* 128 bytes, cut before the maker's name */
    {"fixture3.nef", "image/tiff"},
    {"fixture4.nef", "image/tiff"},
    {"fixture.dmg", NULL}, /* known by its last bytes only */
    {"fixture.wma.asf", "audio/x-ms-wma"},
    {"fixture.wmv.asf", "video/x-ms-wmv"},
    {"fixture.asf", "video/x-ms-wmv"},
    {"fixture.ar", "application/x-archive"},
    {"fixture-corrupt.png", "image/png"},
    {".3g2", "video/3gpp2"},
    {".3gp", "video/3gpp"},
    {".7z", "application/x-7z-compressed"},
    {".apng", "image/apng"},
    {".arj", "application/x-arj"},
    {".arw", "image/x-sony-arw"},
    {".avi", "video/x-msvideo"},
    {".avif", "image/avif"},
    {".bmp", "image/bmp"},
    {".bz2", "application/x-bzip2"},
    {".cab", "application/vnd.ms-cab-compressed"},
    {".cpio", "application/x-cpio"},
    {".cr3", "image/x-canon-cr3"},
    {".dng", "image/x-adobe-dng"},
    {".flv", "video/x-flv"},
    {".gif", "image/gif"},
    {".gz", "application/gzip"},
    {".heic", "image/heic"},
    {".ico", "image/vnd.microsoft.icon"},
    {".jp2", "image/jp2"},
    {".jpg", "image/jpeg"},
    {".jpm", "image/jpm"},
    {".jpx", "image/jpx"},
    {".jxl", "image/jxl"},
    {".lz", "application/x-lzip"},
    {".m4v", "video/x-m4v"},
    {".mkv", "video/x-matroska"},
    {".mov", "video/quicktime"},
    {".mp4", "video/mp4"},
    {".mpg", "video/mpeg"},
    {".nef", "image/x-nikon-nef"},
    {".ogv", "video/ogg"},
    {".orf", "image/x-olympus-orf"},
    {".pdf", "application/pdf"},
    {".png", "image/png"},
    {".psd", "image/vnd.adobe.photoshop"},
    {".pst", "application/vnd.ms-outlook-pst"},
    {".raf", "image/x-fuji-raf"},
    {".rar", "application/vnd.rar"},
    {".rw2", "image/x-panasonic-rw2"},
    {".tar", "application/x-tar"},
    {".tif", "image/tiff"},
    {".webm", "video/webm"},
    {".webp", "image/webp"},
    {".xz", "application/x-xz"},
    {".Z", "application/x-compress"},
    {".zip", "application/zip"},
    {".zst", "application/zstd"},
};

static bool ends_in(const char *name, const char *ending)
{
    const size_t n = strlen(name);
    const size_t m = strlen(ending);

    return n >= m && strcmp(name + n - m, ending) == 0;
}

static const named *row_of(const char *name)
{
    for (size_t i = 0; i < CU_COUNT_OF(endings); i++)
        if (ends_in(name, endings[i].name))
            return &endings[i];
    return NULL;
}

static DIR *open_fixtures(char *path, size_t room)
{
    const char *const corpus = getenv("CUSTOS_CORPUS");

    if (corpus == NULL)
        return NULL;
    (void)snprintf(path, room, "%s/sindresorhus+file-type", corpus);
    return opendir(path);
}

static size_t read_head(const char *folder, const char *name, uint8_t *head)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *const file = fopen(path, "rb");
    if (file == NULL)
        return 0;
    const size_t n = fread(head, 1, cu_filetype_head_bytes, file);
    (void)fclose(file);
    return n;
}

/* Truncations are in memory of exactly that size, so that a sanitizer sees one byte too far. */
static void try_truncations(const uint8_t *head, size_t n)
{
    for (size_t cut = 0; cut <= n; cut = cut < 64 ? cut + 1 : cut * 2 - 3) {
        uint8_t *const copy = malloc(cut > 0 ? cut : 1);

        assert_non_null(copy);
        memcpy(copy, head, cut);
        (void)cu_filetype_of((cu_bytes){copy, cut});
        free(copy);
    }
}

static void names_every_fixture_by_its_bytes(void **state)
{
    (void)state;
    char path[768];
    uint8_t head[cu_filetype_head_bytes];
    unsigned seen = 0;
    unsigned wrong = 0;
    DIR *const folder = open_fixtures(path, sizeof path);
    if (folder == NULL) {
        skip();
        return; /* the analyzer does not know that skip() never comes back */
    }

    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        const named *const row = row_of(entry->d_name);
        const size_t n = row != NULL ? read_head(path, entry->d_name, head) : 0;

        if (n == 0)
            continue;
        const char *const type = cu_filetype_of((cu_bytes){head, n});
        const bool same =
            row->type == NULL ? type == NULL : type != NULL && strcmp(type, row->type) == 0;
        if (!same)
            print_message("# %s is %s, not %s\n", entry->d_name,
                          type != NULL ? type : "nothing",
                          row->type != NULL ? row->type : "nothing");
        seen++;
        wrong += !same;
        try_truncations(head, n);
    }
    (void)closedir(folder);
    assert_int_equal(wrong, 0);
    assert_true(seen >= 80);
}

#define HEAD(text) ((cu_bytes){(const uint8_t *)(text), sizeof(text) - 1})

static void a_decoy_is_not_what_it_opens_like(void **state)
{
    (void)state;
    assert_null(cu_filetype_of(HEAD("\xFF\xD8")));
    assert_null(cu_filetype_of(HEAD("\xFF\xD8\xFF")));
    assert_null(cu_filetype_of(HEAD("\xFF\xD8\xFF\x00\x00\x00")));
    assert_null(cu_filetype_of(HEAD("\xFF\xD8\xFF\xD9\x00\x10")));
    assert_null(cu_filetype_of(HEAD("\xFF\xD8\xFF\xE0\x00\x01")));
    assert_null(cu_filetype_of(HEAD("\xFF\xFB\x90\x64\x01\x02\x03\x04\x05\x06\x07\x08")));
    assert_null(cu_filetype_of(HEAD("\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00")));
    assert_string_equal(cu_filetype_of(HEAD("BM and so on, in a letter of thirty bytes")),
                        "text/plain");
    assert_string_equal(cu_filetype_of(HEAD("Garden notes, and nothing of a stream")),
                        "text/plain");
    assert_null(cu_filetype_of(HEAD("\x00\x00\x00\x04"
                                    "ftypisom")));
}

static void two_bytes_alone_claim_nothing(void **state)
{
    (void)state;
    assert_string_equal(cu_filetype_of(HEAD("MZ is how a name may begin")), "text/plain");
    assert_string_equal(cu_filetype_of(HEAD("BZh is not a word at all")), "text/plain");
    assert_null(cu_filetype_of(HEAD("\x1F\x9D\x00")));
    assert_null(cu_filetype_of(HEAD("\x60\xEA\xFF\xFF\x22")));
    assert_null(cu_filetype_of(HEAD("\xC7\x71\x00\x00")));
    assert_null(cu_filetype_of(HEAD("\xFF\xFE\x00\x00\x01\x00")));
    assert_null(cu_filetype_of(HEAD("\xFF\xFE\x00\xDC")));
    assert_string_equal(cu_filetype_of(HEAD("\xFF\xFEh\0i\0")), "text/plain");
    assert_string_equal(cu_filetype_of(HEAD("\xFE\xFF\0h\0i")), "text/plain");
    assert_string_equal(cu_filetype_of(HEAD("MZ\x90\0\x03\0\0\0\x04\0\0\0\xFF\xFF")),
                        "application/vnd.microsoft.portable-executable");
}

static void a_jpeg_needs_a_marker_that_may_open_it(void **state)
{
    (void)state;
    assert_string_equal(cu_filetype_of(HEAD("\xFF\xD8\xFF\xE0\x00\x10JFIF")), "image/jpeg");
    assert_string_equal(cu_filetype_of(HEAD("\xFF\xD8\xFF\xDB\x00\x43")), "image/jpeg");
    assert_string_equal(cu_filetype_of(HEAD("\xFF\xD8\xFF\xFF\xFF\xE1\x00\x43")), "image/jpeg");
}

static void a_camera_is_known_by_its_maker_and_its_parts(void **state)
{
    (void)state;
    static const char raw[] = "II*\0\x08\0\0\0\x02\0"
                              "\x0F\x01\x02\0\x05\0\0\0\x26\0\0\0"
                              "\x4A\x01\x04\0\x01\0\0\0\x40\0\0\0"
                              "\0\0\0\0NIKON";

    assert_string_equal(cu_filetype_of(HEAD(raw)), "image/x-nikon-nef");
    assert_string_equal(cu_filetype_of((cu_bytes){(const uint8_t *)raw, 40}), "image/tiff");
}

static void text_is_told_by_being_utf8(void **state)
{
    (void)state;
    assert_string_equal(cu_filetype_of(HEAD("caf\xC3\xA9\n")), "text/plain");
    assert_null(cu_filetype_of(HEAD("caf\xC3")));
    assert_null(cu_filetype_of(HEAD("caf\xC3\n")));
    assert_null(cu_filetype_of(HEAD("one\x00two")));
    assert_null(cu_filetype_of((cu_bytes){NULL, 0}));
}

static void a_character_cut_by_the_end_of_the_head_is_still_text(void **state)
{
    (void)state;
    uint8_t head[cu_filetype_head_bytes + 1];

    memset(head, 'a', sizeof head);
    head[cu_filetype_head_bytes - 1] = 0xC3;
    head[cu_filetype_head_bytes] = 0xA9;
    assert_string_equal(cu_filetype_of((cu_bytes){head, sizeof head}), "text/plain");
}

static void kinds_of_text_are_told_apart(void **state)
{
    (void)state;
    assert_string_equal(cu_filetype_of(HEAD("<?xml version=\"1.0\"?>\n<svg/>")),
                        "image/svg+xml");
    assert_string_equal(cu_filetype_of(HEAD("<!DOCTYPE html><p>x")), "text/html");
    assert_string_equal(cu_filetype_of(HEAD("<?xml version=\"1.0\"?><plist/>")),
                        "application/x-plist");
    assert_string_equal(cu_filetype_of(HEAD("From: a@example.org\r\nTo: b@example.org\r\n")),
                        "message/rfc822");
    assert_string_equal(cu_filetype_of(HEAD("From: here to there\nthere is a way")),
                        "text/plain");
}

static void an_office_file_is_more_than_a_zip(void **state)
{
    (void)state;
#define MEMBER(length, name)                                                                   \
    "PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" length "\0\0\0" name

    assert_string_equal(
        cu_filetype_of(HEAD(MEMBER("\x13", "[Content_Types].xml") MEMBER("\x06", "word/a"))),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document");
    assert_string_equal(cu_filetype_of(HEAD(MEMBER("\x08", "mimetype") "application/epub+zip")),
                        "application/epub+zip");
    assert_string_equal(cu_filetype_of(HEAD(MEMBER("\x05", "a.txt") "hello")),
                        "application/zip");
}

static void disks_and_system_files_are_named(void **state)
{
    (void)state;
    assert_string_equal(cu_filetype_of(HEAD("EVF\x09\x0D\x0A\xFF\x00\x01\x01")),
                        "application/x-ewf-disk");
    assert_string_equal(cu_filetype_of(HEAD("conectix\x00\x00")), "application/x-vhd-disk");
    assert_string_equal(cu_filetype_of(HEAD("regf\x01\x00")), "application/x-ms-registry");
    assert_string_equal(cu_filetype_of(HEAD("ElfFile\x00\x00")), "application/x-ms-evtx");
    assert_string_equal(cu_filetype_of(HEAD("SQLite format 3\x00\x10")),
                        "application/vnd.sqlite3");
    assert_string_equal(cu_filetype_of(HEAD("L\x00\x00\x00\x01\x14\x02\x00")),
                        "application/x-ms-shortcut");
    assert_string_equal(cu_filetype_of(HEAD("\x7F"
                                            "ELF\x02")),
                        "application/x-elf");
}

/* Every first byte, then noise: nothing is read past the end, and every row can be reached. */
static void survives_every_first_byte_and_noise(void **state)
{
    (void)state;
    uint8_t head[600];
    uint32_t noise = 1;

    for (unsigned first = 0; first < 256; first++) {
        for (size_t i = 0; i < sizeof head; i++) {
            noise = noise * 1664525U + 1013904223U;
            head[i] = (uint8_t)(noise >> 24);
        }
        head[0] = (uint8_t)first;
        try_truncations(head, sizeof head);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_every_fixture_by_its_bytes),
        cmocka_unit_test(a_decoy_is_not_what_it_opens_like),
        cmocka_unit_test(two_bytes_alone_claim_nothing),
        cmocka_unit_test(a_jpeg_needs_a_marker_that_may_open_it),
        cmocka_unit_test(a_camera_is_known_by_its_maker_and_its_parts),
        cmocka_unit_test(text_is_told_by_being_utf8),
        cmocka_unit_test(a_character_cut_by_the_end_of_the_head_is_still_text),
        cmocka_unit_test(kinds_of_text_are_told_apart),
        cmocka_unit_test(an_office_file_is_more_than_a_zip),
        cmocka_unit_test(disks_and_system_files_are_named),
        cmocka_unit_test(survives_every_first_byte_and_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
