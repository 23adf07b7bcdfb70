/* SPDX-License-Identifier: Apache-2.0 */
/* custos-signd: holds the log's key, and signs one history only. */
#include "base/program.h"
#include "signer/signer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

typedef struct call {
    const char *path, *origin, *socket_path;
    bool group;
} call;

static const cu_option options[] = {
    CU_TEXT("state", call, path, "FILE", "the keys, and the last head that was signed"),
    CU_TEXT("begin", call, origin, "LOG-NAME", "make the state, and print the keys"),
    CU_TEXT("socket", call, socket_path, "PATH", "where to answer"),
    CU_FLAG("group", call, group, "answer others of the group, too"),
    {0},
};

static const cu_program program = {
    .name = "custos-signd",
    .summary = "hold the key of the register's log, and sign one history only",
    .usage = "custos-signd --state FILE --begin LOG-NAME\n"
             "       custos-signd --state FILE --socket PATH [--group]",
    .manual = "custos-signd",
    .options = options,
};

static bool serve(void *context, cu_bytes request, cu_buffer *response)
{
    cu_signer_state *const state = context;

    cu_signer_answer(state, request, response);
    if (state->failed)
        (void)fprintf(stderr, "custos-signd: the state could not be written; ending\n");
    return !state->failed;
}

static int print_keys(const cu_signer_state *state)
{
    cu_buffer text = {0};

    for (size_t i = 0; i < state->keys_n; i++) {
        cu_verifier_append(&text, &state->keys[i].verifier);
        cu_buffer_u8(&text, '\n');
    }
    if (text.n > 0)
        (void)fwrite(text.p, 1, text.n, stdout);
    cu_buffer_free(&text);
    return cu_program_flush(&program, 0);
}

static int run(const call *self)
{
    static cu_signer_state state;
    cu_err err = {0};
    cu_status st = cu_state_lock(self->path, &err);

    if (st == CU_OK && self->origin != NULL)
        st = cu_signer_begin(self->path, self->origin, &err);
    if (st == CU_OK)
        st = cu_signer_load(self->path, &state, &err);
    if (st != CU_OK)
        return cu_program_fail(&program, &err);
    if (self->origin != NULL) {
        const int code = print_keys(&state);

        cu_signer_wipe(&state);
        return code;
    }
    st = cu_signer_serve(self->socket_path, self->group, serve, &state, &err);
    cu_signer_wipe(&state);
    if (st != CU_OK)
        return cu_program_fail(&program, &err);
    return state.failed ? 1 : 0;
}

int main(int argc, char **argv)
{
    call self = {.group = false};
    cu_arguments rest;
    cu_err err = {0};
    int code = 0;

    /* No core file, and no other process of the same user may look inside. */
    (void)prctl(PR_SET_DUMPABLE, 0);
    if (cu_program_tells(&program, argc, argv, &code))
        return code;
    if (cu_options_read(options, argc, argv, &self, &rest, &err) != CU_OK)
        return cu_program_misuse(&program, &err);
    if (self.path == NULL || rest.count > 0 ||
        (self.origin == NULL) == (self.socket_path == NULL))
        return cu_program_misuse(&program, NULL);
    return run(&self);
}
