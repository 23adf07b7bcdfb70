/* SPDX-License-Identifier: Apache-2.0 */
/* custos-witness: cosigns the heads of logs that it knows, for somebody who is not their
 * keeper. */
#include "base/program.h"
#include "signer/signer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

typedef struct wanted {
    const char *path;
    const char *name;   /* begin */
    const char *vkey;   /* trust */
    const char *origin; /* forget */
    const char *socket_path;
    bool group;
    bool once; /* one request from standard input, for a head that came on paper or a stick */
} wanted;

static const cu_option options[] = {
    CU_TEXT("state", wanted, path, "FILE", "the key, and the last head of each log"),
    CU_TEXT("begin", wanted, name, "NAME", "make the state, and print the key"),
    CU_TEXT("trust", wanted, vkey, "VKEY", "cosign the log of this key from now on"),
    CU_TEXT("forget", wanted, origin, "LOG-NAME", "cosign it no longer"),
    CU_TEXT("socket", wanted, socket_path, "PATH", "where to answer"),
    CU_FLAG("group", wanted, group, "answer others of the group, too"),
    CU_FLAG("once", wanted, once, "answer one request, from standard input"),
    {0},
};

static const cu_program program = {
    .name = "custos-witness",
    .summary = "cosign the heads of logs for somebody who does not keep them",
    .usage = "custos-witness --state FILE --begin NAME\n"
             "       custos-witness --state FILE --trust VKEY\n"
             "       custos-witness --state FILE --forget LOG-NAME\n"
             "       custos-witness --state FILE --socket PATH [--group]\n"
             "       custos-witness --state FILE --once <REQUEST",
    .manual = "custos-witness",
    .options = options,
};

static bool serve(void *context, cu_bytes request, cu_buffer *response)
{
    cu_witness_state *const state = context;

    cu_witness_answer(state, request, response);
    return !state->failed;
}

static void print_key(const cu_witness_state *state)
{
    cu_buffer text = {0};

    cu_verifier_append(&text, &state->key.verifier);
    cu_buffer_u8(&text, '\n');
    if (!text.bad)
        (void)fwrite(text.p, 1, text.n, stdout);
    cu_buffer_free(&text);
}

static cu_status answer_once(cu_witness_state *state, cu_err *err)
{
    cu_buffer request = {.ceiling = CU_SIGNER_MESSAGE};
    cu_buffer response = {0};
    uint8_t piece[4096];
    cu_status st;

    for (size_t n = fread(piece, 1, sizeof piece, stdin); n > 0;
         n = fread(piece, 1, sizeof piece, stdin))
        cu_buffer_append(&request, piece, n);
    st = cu_buffer_check(&request, err);
    if (st == CU_OK) {
        cu_witness_answer(state, cu_buffer_view(&request), &response);
        (void)fwrite(response.p, 1, response.n, stdout);
        if (state->failed)
            st = cu_fail(err, CU_EIO, "the state could not be written");
    }
    cu_buffer_free(&request);
    cu_buffer_free(&response);
    return st;
}

static cu_status act(const wanted *w, cu_witness_state *state, cu_err *err)
{
    cu_status st = cu_state_lock(w->path, err);

    if (st == CU_OK && w->name != NULL)
        st = cu_witness_begin(w->path, w->name, err);
    if (st == CU_OK)
        st = cu_witness_load(w->path, state, err);
    if (st == CU_OK && w->name != NULL)
        print_key(state);
    if (st == CU_OK && w->vkey != NULL)
        st =
            cu_witness_trust(state, (cu_bytes){(const uint8_t *)w->vkey, strlen(w->vkey)}, err);
    if (st == CU_OK && w->origin != NULL)
        st = cu_witness_forget(state, w->origin, err);
    if (st == CU_OK && w->once)
        st = answer_once(state, err);
    if (st == CU_OK && w->socket_path != NULL)
        st = cu_signer_serve(w->socket_path, w->group, serve, state, err);
    if (st == CU_OK && state->failed)
        st = cu_fail(err, CU_EIO, "the state could not be written");
    return st;
}

/* One thing at a time. */
static bool is_call(const wanted *w)
{
    return w->path != NULL && (w->name != NULL) + (w->vkey != NULL) + (w->origin != NULL) +
                                      (w->socket_path != NULL) + (w->once ? 1 : 0) ==
                                  1;
}

int main(int argc, char **argv)
{
    static cu_witness_state state;
    wanted w = {0};
    cu_arguments rest;
    cu_err err = {0};
    cu_status st;
    int code = 0;

    (void)prctl(PR_SET_DUMPABLE, 0);
    if (cu_program_tells(&program, argc, argv, &code))
        return code;
    if (cu_options_read(options, argc, argv, &w, &rest, &err) != CU_OK)
        return cu_program_misuse(&program, &err);
    if (!is_call(&w) || rest.count > 0)
        return cu_program_misuse(&program, NULL);
    st = act(&w, &state, &err);
    cu_witness_wipe(&state);
    return st == CU_OK ? cu_program_flush(&program, 0) : cu_program_fail(&program, &err);
}
