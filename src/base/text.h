/* SPDX-License-Identifier: Apache-2.0 */
/* Names from evidence, made safe to store, to print and to read aloud. */
#ifndef CU_BASE_TEXT_H
#define CU_BASE_TEXT_H

#include "base/bytes.h"

/*
 * The length of the well-formed UTF-8 character at the start of view (1 to 4), or 0 where there
 * is none. Source: RFC 3629 section 4 (no overlong form, no surrogate, nothing above U+10FFFF).
 */
size_t cu_text_character(cu_bytes view);

bool cu_text_is_utf8(cu_bytes view);

/* How many characters; a byte that is not UTF-8 is one. */
size_t cu_text_count(cu_bytes text);

/* Whether anything of it can be seen: not blanks, line ends and invisible characters alone. */
bool cu_text_is_visible(cu_bytes text);

/*
 * Whether a character of it changes how a line is shown: controls (C0 but tab and line feed,
 * C1), separators of lines, embeddings, overrides and isolates of direction, annotations. The
 * first goes to out. Right-to-left text has none of its own.
 */
bool cu_text_find_steering(cu_bytes text, uint32_t *out);

/* The UTF-8 of a character below U+110000 into out; answers its bytes, 1 to 4. */
size_t cu_text_put_utf8(uint32_t character, uint8_t out[4]);

/*
 * Appends one name of a path: UTF-8 as it is, and as \xNN each byte that is not UTF-8, each
 * backslash and each slash, so that no two names look alike and a name never looks like two.
 */
void cu_text_append_name(cu_buffer *out, cu_bytes name);

/*
 * Appends text for a terminal: control characters, direction overrides and other invisible
 * characters, and bytes that are not UTF-8, become \xNN or \u{N}. Nothing appended moves a
 * cursor.
 */
void cu_text_append_shown(cu_buffer *out, cu_bytes text);
void cu_text_show(cu_buffer *out, const char *text); /* likewise, up to its zero byte */

/*
 * As cu_text_show, of what people wrote in lines: each line after the first begins indent
 * spaces in, so that it passes for nothing else. Ends of lines at its end are left out.
 */
void cu_text_show_lines(cu_buffer *out, const char *text, size_t indent);

/* As cu_text_show, in one line: " ¶ " stands where a line ends. A tab is a space in both. */
void cu_text_show_in_line(cu_buffer *out, const char *text);

/*
 * Copies text into out, of room bytes. What is longer loses its middle to "…", between
 * characters: its first head bytes stay, or a little less, and as much of its end as there is
 * room for. room is at least head and 8.
 */
void cu_text_fit(const char *text, size_t head, char *out, size_t room);

#endif
