/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of custos ledger share. Private to cli/. */
#ifndef CU_CLI_LEDGER_H
#define CU_CLI_LEDGER_H

#include "cli/command.h"
#include "ledger/ledger.h"

enum { CU_CLI_MEMORIES = 16 }; /* witnesses, and saved checkpoints, of one call */

typedef struct cu_ledger_call {
    const char *db;
    const char *kek;
    const char *signer;
    cu_option_texts witnesses;
    cu_option_texts against; /* files with saved checkpoints */
    const char *out;
    const char *reason;
    const char *object;
    const char *actor;
    const char *from;
    const char *to;
    bool json;
    bool no_pages;
    bool note;
    bool policy;
    bool end;
    bool reveal;
    const char *argument; /* what is not an option */
    bool misused;         /* what is wrong is the call, and the usage belongs to it */

    cu_store *store;
    cu_ledger *ledger;
} cu_ledger_call;

/* Says what the call lacks or cannot mean; answers CU_EUSAGE. */
cu_status cu_cli_ledger_misuse(cu_ledger_call *call, cu_err *err, const char *format, ...)
    CU_PRINTF(3, 4);

/* What custos ledger ACTION does; each says what went wrong in err. */
cu_status cu_cli_ledger_verify(cu_ledger_call *call, cu_err *err) CU_MUST_CHECK;
cu_status cu_cli_ledger_prove(cu_ledger_call *call, cu_err *err) CU_MUST_CHECK;
cu_status cu_cli_ledger_export(cu_ledger_call *call, cu_err *err) CU_MUST_CHECK;

#endif
