/* SPDX-License-Identifier: Apache-2.0 */
/* At every call that writes a state file: the process dies, the disk is full, the disk fails, a
 * write is short. What was answered is remembered, and the state is the old one or the new one.
 */
#include "signer/signer.h"
#include "support/assert_ok.h"
#include "support/cmocka.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The linker puts these in the place of the library's (--wrap). */
int __real_open(const char *path, int flags, mode_t mode);
ssize_t __real_write(int fd, const void *bytes, size_t n);
int __real_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __real_close(int fd);
int __wrap_open(const char *path, int flags, mode_t mode);
ssize_t __wrap_write(int fd, const void *bytes, size_t n);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_close(int fd);

typedef enum fault_kind {
    FAULT_DIES,
    FAULT_FULL,
    FAULT_FAILS,
    FAULT_SHORT,
    FAULT_KINDS
} fault_kind;

static fault_kind kind;
static int calls_left = -1; /* until the fault; less than 0: none */
static bool fired;

/* True where this call is the one. */
static bool strikes(void)
{
    if (calls_left < 0 || calls_left-- > 0)
        return false;
    fired = true;
    if (kind == FAULT_DIES)
        (void)kill(getpid(), SIGKILL);
    errno = kind == FAULT_FULL ? ENOSPC : EIO;
    return true;
}

int __wrap_open(const char *path, int flags, mode_t mode)
{
    return (flags & O_CREAT) != 0 && strikes() ? -1 : __real_open(path, flags, mode);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t n)
{
    if (!strikes())
        return __real_write(fd, bytes, n);
    /* A disk that fills up takes a part first. */
    return kind == FAULT_SHORT && n > 1 ? __real_write(fd, bytes, n / 2) : -1;
}

int __wrap_fsync(int fd)
{
    return strikes() ? -1 : __real_fsync(fd);
}

int __wrap_rename(const char *from, const char *to)
{
    return strikes() ? -1 : __real_rename(from, to);
}

int __wrap_close(int fd)
{
    const bool struck = strikes();
    const int code = __real_close(fd);

    return struck ? -1 : code;
}

/* ---- what is asked ---- */

enum { LEAVES = 40 };

static char folder[] = "/tmp/custos-faults-XXXXXX";
static cu_hash leaves[LEAVES];
static cu_signer log_key;

static cu_status subtree(void *context, unsigned level, uint64_t index, cu_hash *out,
                         cu_err *err)
{
    cu_tree tree = {0};

    (void)context;
    for (uint64_t i = index << level; i < (index + 1) << level; i++)
        assert_int_equal(cu_tree_append(&tree, &leaves[i], NULL, NULL, err), CU_OK);
    cu_tree_root(&tree, out);
    return CU_OK;
}

/* The request that takes either of them from old to size. */
static void request_for(cu_buffer *out, bool witness, uint64_t old, uint64_t size)
{
    cu_checkpoint head = {.origin = {(const uint8_t *)"log.example", 11}, .size = size};
    cu_buffer text = {0};
    cu_proof proof;

    assert_ok(cu_proof_consistency(old, size, subtree, NULL, &proof, &failure));
    assert_ok(cu_tlog_root(size, subtree, NULL, &head.root, &failure));
    cu_buffer_format(out, "%s\nold %d\n", witness ? "add-checkpoint" : "sign", (int)old);
    for (size_t i = 0; i < proof.n; i++) {
        cu_base64_append(out, (cu_bytes){proof.path[i].b, 32});
        cu_buffer_u8(out, '\n');
    }
    cu_buffer_u8(out, '\n');
    cu_checkpoint_append(&text, &head);
    cu_buffer_append(out, text.p, text.n);
    if (witness) {
        cu_buffer_u8(out, '\n');
        assert_ok(cu_note_sign(cu_buffer_view(&text), &log_key, 0, out, &failure));
    }
    cu_buffer_free(&text);
}

/* Loads the state anew and asks; size is what it remembers afterwards. */
static unsigned ask(const char *path, bool witness, uint64_t old, uint64_t size,
                    uint64_t *after)
{
    static cu_signer_state signer;
    static cu_witness_state other;
    cu_buffer request = {0};
    cu_buffer response = {0};
    unsigned status;

    request_for(&request, witness, old, size);
    if (witness) {
        assert_ok(cu_witness_load(path, &other, &failure));
        cu_witness_answer(&other, cu_buffer_view(&request), &response);
        *after = other.logs[0].size;
    } else {
        assert_ok(cu_signer_load(path, &signer, &failure));
        cu_signer_answer(&signer, cu_buffer_view(&request), &response);
        *after = signer.size;
    }
    status = (unsigned)strtoul((const char *)response.p, NULL, 10);
    cu_buffer_free(&request);
    cu_buffer_free(&response);
    return status;
}

static uint64_t remembered(const char *path, bool witness)
{
    static cu_signer_state signer;
    static cu_witness_state other;

    if (witness) {
        assert_ok(cu_witness_load(path, &other, &failure));
        return other.logs[0].size;
    }
    assert_ok(cu_signer_load(path, &signer, &failure));
    return signer.size;
}

static void begin(const char *path, bool witness)
{
    static cu_witness_state other;
    cu_buffer vkey = {0};
    uint64_t after;

    if (witness) {
        assert_ok(cu_witness_begin(path, "witness.example", &failure));
        assert_ok(cu_witness_load(path, &other, &failure));
        cu_verifier_append(&vkey, &log_key.verifier);
        assert_ok(cu_witness_trust(&other, cu_buffer_view(&vkey), &failure));
        cu_buffer_free(&vkey);
    } else {
        assert_ok(cu_signer_begin(path, "log.example", &failure));
    }
    assert_int_equal(ask(path, witness, 0, 5, &after), 200);
}

/* A child asks, and is struck at its nth call. Its exit says what it was answered, 0 nothing;
 * struck says whether any fault was left to come. */
static unsigned ask_struck(const char *path, bool witness, int nth, bool *struck)
{
    int pipes[2];
    int words[2] = {0, 1};
    pid_t child;

    assert_int_equal(pipe(pipes), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        uint64_t after;

        calls_left = nth;
        words[0] = (int)ask(path, witness, 5, 20, &after);
        calls_left = -1;
        words[1] = fired;
        _exit(__real_write(pipes[1], words, sizeof words) == sizeof words ? 0 : 1);
    }
    assert_int_equal(__real_close(pipes[1]), 0);
    if (read(pipes[0], words, sizeof words) != sizeof words) {
        words[0] = 0;
        words[1] = 1;
    }
    assert_int_equal(__real_close(pipes[0]), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    *struck = words[1] != 0;
    return (unsigned)words[0];
}

static unsigned strike_everywhere(bool witness)
{
    unsigned count = 0;

    for (kind = 0; kind < FAULT_KINDS; kind++) {
        bool struck = true;

        for (int nth = 0; struck; nth++) {
            char path[128];
            uint64_t size;
            uint64_t after;
            unsigned status;

            (void)snprintf(path, sizeof path, "%s/%d-%d-%d", folder, witness ? 1 : 0, (int)kind,
                           nth);
            begin(path, witness);
            status = ask_struck(path, witness, nth, &struck);
            size = remembered(path, witness);
            assert_true(size == 5 || size == 20);
            if (status == 200)
                assert_int_equal(size, 20);
            else
                assert_true(status == 0 || status == 500);
            assert_int_equal(ask(path, witness, size, 30, &after), 200);
            assert_int_equal(after, 30);
            count++;
        }
    }
    return count;
}

static void remembers_what_it_answered_wherever_a_fault_strikes(void **state)
{
    const unsigned signers = strike_everywhere(false);
    const unsigned witnesses = strike_everywhere(true);

    (void)state;
    print_message("# %u faults in the signer's file, %u in the witness's\n", signers,
                  witnesses);
    assert_true(signers > 20 && witnesses > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(remembers_what_it_answered_wherever_a_fault_strikes),
    };
    char command[64];
    int failed;

    if (mkdtemp(folder) == NULL ||
        cu_signer_new("log.example", CU_KEY_ED25519, &log_key, NULL) != CU_OK)
        return 1;
    for (uint8_t i = 0; i < LEAVES; i++)
        cu_tlog_leaf((cu_bytes){&i, 1}, &leaves[i]);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) == 0 ? failed : 1;
}
