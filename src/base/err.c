/* SPDX-License-Identifier: Apache-2.0 */
/* Codes and words of failures. */
#include "base/err.h"

#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Room for two of the longest paths with words around them, before it is made to fit. */
enum { whole_max = 3 * 4096 };

/* What was tried stands at the beginning of a text, and why not at its end. */
static void keep(cu_err *err, const char *text)
{
    static const size_t head_max = 96;

    cu_text_fit(text, head_max, err->text, sizeof err->text);
}

void cu_err_set(cu_err *err, cu_status code, const char *format, ...)
{
    if (err == NULL)
        return;

    char whole[whole_max];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(whole, sizeof whole, format, arguments);
    va_end(arguments);
    keep(err, whole);
    err->code = code;
    err->os_errno = 0;
}

bool cu_err_set_os(cu_err *err, const char *format, ...)
{
    const int os_errno = errno;
    const bool no_memory = os_errno == ENOMEM;

    if (err == NULL)
        return no_memory;

    char whole[whole_max] = "";
    int length = 0;

    if (format != NULL) {
        va_list arguments;

        va_start(arguments, format);
        length = vsnprintf(whole, sizeof whole, format, arguments);
        va_end(arguments);
    }

    char words[128];
    /* The GNU strerror_r may answer a static string of its own, so take what it returns. */
    const char *const why = strerror_r(os_errno, words, sizeof words);

    if (length >= 0 && (size_t)length < sizeof whole)
        (void)snprintf(whole + length, sizeof whole - (size_t)length, "%s%s",
                       length == 0 ? "" : ": ", why);
    keep(err, whole);
    err->code = no_memory ? CU_ENOMEM : CU_EIO;
    err->os_errno = no_memory ? 0 : os_errno;
    return no_memory;
}

cu_status cu_while(cu_err *err, cu_status code, const char *format, ...)
{
    if (err == NULL)
        return code;

    char whole[whole_max];
    va_list arguments;

    va_start(arguments, format);
    const int length = vsnprintf(whole, sizeof whole, format, arguments);
    va_end(arguments);
    if (length >= 0 && (size_t)length < sizeof whole)
        (void)snprintf(whole + length, sizeof whole - (size_t)length, ": %s", err->text);
    keep(err, whole);
    err->code = code;
    return code;
}

const char *cu_status_word(cu_status code)
{
    static const char *const words[] = {
        [CU_OK] = "ok",
        [CU_ENOMEM] = "no-memory",
        [CU_EIO] = "io",
        [CU_EFORMAT] = "format",
        [CU_EUNSUPPORTED] = "unsupported",
        [CU_ELIMIT] = "limit",
        [CU_EUSAGE] = "usage",
        [CU_ENOTFOUND] = "not-found",
        [CU_EEXISTS] = "exists",
        [CU_ESTOPPED] = "stopped",
        [CU_ECHILD] = "child",
        [CU_EREFUSED] = "refused",
    };

    return (unsigned)code < CU_COUNT_OF(words) ? words[code] : "unknown";
}
