/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of a program, or of one of its commands, as a table: reading the command line,
 * help and completion all follow the same rows.
 */
#ifndef CU_BASE_OPTION_H
#define CU_BASE_OPTION_H

#include "base/bytes.h"

#include <stddef.h>

enum { cu_option_rows_max = 32, cu_option_texts_max = 64 };

typedef enum cu_option_kind {
    CU_OPTION_FLAG,   /* bool: true where it is given */
    CU_OPTION_TEXT,   /* const char *, lent by argv; the last one counts; of least bytes */
    CU_OPTION_TEXTS,  /* cu_option_texts: one more each time, up to most */
    CU_OPTION_NUMBER, /* unsigned, in decimal digits, from least to most */
    CU_OPTION_SIZE,   /* uint64_t, bytes: digits, then nothing or K, M, G, T; from least on */
} cu_option_kind;

typedef struct cu_option {
    const char *name;    /* less its dashes: one letter, or a word; NULL ends a table */
    cu_option_kind kind; /* what there is at the place where it goes */
    size_t at;           /* offset of that place in the caller's structure */
    const char *value;   /* what help calls the value; NULL of a flag */
    const char *help;    /* one line */
    uint64_t least, most;
} cu_option;

typedef struct cu_option_texts {
    const char *list[cu_option_texts_max]; /* lent by argv */
    size_t count;
} cu_option_texts;

/* Rows of a table for the members of a structure; a member of another type does not compile. */
#define CU_FLAG(name, type, member, help)                                                      \
    {                                                                                          \
        name, CU_OPTION_FLAG, CU_OPTION_AT(type, member, bool), NULL, help, 0, 0               \
    }
#define CU_TEXT(name, type, member, value, help)                                               \
    {                                                                                          \
        name, CU_OPTION_TEXT, CU_OPTION_AT(type, member, const char *), value, help, 0, 0      \
    }
/* A text that is a name of something, and so not empty. */
#define CU_NAME(name, type, member, value, help)                                               \
    {                                                                                          \
        name, CU_OPTION_TEXT, CU_OPTION_AT(type, member, const char *), value, help, 1, 0      \
    }
#define CU_TEXTS(name, type, member, value, help, most)                                        \
    {                                                                                          \
        name, CU_OPTION_TEXTS, CU_OPTION_AT(type, member, cu_option_texts), value, help, 0,    \
            most                                                                               \
    }
#define CU_NUMBER(name, type, member, value, help, least, most)                                \
    {                                                                                          \
        name, CU_OPTION_NUMBER, CU_OPTION_AT(type, member, unsigned), value, help, least, most \
    }
#define CU_SIZE(name, type, member, value, help, least)                                        \
    {                                                                                          \
        name, CU_OPTION_SIZE, CU_OPTION_AT(type, member, uint64_t), value, help, least, 0      \
    }
#define CU_OPTION_AT(type, member, wanted)                                                     \
    (offsetof(type, member) + _Generic(&((type *)0)->member, wanted * : (size_t)0))

/* What is left of the command line: the words that are no options, in their order. */
typedef struct cu_arguments {
    char **list; /* in argv, whose order changed; list[count] is NULL */
    size_t count;
} cu_arguments;

/*
 * Reads argv[1] and on into the structure at into, which holds what counts where an option is
 * not given. options may be NULL: none. Options and arguments may stand in any order; "--" ends
 * the options. Not for two threads at once. CU_EUSAGE: an option that is not in the table, a
 * value that is missing, or that it cannot be.
 */
cu_status cu_options_read(const cu_option *options, int argc, char **argv, void *into,
                          cu_arguments *rest, cu_err *err) CU_MUST_CHECK;

/* "-o" or "--json", as it is typed. */
void cu_option_append_word(const cu_option *option, cu_buffer *out);

/* A line for each option: what is typed, and what it does. Nothing for an empty table. */
void cu_options_append_help(const cu_option *options, cu_buffer *out);

#endif
