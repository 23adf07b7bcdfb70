/* SPDX-License-Identifier: Apache-2.0 */
/* The table of first bytes, and the few types that are known by bytes further in. */
#include "filetype/filetype.h"

#include "filetype/probe.h"

#include <string.h>

typedef struct magic {
    const char *bytes;
    size_t n;
    const char *type;               /* where probe is NULL */
    const char *(*probe)(cu_bytes); /* NULL from it: the search goes on */
} magic;

#define IS(text, mime)                                                                         \
    {                                                                                          \
        (text), sizeof(text) - 1, (mime), NULL                                                 \
    }
#define ASK(text, prober)                                                                      \
    {                                                                                          \
        (text), sizeof(text) - 1, NULL, (prober)                                               \
    }

/* By first byte, ascending: the search below halves it, and a test walks it. */
static const magic magics[] = {
    ASK("\x00\x00\x00\x0CjP  \r\n\x87\n", cu_filetype_jp2),
    IS("\x00\x00\x00\x0CJXL \r\n\x87\n", "image/jxl"),
    IS("\x00\x00\x01\xBA", "video/mpeg"),
    IS("\x00\x00\x01\xB3", "video/mpeg"),
    ASK("\x00\x00\x01\x00", cu_filetype_icon),
    ASK("\x00\x00\x02\x00", cu_filetype_icon),
    IS("\x00\x01\x00\x00Standard Jet DB", "application/x-msaccess"),
    IS("\x00\x01\x00\x00Standard ACE DB", "application/x-msaccess"),
    IS("\x00\x01\x00\x00\x00", "font/ttf"),
    IS("\x00\x61\x73\x6D\x01\x00\x00\x00", "application/wasm"),
    IS("\x1A\x45\xDF\xA3\xFF\xFF", "video/x-matroska"),
    ASK("\x1A\x45\xDF\xA3", cu_filetype_ebml),
    IS("\x1F\x8B\x08", "application/gzip"),
    ASK("\x1F\x9D", cu_filetype_compress),
    IS("!<arch>\ndebian", "application/vnd.debian.binary-package"),
    IS("!<arch>\n", "application/x-archive"),
    IS("!BDN", "application/vnd.ms-outlook-pst"),
    IS("#!AMR", "audio/amr"),
    IS("%!PS", "application/postscript"),
    IS("%PDF-", "application/pdf"),
    IS("\x28\xB5\x2F\xFD", "application/zstd"),
    IS("070701", "application/x-cpio"),
    IS("070702", "application/x-cpio"),
    IS("070707", "application/x-cpio"),
    ASK("0\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C", cu_filetype_asf),
    IS("7z\xBC\xAF\x27\x1C", "application/x-7z-compressed"),
    IS("8BPS\x00\x01", "image/vnd.adobe.photoshop"),
    IS("8BPS\x00\x02", "image/vnd.adobe.photoshop"),
    IS("AC10", "image/vnd.dwg"),
    IS("AFF10\r\n", "application/x-aff"),
    ASK("BM", cu_filetype_bmp),
    IS("BPG\xFB", "image/bpg"),
    ASK("BZh", cu_filetype_bzip2),
    IS("CMMM", "application/x-windows-thumbcache"),
    IS("COWD", "application/x-vmdk-disk"),
    IS("CWS", "application/x-shockwave-flash"),
    IS("EVF\x09\x0D\x0A\xFF\x00", "application/x-ewf-disk"),
    IS("EVF2\x0D\x0A\x81\x00", "application/x-ewf2-disk"),
    IS("ElfFile\x00", "application/x-ms-evtx"),
    IS("FLV\x01", "video/x-flv"),
    ASK("FORM", cu_filetype_form),
    IS("FUJIFILMCCD-RAW", "image/x-fuji-raf"),
    IS("FWS", "application/x-shockwave-flash"),
    IS("GIF87a", "image/gif"),
    IS("GIF89a", "image/gif"),
    ASK("G", cu_filetype_transport),
    ASK("ID3", cu_filetype_id3),
    ASK("II*\x00", cu_filetype_tiff),
    IS("II+\x00", "image/tiff"),
    IS("IIRO", "image/x-olympus-orf"),
    IS("IIRS", "image/x-olympus-orf"),
    IS("IIU\x00", "image/x-panasonic-rw2"),
    IS("II\xBC\x01", "image/jxr"),
    IS("ITSF\x03\x00\x00\x00", "application/vnd.ms-htmlhelp"),
    IS("KDMV", "application/x-vmdk-disk"),
    IS("LUKS\xBA\xBE", "application/x-luks"),
    IS("LZIP\x00", "application/x-lzip"),
    IS("LZIP\x01", "application/x-lzip"),
    IS("L\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut"),
    IS("MAM\x04", "application/x-ms-prefetch"),
    IS("MDMP\x93\xA7", "application/x-dmp"),
    ASK("MM\x00*", cu_filetype_tiff),
    IS("MMOR", "image/x-olympus-orf"),
    IS("MM\x00+", "image/tiff"),
    IS("MSCF\x00\x00\x00\x00", "application/vnd.ms-cab-compressed"),
    IS("MThd\x00\x00\x00\x06", "audio/midi"),
    ASK("MZ", cu_filetype_mz),
    ASK("OggS\x00", cu_filetype_ogg),
    ASK("PK\x03\x04", cu_filetype_zip),
    IS("PK\x05\x06", "application/zip"),
    IS("PK\x07\x08PK\x03\x04", "application/zip"),
    IS("QFI\xFB", "application/x-qemu-disk"),
    ASK("RIFF", cu_filetype_riff),
    ASK("RIFX", cu_filetype_riff),
    IS("Rar!\x1A\x07\x00", "application/vnd.rar"),
    IS("Rar!\x1A\x07\x01\x00", "application/vnd.rar"),
    IS("SIT!", "application/x-stuffit"),
    IS("SQLite format 3\x00", "application/vnd.sqlite3"),
    ASK("\x60\xEA", cu_filetype_arj),
    IS("bplist00", "application/x-bplist"),
    IS("conectix", "application/x-vhd-disk"),
    IS("fLaC", "audio/flac"),
    IS("icns", "image/icns"),
    IS("regf", "application/x-ms-registry"),
    IS("vhdxfile", "application/x-vhdx-disk"),
    IS("wOF2", "font/woff2"),
    IS("wOFF", "font/woff"),
    IS("{\\rtf", "application/rtf"),
    IS("\x7F"
       "ELF",
       "application/x-elf"),
    ASK("\x89PNG\r\n\x1A\n", cu_filetype_png),
    IS("\x8AMNG\r\n\x1A\n", "video/x-mng"),
    IS("\xA1\xB2\xC3\xD4", "application/vnd.tcpdump.pcap"),
    IS("\xC5\xD0\xD3\xC6", "application/postscript"),
    ASK("\xC7\x71", cu_filetype_cpio),
    ASK("\xCA\xFE\xBA\xBE", cu_filetype_fat_binary),
    IS("\xCE\xFA\xED\xFE", "application/x-mach-binary"),
    IS("\xCF\xFA\xED\xFE", "application/x-mach-binary"),
    ASK("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", cu_filetype_ole),
    IS("\xD4\xC3\xB2\xA1", "application/vnd.tcpdump.pcap"),
    IS("\xD7\xCD\xC6\x9A", "image/wmf"),
    IS("\xED\xAB\xEE\xDB", "application/x-rpm"),
    IS("\xFD"
       "7zXZ\x00",
       "application/x-xz"),
    ASK("\xFE\xFF", cu_filetype_wide),
    ASK("\xFF\x0A", cu_filetype_jxl),
    IS("\xFF\x4F\xFF\x51", "image/x-jp2-codestream"),
    ASK("\xFF\xD8\xFF", cu_filetype_jpeg),
    ASK("\xFF\xFE", cu_filetype_wide),
    ASK("\xFF", cu_filetype_sound),
};

/* Types known by bytes further in; asked last, in this order. */
static const char *(*const deep_probes[])(cu_bytes) = {cu_filetype_tar, cu_filetype_text};

bool cu_filetype_has(cu_bytes head, size_t at, const char *text)
{
    const size_t n = strlen(text);

    return at <= head.n && head.n - at >= n && memcmp(head.p + at, text, n) == 0;
}

bool cu_filetype_holds(cu_bytes head, const char *text)
{
    return head.n > 0 && memmem(head.p, head.n, text, strlen(text)) != NULL;
}

/* The first row whose first byte is not below first. */
static size_t row_of(uint8_t first)
{
    size_t low = 0;
    size_t high = CU_COUNT_OF(magics);

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if ((uint8_t)magics[middle].bytes[0] < first)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const char *by_first_bytes(cu_bytes head)
{
    for (size_t row = row_of(head.p[0]); row < CU_COUNT_OF(magics); row++) {
        const magic *const m = &magics[row];

        if ((uint8_t)m->bytes[0] != head.p[0])
            return NULL;
        if (!cu_bytes_starts(head, m->bytes, m->n))
            continue;

        const char *const type = m->probe != NULL ? m->probe(head) : m->type;
        if (type != NULL)
            return type;
    }
    return NULL;
}

/* Types whose magic is a few bytes in, where the first byte says nothing. */
static const char *by_next_bytes(cu_bytes head)
{
    const char *const boxes = cu_filetype_boxes(head);

    if (boxes != NULL)
        return boxes;
    if (cu_filetype_has(head, 4, "SCCA"))
        return "application/x-ms-prefetch";
    if (cu_filetype_has(head, 40, " EMF") && head.p[0] == 1)
        return "image/emf";
    if (cu_filetype_has(head, 4, "G"))
        return cu_filetype_transport(head);
    return NULL;
}

const char *cu_filetype_of(cu_bytes head)
{
    head = cu_bytes_slice(head, 0, cu_filetype_head_bytes);
    if (head.n == 0)
        return NULL;

    const char *type = by_first_bytes(head);
    if (type == NULL)
        type = by_next_bytes(head);
    for (size_t i = 0; type == NULL && i < CU_COUNT_OF(deep_probes); i++)
        type = deep_probes[i](head);
    return type;
}
