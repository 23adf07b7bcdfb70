/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a log, and beginning one. */
#include "base/clock.h"
#include "ledger/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { kek_text_bytes = 2 * CU_KEY_BYTES + 1 };

/* ---- the key that wraps keys ---- */

static cu_status write_kek(const char *path, cu_err *err)
{
    uint8_t key[CU_KEY_BYTES];
    char text[kek_text_bytes + 1];
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good;

    if (fd < 0)
        return errno == EEXIST ? CU_OK
                               : cu_fail_os(err, "could not make key file \"%s\"", path);
    cu_random(key, sizeof key);
    cu_hex_encode((cu_bytes){key, sizeof key}, text);
    text[kek_text_bytes - 1] = '\n';
    good = write(fd, text, kek_text_bytes) == kek_text_bytes && fsync(fd) == 0;
    explicit_bzero(key, sizeof key);
    explicit_bzero(text, sizeof text);
    if (!good) {
        const cu_status st = cu_fail_os(err, "could not write key file \"%s\"", path);

        (void)close(fd);
        (void)unlink(path);
        return st;
    }
    (void)close(fd);
    return CU_OK;
}

static cu_status read_kek(const char *path, uint8_t key[CU_KEY_BYTES], cu_err *err)
{
    char text[kek_text_bytes + 1] = {0};
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;
    bool good;

    if (fd < 0)
        return cu_fail_os(err, "could not open key file \"%s\"", path);
    n = read(fd, text, sizeof text);
    (void)close(fd);
    good = n == kek_text_bytes && text[kek_text_bytes - 1] == '\n' &&
           cu_hex_decode(text, kek_text_bytes - 1, key, CU_KEY_BYTES);
    explicit_bzero(text, sizeof text);
    return good
               ? CU_OK
               : cu_fail(err, CU_EFORMAT, "key file \"%s\" is not 64 hexadecimal digits", path);
}

/* A new key would open nothing that is there: it is made only where nothing is wrapped yet. */
static cu_status take_kek(cu_ledger *ledger, const char *path, cu_err *err)
{
    int64_t wrapped = 0;
    cu_status st = CU_OK;

    if (access(path, F_OK) != 0) {
        st = cu_store_number(ledger->store, "SELECT count(*) FROM ledger_case_key",
                             CU_NO_VALUES, &wrapped, err);
        if (st == CU_OK && wrapped > 0) {
            errno = ENOENT;
            st = cu_fail_os(err, "could not open key file \"%s\", by which the log is locked",
                            path);
        } else if (st == CU_OK) {
            st = write_kek(path, err);
        }
    }
    if (st == CU_OK)
        st = read_kek(path, ledger->kek, err);
    ledger->has_kek = st == CU_OK;
    return st;
}

/* ---- the head ---- */

cu_status cu_ledger_decode_tree(uint64_t size, cu_bytes peaks, cu_tree *out, cu_err *err)
{
    cu_tree tree = {.size = size};

    if (size > INT64_MAX || peaks.n != cu_tree_peaks(&tree) * sizeof(cu_hash))
        return cu_fail(err, CU_EFORMAT, "the head of the log does not fit its size");
    if (peaks.n > 0)
        memcpy(tree.peaks, peaks.p, peaks.n);
    *out = tree;
    return CU_OK;
}

static const char head_query[] = "SELECT size, peaks, time_us FROM ledger_head WHERE id = 1";

cu_status cu_ledger_foresee_head(cu_ledger *ledger, cu_err *err)
{
    return cu_store_foresee(ledger->store, head_query, CU_NO_VALUES, err);
}

cu_status cu_ledger_load(cu_ledger *ledger, cu_tree *tree, int64_t *time_us, cu_err *err)
{
    CU_AUTO(cu_rows, rows);
    bool more = false;
    cu_status st;

    if (cu_ledger_has_appended(ledger)) {
        *tree = ledger->tree;
        *time_us = ledger->time_us;
        return CU_OK;
    }
    st = cu_store_query(ledger->store, head_query, CU_NO_VALUES, &rows, err);

    if (st == CU_OK)
        st = cu_rows_next(rows, &more, err);
    if (st != CU_OK)
        return st;
    if (!more)
        return cu_fail(err, CU_ENOTFOUND, "the log has no head");

    const int64_t size = cu_rows_integer(rows, 0);
    const cu_bytes peaks = cu_rows_blob(rows, 1);
    const int64_t time = cu_rows_integer(rows, 2);

    st = cu_rows_check(rows, err);
    if (st == CU_OK)
        st = cu_ledger_decode_tree((uint64_t)size, peaks, tree, err);
    if (st == CU_OK)
        *time_us = time;
    return st;
}

/* ---- beginning ---- */

static cu_status begin(cu_store *store, void *context, cu_err *err)
{
    cu_ledger *const ledger = context;
    const cu_ledger_detail details[] = {{"origin", ledger->origin}};
    const cu_ledger_event event = {
        .actor = "system", .action = "log.begin", .details = details, .details_n = 1};
    cu_tree tree;
    int64_t time_us;
    cu_status st = cu_ledger_load(ledger, &tree, &time_us, err);

    if (st != CU_ENOTFOUND)
        return st; /* another process has begun it meanwhile */
    st = cu_store_run(store,
                      "INSERT INTO ledger_head (id, size, peaks, time_us) VALUES (1, 0, $1, 0)",
                      CU_VALUES(cu_value_blob((cu_bytes){0})), err);
    return st == CU_OK ? cu_ledger_append(ledger, &event, NULL, err) : st;
}

static cu_status name_new(cu_ledger *ledger, const char *origin, cu_err *err)
{
    uint8_t chance[8];
    char hex[17];
    cu_verifier verifier;
    const uint8_t nobody[32] = {0};
    int n;

    cu_random(chance, sizeof chance);
    cu_hex_encode((cu_bytes){chance, sizeof chance}, hex);
    n = origin != NULL ? snprintf(ledger->origin, sizeof ledger->origin, "%s", origin)
                       : snprintf(ledger->origin, sizeof ledger->origin, "custos/%s", hex);
    if (n < 0 || n >= (int)sizeof ledger->origin)
        return cu_fail(err, CU_EUSAGE, "the name of the log is longer than %d bytes",
                       CU_NOTE_NAME_BYTES);
    /* Its keys will bear the name, so it must be one that a key may have. */
    return cu_verifier_make(ledger->origin, CU_KEY_ED25519, nobody, &verifier, err);
}

/* The log's name, from its first entry. */
static cu_status read_origin(cu_ledger *ledger, cu_err *err)
{
    cu_buffer bytes = {0};
    cu_tlog_entry entry = {0};
    cu_bytes origin = {0};
    cu_status st = cu_ledger_entry(ledger, 0, &bytes, err);

    if (st == CU_OK)
        st = cu_tlog_entry_parse(cu_buffer_view(&bytes), &entry, err);
    if (st == CU_OK)
        origin = cu_tlog_entry_find(&entry, "d.origin");
    if (st == CU_OK && (origin.n == 0 || origin.n > CU_NOTE_NAME_BYTES))
        st = cu_fail(err, CU_EFORMAT, "the first entry does not name the log");
    if (st == CU_OK) {
        memcpy(ledger->origin, origin.p, origin.n);
        ledger->origin[origin.n] = '\0';
    }
    cu_buffer_free(&bytes);
    return st;
}

cu_status cu_ledger_open(cu_store *store, const cu_ledger_options *options, cu_ledger **out,
                         cu_err *err)
{
    CU_AUTO(cu_ledger, ledger);
    cu_tree tree;
    int64_t time_us;
    cu_status st;

    ledger = calloc(1, sizeof *ledger);
    if (ledger == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    ledger->store = store;
    ledger->now_us = options->now_us == NULL ? cu_clock_now_us : options->now_us;
    st = cu_ledger_load(ledger, &tree, &time_us, err);
    if (st == CU_ENOTFOUND && options->is_there) {
        st = cu_fail(err, CU_EFORMAT, "the log has no head, and had one: it was removed");
    } else if (st == CU_ENOTFOUND) {
        st = name_new(ledger, options->origin, err);
        if (st == CU_OK)
            st = cu_store_transact(store, begin, ledger, err);
    }
    if (st == CU_OK)
        st = read_origin(ledger, err);
    /* Last, so that no key file is left where there is no log. */
    if (st == CU_OK && options->kek_path != NULL)
        st = take_kek(ledger, options->kek_path, err);
    if (st != CU_OK)
        return cu_while(err, st, "opening the log");
    *out = CU_MOVE(ledger);
    return CU_OK;
}

void cu_ledger_close(cu_ledger *ledger)
{
    if (ledger == NULL)
        return;
    explicit_bzero(ledger->kek, sizeof ledger->kek);
    explicit_bzero(ledger->key, sizeof ledger->key);
    free(ledger);
}

const char *cu_ledger_origin(const cu_ledger *ledger)
{
    return ledger->origin;
}
