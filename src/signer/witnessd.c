/* SPDX-License-Identifier: Apache-2.0 */
/* custos-witness: cosigns the heads of logs that it knows, for somebody who is not their
 * keeper. */
#include "signer/signer.h"

#include <getopt.h>
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

static int usage(void)
{
    (void)fprintf(stderr, "usage: custos-witness --state FILE --begin NAME\n"
                          "       custos-witness --state FILE --trust VKEY\n"
                          "       custos-witness --state FILE --forget LOG-NAME\n"
                          "       custos-witness --state FILE --socket PATH [--group]\n"
                          "       custos-witness --state FILE --once <REQUEST\n");
    return 2;
}

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

static bool take_options(int argc, char **argv, wanted *w)
{
    static const struct option options[] = {
        {"state", required_argument, NULL, 's'},  {"begin", required_argument, NULL, 'b'},
        {"trust", required_argument, NULL, 't'},  {"forget", required_argument, NULL, 'f'},
        {"socket", required_argument, NULL, 'l'}, {"group", no_argument, NULL, 'g'},
        {"once", no_argument, NULL, 'o'},         {0}};

    const struct {
        int letter;
        const char **text;
    } texts[] = {{'s', &w->path},
                 {'b', &w->name},
                 {'t', &w->vkey},
                 {'f', &w->origin},
                 {'l', &w->socket_path}};

    for (int c = getopt_long(argc, argv, "", options, NULL); c >= 0;
         c = getopt_long(argc, argv, "", options, NULL)) {
        if (c == '?')
            return false;
        w->group = w->group || c == 'g';
        w->once = w->once || c == 'o';
        for (size_t i = 0; i < CU_COUNT_OF(texts); i++) {
            if (texts[i].letter == c)
                *texts[i].text = optarg;
        }
    }
    return optind == argc && w->path != NULL &&
           (w->name != NULL) + (w->vkey != NULL) + (w->origin != NULL) +
                   (w->socket_path != NULL) + (w->once ? 1 : 0) ==
               1;
}

int main(int argc, char **argv)
{
    static cu_witness_state state;
    wanted w = {0};
    cu_err err = {0};
    cu_status st;

    (void)prctl(PR_SET_DUMPABLE, 0);
    if (!take_options(argc, argv, &w))
        return usage();
    st = act(&w, &state, &err);
    cu_witness_wipe(&state);
    if (st == CU_OK && fflush(stdout) == 0)
        return 0;
    (void)fprintf(stderr, "custos-witness: %s\n",
                  st == CU_OK ? "could not write to standard output" : err.text);
    return 1;
}
