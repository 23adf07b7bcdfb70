/* SPDX-License-Identifier: Apache-2.0 */
/* The endings of split images. Source: for EWF, Metz, "Expert Witness Compression Format",
 * section 2. */
#include "image/sequence.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* ".E01" or ".s01", or a later one: a letter and two digits, then three letters. */
static bool is_ewf(const char *ending)
{
    return strlen(ending) == 4 && strchr("EeSs", ending[1]) != NULL &&
           isdigit((unsigned char)ending[1]) == 0;
}

/* E99 is followed by EAA, EZZ by FAA. */
static bool next_ewf(char *ending)
{
    const bool lower = ending[1] >= 'a';
    const char first = lower ? 'a' : 'A';
    const char last = lower ? 'z' : 'Z';

    if (strcmp(ending + 2, "99") == 0) {
        ending[2] = ending[3] = first;
        return true;
    }
    for (size_t i = 3; i >= 1; i--) {
        const char end = isdigit((unsigned char)ending[i]) != 0 ? '9' : last;

        if (ending[i] != end) {
            ending[i] = (char)(ending[i] + 1);
            return true;
        }
        ending[i] = (char)(end == '9' ? '0' : first);
    }
    return false;
}

/* A dot, and letters and digits of ASCII behind it: nothing else can be counted on. */
static bool is_countable(const char *ending)
{
    static const char countable[] = "0123456789abcdefghijklmnopqrstuvwxyz"
                                    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    return ending[0] == '.' && ending[1] != '\0' &&
           ending[1 + strspn(ending + 1, countable)] == '\0';
}

bool cu_sequence_next(char *ending)
{
    if (!is_countable(ending))
        return false;
    if (is_ewf(ending))
        return next_ewf(ending);
    for (char *p = ending + strlen(ending) - 1; p >= ending && *p != '.'; p--) {
        if (*p == '9' || *p == 'z' || *p == 'Z') {
            *p = (char)(*p == '9' ? '0' : *p - 25);
            continue;
        }
        *p = (char)(*p + 1);
        return true;
    }
    return false;
}

bool cu_sequence_starts(const char *ending)
{
    return strcmp(ending, ".000") == 0 || strcmp(ending, ".001") == 0 ||
           strcmp(ending, ".aa") == 0 || strcasecmp(ending, ".e01") == 0 ||
           strcasecmp(ending, ".s01") == 0;
}
