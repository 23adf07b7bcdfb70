/* SPDX-License-Identifier: Apache-2.0 */
/* A name of libtsk's functions is told from a word by its underscore and the colon after it. */
#include "filesystem/reason.h"

#include <string.h>

/* The bytes of the function's name that text begins with and of what follows it; else 0. */
static size_t function_bytes(const char *text)
{
    const size_t n =
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
    const char *after = text + n;

    if (memchr(text, '_', n) == NULL || (text[0] >= '0' && text[0] <= '9'))
        return 0;
    if (strncmp(after, "()", 2) == 0)
        after += 2;
    if (*after != ':' || (after[1] != ' ' && strchr("\r\n", after[1]) == NULL))
        return 0;
    after++;
    return (size_t)(after - text) + strspn(after, " ");
}

cu_bytes cu_tsk_reason(const char *text)
{
    if (text == NULL)
        return (cu_bytes){0};
    text += strspn(text, " ");
    for (size_t n = function_bytes(text); n > 0; n = function_bytes(text))
        text += n;
    return (cu_bytes){(const uint8_t *)text, strcspn(text, "\r\n")};
}
