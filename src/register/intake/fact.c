/* SPDX-License-Identifier: Apache-2.0 */
/* The ceilings of facts, and what a document is. */
#include "register/intake/fact.h"

#include "base/text.h"

cu_status cu_fact_give(cu_fact_sink *sink, const cu_fact *fact, cu_err *err)
{
    if (fact->path.n > cu_fact_path_bytes || fact->value.n > cu_fact_value_bytes)
        return cu_fail(err, CU_ELIMIT, "a value or its path is too long");
    if (sink->count >= cu_fact_count)
        return cu_fail(err, CU_ELIMIT, "more than %d values", cu_fact_count);
    sink->bytes += fact->path.n + fact->value.n;
    if (sink->bytes > cu_fact_total_bytes)
        return cu_fail(err, CU_ELIMIT, "more than %d bytes of values", cu_fact_total_bytes);
    sink->count++;
    return sink->take(sink->context, fact, err);
}

const char *cu_fact_format(cu_bytes document)
{
    if (cu_bytes_starts(document, "PK\x03\x04", 4) ||
        cu_bytes_starts(document, "PK\x05\x06", 4))
        return "zip";
    if (cu_bytes_starts(document, "%PDF-", 5))
        return "pdf";
    if (cu_bytes_starts(document, "\xEF\xBB\xBF", 3))
        document = cu_bytes_slice(document, 3, document.n);
    /* UTF-16 with a byte order mark: only XML says so itself. */
    if (cu_bytes_starts(document, "\xFF\xFE<", 3) ||
        cu_bytes_starts(document, "\xFE\xFF\0<", 4))
        return "xml";
    while (document.n > 0 && (document.p[0] == ' ' || document.p[0] == '\t' ||
                              document.p[0] == '\r' || document.p[0] == '\n'))
        document = cu_bytes_slice(document, 1, document.n);
    if (document.n > 0 && document.p[0] == '<')
        return "xml";
    if (document.n > 0 && (document.p[0] == '{' || document.p[0] == '['))
        return "json";
    return cu_text_is_utf8(cu_bytes_slice(document, 0, 65536 - 4)) ? "text" : "other";
}
