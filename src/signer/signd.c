/* SPDX-License-Identifier: Apache-2.0 */
/* custos-signd: holds the log's key, and signs one history only. */
#include "signer/signer.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

static int usage(void)
{
    (void)fprintf(stderr, "usage: custos-signd --state FILE --begin LOG-NAME\n"
                          "       custos-signd --state FILE --socket PATH [--group]\n");
    return 2;
}

static int fail(const cu_err *err)
{
    (void)fprintf(stderr, "custos-signd: %s\n", err->text);
    return 1;
}

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
    return fflush(stdout) == 0 ? 0 : 1;
}

static int run(const char *path, const char *origin, const char *socket_path, bool group)
{
    static cu_signer_state state;
    cu_err err = {0};
    cu_status st = cu_state_lock(path, &err);

    if (st == CU_OK && origin != NULL)
        st = cu_signer_begin(path, origin, &err);
    if (st == CU_OK)
        st = cu_signer_load(path, &state, &err);
    if (st != CU_OK)
        return fail(&err);
    if (origin != NULL) {
        const int code = print_keys(&state);

        cu_signer_wipe(&state);
        return code;
    }
    st = cu_signer_serve(socket_path, group, serve, &state, &err);
    cu_signer_wipe(&state);
    if (st != CU_OK)
        return fail(&err);
    return state.failed ? 1 : 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"state", required_argument, NULL, 's'},
                                            {"begin", required_argument, NULL, 'b'},
                                            {"socket", required_argument, NULL, 'l'},
                                            {"group", no_argument, NULL, 'g'},
                                            {0}};
    const char *path = NULL;
    const char *origin = NULL;
    const char *socket_path = NULL;
    bool group = false;

    /* No core file, and no other process of the same user may look inside. */
    (void)prctl(PR_SET_DUMPABLE, 0);
    for (int c = getopt_long(argc, argv, "", options, NULL); c >= 0;
         c = getopt_long(argc, argv, "", options, NULL)) {
        switch (c) {
        case 's':
            path = optarg;
            break;
        case 'b':
            origin = optarg;
            break;
        case 'l':
            socket_path = optarg;
            break;
        case 'g':
            group = true;
            break;
        default:
            return usage();
        }
    }
    if (path == NULL || optind < argc || (origin == NULL) == (socket_path == NULL))
        return usage();
    return run(path, origin, socket_path, group);
}
