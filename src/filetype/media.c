/* SPDX-License-Identifier: Apache-2.0 */
/* Sound and moving pictures: which of the many types that share a container. */
#include "filetype/probe.h"

#include <string.h>

typedef struct named {
    const char *name;
    const char *type;
} named;

static const char *type_at(cu_bytes head, size_t at, const named *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (cu_filetype_has(head, at, names[i].name))
            return names[i].type;
    return NULL;
}

const char *cu_filetype_riff(cu_bytes head)
{
    static const named kinds[] = {
        {"WEBP", "image/webp"},     {"AVI ", "video/x-msvideo"}, {"WAVE", "audio/wav"},
        {"ACON", "image/x-anicur"}, {"CDR", "image/x-cdr"},      {"RMID", "audio/midi"},
    };

    return type_at(head, 8, kinds, CU_COUNT_OF(kinds));
}

const char *cu_filetype_form(cu_bytes head)
{
    static const named kinds[] = {
        {"AIFF", "audio/aiff"}, {"AIFC", "audio/aiff"}, {"ILBM", "image/x-ilbm"}};

    return type_at(head, 8, kinds, CU_COUNT_OF(kinds));
}

/* Source: the register of brands of ISO base media files, mp4ra.org. The longest name first. */
static const named brands[] = {
    {"avif", "image/avif"},      {"avis", "image/avif"}, {"heic", "image/heic"},
    {"heix", "image/heic"},      {"heim", "image/heic"}, {"heis", "image/heic"},
    {"hevc", "image/heic"},      {"hevx", "image/heic"}, {"crx ", "image/x-canon-cr3"},
    {"qt  ", "video/quicktime"}, {"M4V", "video/x-m4v"}, {"M4A", "audio/mp4"},
    {"M4B", "audio/mp4"},        {"M4P", "audio/mp4"},   {"F4V", "video/mp4"},
    {"3g2", "video/3gpp2"},      {"3gp", "video/3gpp"},  {"3ge", "video/3gpp"},
    {"3gr", "video/3gpp"},       {"3gs", "video/3gpp"},  {"jp2 ", "image/jp2"},
    {"jxl ", "image/jxl"},       {"mjp2", "video/mj2"},
};

/* mif1, msf1 and miaf say only "a picture": which one is among the compatible brands. */
static const char *picture_brand(cu_bytes head)
{
    cu_cursor c = cu_cursor_over(head);
    const uint32_t size = cu_cursor_u32be(&c);
    const size_t end = size < head.n ? size : head.n;

    for (size_t at = 16; at + 4 <= end; at += 4) {
        const char *const type = type_at(head, at, brands, 8);

        if (type != NULL)
            return type;
    }
    return "image/heif";
}

static const char *brand(cu_bytes head)
{
    if (cu_filetype_has(head, 8, "mif1") || cu_filetype_has(head, 8, "msf1") ||
        cu_filetype_has(head, 8, "miaf"))
        return picture_brand(head);

    const char *const type = type_at(head, 8, brands, CU_COUNT_OF(brands));
    if (type != NULL)
        return type;

    /* A brand is four printable characters: a chance "ftyp" in noise is not followed by them.
     */
    for (size_t at = 8; at < 12; at++)
        if (at >= head.n || head.p[at] < ' ' || head.p[at] > '~')
            return NULL;
    return "video/mp4";
}

const char *cu_filetype_boxes(cu_bytes head)
{
    static const char *const quicktime[] = {"moov", "mdat", "wide", "free", "skip", "pnot"};
    cu_cursor c = cu_cursor_over(head);
    const uint32_t size = cu_cursor_u32be(&c);

    cu_cursor_take(&c, 4);
    if (c.bad)
        return NULL;
    if (cu_filetype_has(head, 4, "ftyp"))
        return size >= 8 && size <= 4096 ? brand(head) : NULL;
    for (size_t i = 0; i < CU_COUNT_OF(quicktime); i++)
        if (cu_filetype_has(head, 4, quicktime[i]))
            return size >= 8 || size == 1 || (size == 0 && i == 1) ? "video/quicktime" : NULL;
    return NULL;
}

/* An EBML number of 1 to 8 bytes: the count of leading zeros says how many. Source: RFC
 * 8794, 4. */
static uint64_t ebml_number(cu_cursor *c, bool keep_marker)
{
    const uint8_t first = cu_cursor_u8(c);
    uint64_t value = first;
    unsigned more = 0;

    if (first == 0) {
        c->bad = true;
        return 0;
    }
    while ((first & (0x80U >> more)) == 0)
        more++;
    if (!keep_marker)
        value &= 0x7FU >> more;
    for (unsigned i = 0; i < more; i++)
        value = value << 8 | cu_cursor_u8(c);
    return value;
}

/* The document type of a whole header; an empty view where the header is damaged. */
static cu_bytes ebml_document(cu_bytes head)
{
    enum { doc_type = 0x4282, elements_ceiling = 32 };

    cu_cursor c = cu_cursor_over(head);

    cu_cursor_take(&c, 4);
    ebml_number(&c, false);
    for (unsigned i = 0; i < elements_ceiling && !c.bad; i++) {
        const uint64_t id = ebml_number(&c, true);
        const uint64_t size = ebml_number(&c, false);

        if (size > head.n)
            break;
        const cu_bytes value = cu_cursor_take(&c, (size_t)size);
        if (!c.bad && id == doc_type)
            return value;
    }
    return (cu_bytes){NULL, 0};
}

const char *cu_filetype_ebml(cu_bytes head)
{
    const cu_bytes said = ebml_document(head);
    /* A damaged header still shows its words near the start. */
    const cu_bytes words = said.n > 0 ? said : cu_bytes_slice(head, 0, 64);

    if (cu_filetype_holds(words, "webm"))
        return "video/webm";
    return cu_filetype_holds(words, "matroska") ? "video/x-matroska" : NULL;
}

const char *cu_filetype_ogg(cu_bytes head)
{
    const cu_bytes first_page = cu_bytes_slice(head, 0, 128);

    if (cu_filetype_holds(first_page, "theora") || cu_filetype_holds(head, "\x80theora"))
        return "video/ogg";
    if (cu_filetype_holds(first_page, "OpusHead") || cu_filetype_holds(first_page, "vorbis") ||
        cu_filetype_holds(first_page, "Speex") || cu_filetype_holds(first_page, "FLAC"))
        return "audio/ogg";
    return "application/ogg";
}

/* Whether a stream is sound or video is a GUID in a stream properties object, often in the
 * head. */
const char *cu_filetype_asf(cu_bytes head)
{
    static const uint8_t sound[] = {0x40, 0x9E, 0x69, 0xF8, 0x4D, 0x5B, 0xCF, 0x11,
                                    0xA8, 0xFD, 0x00, 0x80, 0x5F, 0x5C, 0x44, 0x2B};
    static const uint8_t video[] = {0xC0, 0xEF, 0x19, 0xBC, 0x4D, 0x5B, 0xCF, 0x11,
                                    0xA8, 0xFD, 0x00, 0x80, 0x5F, 0x5C, 0x44, 0x2B};

    if (memmem(head.p, head.n, video, sizeof video) != NULL)
        return "video/x-ms-wmv";
    if (memmem(head.p, head.n, sound, sizeof sound) != NULL)
        return "audio/x-ms-wma";
    return "video/x-ms-asf";
}

/* Bytes of an MPEG audio frame of layer 1 to 3, 0 where the four bytes at p are not its header.
 */
static size_t audio_frame(const uint8_t *p)
{
    static const uint16_t kbit[2][3][16] = {
        {{0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448, 0},
         {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 0},
         {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0}},
        {{0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256, 0},
         {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0},
         {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0}}};
    static const uint16_t hertz[3] = {44100, 48000, 32000};
    const unsigned version = (p[1] >> 3) & 3U; /* 0 is 2.5, 2 is 2, 3 is 1 */
    const unsigned layer = 4U - ((p[1] >> 1) & 3U);
    const unsigned rate = (p[2] >> 2) & 3U;

    if (p[0] != 0xFF || (p[1] & 0xE0U) != 0xE0 || version == 1 || layer == 4 || rate == 3)
        return 0;

    const size_t bits = (size_t)1000 * kbit[version != 3][layer - 1][p[2] >> 4];
    const size_t samples_per_second = (size_t)hertz[rate] >> (version == 3   ? 0
                                                              : version == 2 ? 1
                                                                             : 2);
    const size_t padding = (p[2] >> 1) & 1U;
    if (bits == 0)
        return 0;
    if (layer == 1)
        return (12 * bits / samples_per_second + padding) * 4;
    return (layer == 3 && version != 3 ? 72U : 144U) * bits / samples_per_second + padding;
}

/* Bytes of an AAC frame with an ADTS header, or 0. Source: ISO 13818-7, 6.2. */
static size_t aac_frame(const uint8_t *p)
{
    if (p[0] != 0xFF || (p[1] & 0xF6U) != 0xF0 || ((p[2] >> 2) & 15U) > 12)
        return 0;
    return (size_t)(p[3] & 3U) << 11 | (size_t)p[4] << 3 | p[5] >> 5;
}

/* Eleven set bits prove nothing: the next frame must be where the first says, in the head. */
const char *cu_filetype_sound(cu_bytes head)
{
    enum { header_bytes = 8 };

    if (head.n < header_bytes)
        return NULL;

    const size_t mpeg = audio_frame(head.p);
    if (mpeg > 0 && head.n >= header_bytes && mpeg <= head.n - header_bytes &&
        audio_frame(head.p + mpeg) > 0)
        return "audio/mpeg";

    const size_t aac = aac_frame(head.p);
    if (aac >= 7 && aac <= head.n - header_bytes && aac_frame(head.p + aac) > 0)
        return "audio/aac";
    return NULL;
}

const char *cu_filetype_id3(cu_bytes head)
{
    /* The four bytes of its size have their top bit clear. Source: id3.org, ID3v2.4 3.1. */
    if (head.n < 10 || head.p[3] > 4 ||
        ((head.p[6] | head.p[7] | head.p[8] | head.p[9]) & 0x80))
        return NULL;
    return "audio/mpeg";
}

const char *cu_filetype_transport(cu_bytes head)
{
    enum { packet = 188, stamped_packet = 192, proof = 4 };

    for (unsigned stamped = 0; stamped < 2; stamped++) {
        const size_t step = stamped ? stamped_packet : packet;
        const size_t start = stamped ? 4 : 0;
        unsigned seen = 0;

        while (seen < proof && start + seen * step < head.n &&
               head.p[start + seen * step] == 'G')
            seen++;
        if (seen == proof)
            return "video/mp2t";
    }
    return NULL;
}
