/* SPDX-License-Identifier: Apache-2.0 */
/* A log that cannot be quietly changed: its entries, its tree, proofs, and signed heads. Bytes
 * in, bytes out; no database, no network, no clock. */
#ifndef CU_TLOG_TLOG_H
#define CU_TLOG_TLOG_H

#include "base/bytes.h"

/* ---- the tree (RFC 6962 section 2.1, RFC 9162 section 2.1) ---- */

typedef struct cu_hash {
    uint8_t b[32];
} cu_hash;

bool cu_hash_equal(const cu_hash *a, const cu_hash *b);

/* SHA-256(0x00 || entry) */
void cu_tlog_leaf(cu_bytes entry, cu_hash *out);
/* SHA-256(0x01 || left || right) */
void cu_tlog_node(const cu_hash *left, const cu_hash *right, cu_hash *out);
/* SHA-256(bytes), of nothing the root of an empty tree. */
void cu_tlog_sha256(cu_bytes bytes, cu_hash *out);

/*
 * Many of these at once, side by side: put up to CU_HASHER_HASHES, as long as it is not full,
 * then take their hashes in the same order.
 */
typedef struct cu_hasher cu_hasher;

enum { CU_HASHER_HASHES = 256 };

cu_hasher *cu_hasher_new(void);         /* NULL: out of memory */
void cu_hasher_free(cu_hasher *hasher); /* NULL is allowed */
CU_DEFINE_AUTO(cu_hasher, cu_hasher_free)

bool cu_hasher_full(const cu_hasher *hasher);
void cu_hasher_leaf(cu_hasher *hasher, cu_bytes entry);
/* CU_ENOMEM. out has room for all that were put. */
cu_status cu_hasher_take(cu_hasher *hasher, cu_hash *out, cu_err *err) CU_MUST_CHECK;

/* The level above a level of 2 * count nodes; nothing is to be taken. below may be out. */
cu_status cu_hasher_nodes(cu_hasher *hasher, const cu_hash *below, size_t count, cu_hash *out,
                          cu_err *err) CU_MUST_CHECK;

/*
 * The right edge of a tree that grows: the roots of its perfect subtrees, largest first, one
 * for each bit of size that is set. Zero it for an empty tree.
 */
typedef struct cu_tree {
    uint64_t size;
    cu_hash peaks[64];
} cu_tree;

/* Told of each perfect subtree that an append completes: level 0 is the leaf itself, index
 * counts the subtrees of that level from the left. */
typedef cu_status (*cu_tree_completed)(void *context, unsigned level, uint64_t index,
                                       const cu_hash *hash, cu_err *err);

/* Adds a leaf. completed may be NULL; where it fails the tree is as before. */
cu_status cu_tree_append(cu_tree *tree, const cu_hash *leaf, cu_tree_completed completed,
                         void *context, cu_err *err) CU_MUST_CHECK;
void cu_tree_root(const cu_tree *tree, cu_hash *out);
unsigned cu_tree_peaks(const cu_tree *tree); /* how many */

/* ---- proofs ---- */

enum { CU_PROOF_HASHES = 64 }; /* more than any tree of 2^63 leaves needs */

typedef struct cu_proof {
    size_t n;
    cu_hash path[CU_PROOF_HASHES];
} cu_proof;

/*
 * CU_EFORMAT where the proof does not show that leaf is at index (from 0) of the tree of size
 * with that root. Source: RFC 9162 section 2.1.3.2.
 */
cu_status cu_proof_check_inclusion(uint64_t index, uint64_t size, const cu_hash *leaf,
                                   const cu_proof *proof, const cu_hash *root,
                                   cu_err *err) CU_MUST_CHECK;

/*
 * CU_EFORMAT where the proof does not show that the tree of size second begins with the tree of
 * size first. From an empty tree the proof is empty and its root the one of nothing.
 * Source: RFC 9162 section 2.1.4.2.
 */
cu_status cu_proof_check_consistency(uint64_t first, uint64_t second, const cu_hash *first_root,
                                     const cu_hash *second_root, const cu_proof *proof,
                                     cu_err *err) CU_MUST_CHECK;

/* The root of a perfect subtree, that index-th of 2^level leaves. */
typedef cu_status (*cu_subtree)(void *context, unsigned level, uint64_t index, cu_hash *out,
                                cu_err *err);

/* Each asks for O(log n) perfect subtrees. CU_EUSAGE: index or first is not within. */
cu_status cu_proof_inclusion(uint64_t index, uint64_t size, cu_subtree subtree, void *context,
                             cu_proof *out, cu_err *err) CU_MUST_CHECK;
cu_status cu_proof_consistency(uint64_t first, uint64_t second, cu_subtree subtree,
                               void *context, cu_proof *out, cu_err *err) CU_MUST_CHECK;
cu_status cu_tlog_root(uint64_t size, cu_subtree subtree, void *context, cu_hash *out,
                       cu_err *err) CU_MUST_CHECK;

/* ---- text ---- */

/* Base64 (RFC 4648 section 4, padded) of n bytes. */
void cu_base64_append(cu_buffer *out, cu_bytes bytes);
/* Exactly n bytes from canonical base64; false, out untouched, otherwise. */
bool cu_base64_decode(cu_bytes text, uint8_t *out, size_t n);
/* As above into room for at most max; the count, or SIZE_MAX. */
size_t cu_base64_decode_up_to(cu_bytes text, uint8_t *out, size_t max);
/* A decimal number as it is written once only: no sign, no leading zero. */
bool cu_decimal_decode(cu_bytes text, uint64_t *out);
/* The bytes of text up to the next line feed, which is taken too; false where there is none. */
bool cu_line_take(cu_bytes *text, cu_bytes *line);
/* Takes a line that is word, a space, and a value of one byte or more; or such a number. False
 * where the line is another, which may be taken all the same. */
bool cu_line_take_word(cu_bytes *text, const char *word, cu_bytes *value);
bool cu_line_take_number(cu_bytes *text, const char *word, uint64_t *out);

/* ---- signed notes (C2SP signed-note v1) ---- */

enum {
    CU_NOTE_BYTES = 1 << 20,
    CU_NOTE_SIGNATURES = 100,
    CU_NOTE_NAME_BYTES = 255,
    CU_KEY_ED25519 = 0x01,     /* a log's signature */
    CU_KEY_COSIGNATURE = 0x04, /* a witness's, with its time */
};

/* Who may sign: a name, a key, and what its signatures say. */
typedef struct cu_verifier {
    char name[CU_NOTE_NAME_BYTES + 1];
    uint8_t id[4];
    uint8_t type;
    uint8_t public_key[32];
} cu_verifier;

/* name+hex+base64, as other programs print it. CU_EFORMAT where any of it does not fit. */
cu_status cu_verifier_parse(cu_bytes text, cu_verifier *out, cu_err *err) CU_MUST_CHECK;
cu_status cu_verifier_make(const char *name, uint8_t type, const uint8_t public_key[32],
                           cu_verifier *out, cu_err *err) CU_MUST_CHECK;
void cu_verifier_append(cu_buffer *out, const cu_verifier *verifier);

/* A key that signs. Wipe it after use (explicit_bzero). */
typedef struct cu_signer {
    cu_verifier verifier;
    uint8_t seed[32];
} cu_signer;

cu_status cu_signer_make(const char *name, uint8_t type, const uint8_t seed[32], cu_signer *out,
                         cu_err *err) CU_MUST_CHECK;
/* As above with a seed from the system. */
cu_status cu_signer_new(const char *name, uint8_t type, cu_signer *out,
                        cu_err *err) CU_MUST_CHECK;
/* "PRIVATE+KEY+" name+hex+base64, as golang.org/x/mod writes it. */
cu_status cu_signer_parse(cu_bytes text, cu_signer *out, cu_err *err) CU_MUST_CHECK;
void cu_signer_append(cu_buffer *out, const cu_signer *signer);

/* Views into a parsed note. */
typedef struct cu_note_signature {
    cu_bytes name;
    cu_bytes base64;
    uint8_t id[4];
} cu_note_signature;

typedef struct cu_note {
    cu_bytes text; /* with its last line feed */
    size_t n;
    cu_note_signature signatures[CU_NOTE_SIGNATURES];
} cu_note;

/* CU_EFORMAT where bytes are not a signed note; nothing is verified yet. */
cu_status cu_note_parse(cu_bytes bytes, cu_note *out, cu_err *err) CU_MUST_CHECK;

/*
 * Whether verifier signed the note: CU_OK; CU_ENOTFOUND where no line is by its name and id;
 * CU_EFORMAT where one is and is not good. time_s, which may be NULL, is the time of a
 * cosignature (POSIX seconds).
 */
cu_status cu_note_verify(const cu_note *note, const cu_verifier *verifier, uint64_t *time_s,
                         cu_err *err) CU_MUST_CHECK;

/* Appends the signature line of text by signer; time_s only for a cosignature. */
cu_status cu_note_sign(cu_bytes text, const cu_signer *signer, uint64_t time_s, cu_buffer *out,
                       cu_err *err) CU_MUST_CHECK;

/* ---- checkpoints (C2SP tlog-checkpoint, no extension lines) ---- */

typedef struct cu_checkpoint {
    cu_bytes origin; /* a view */
    uint64_t size;
    cu_hash root;
} cu_checkpoint;

/* Appends the three lines. */
void cu_checkpoint_append(cu_buffer *out, const cu_checkpoint *checkpoint);
/* CU_EFORMAT where text is not exactly three such lines. */
cu_status cu_checkpoint_parse(cu_bytes text, cu_checkpoint *out, cu_err *err) CU_MUST_CHECK;

/* ---- entries ---- */

enum {
    CU_ENTRY_BYTES = 65536,
    CU_ENTRY_VALUE_BYTES = 4096,
    CU_ENTRY_NAME_BYTES = 64,
    CU_ENTRY_DETAILS = 128,
};

/* A line "d.name value": said openly; or "c.name hex": a commitment to what is not said. */
typedef struct cu_tlog_entry_line {
    cu_bytes name; /* with its "d." or "c." */
    cu_bytes value;
} cu_tlog_entry_line;

/*
 * One entry (docs/formats/ledger.md): lines of UTF-8 in a fixed order. A value of no bytes is
 * a line that is not there; seq, time, actor and action are always there.
 */
typedef struct cu_tlog_entry {
    uint64_t seq;
    int64_t time_us;
    uint64_t behind_us; /* how far the clock stood behind the entry before; 0: it did not */
    cu_bytes actor;     /* "officer:7f3a…": an opaque id, never a name */
    cu_bytes session;
    cu_bytes from;    /* the host that asked */
    cu_bytes class;   /* of DPA 2018 s.62: "collection" "alteration" "consultation" "disclosure"
                       * "combination" "erasure"; or another word */
    cu_bytes action;  /* "exhibit.view" */
    cu_bytes object;  /* "exhibit:<id>" */
    cu_bytes context; /* the screen or task */
    cu_bytes reason;  /* a code */
    cu_bytes result;  /* "denied:rule"; not there is ok */
    size_t n;         /* lines, by rising name */
    cu_tlog_entry_line lines[CU_ENTRY_DETAILS];
    bool has_payload;
    cu_hash payload; /* SHA-256 of what the entry is about, where that is no personal data */
} cu_tlog_entry;

/* Appends the exact bytes. CU_EUSAGE where a value may not stand in an entry. */
cu_status cu_tlog_entry_append(cu_buffer *out, const cu_tlog_entry *entry,
                               cu_err *err) CU_MUST_CHECK;

/* Views into bytes. CU_EFORMAT where they are not exactly what cu_tlog_entry_append would
 * write. */
cu_status cu_tlog_entry_parse(cu_bytes bytes, cu_tlog_entry *out, cu_err *err) CU_MUST_CHECK;

/* The value of a line, or no bytes. */
cu_bytes cu_tlog_entry_find(const cu_tlog_entry *entry, const char *name);

/* ---- commitments and secrets ---- */

enum { CU_SALT_BYTES = 32, CU_KEY_BYTES = 32, CU_SEALED_MORE_BYTES = 24 + 16 };

/* HMAC-SHA256(salt, "custos-field/1\n" || name || "\n" || value); name without its "c.". */
void cu_commit(const uint8_t salt[CU_SALT_BYTES], cu_bytes name, cu_bytes value, cu_hash *out);

void cu_random(uint8_t *out, size_t n);

/* Appends nonce and XChaCha20-Poly1305 of plain; about is authenticated and not kept. */
cu_status cu_secret_seal(const uint8_t key[CU_KEY_BYTES], cu_bytes about, cu_bytes plain,
                         cu_buffer *out, cu_err *err) CU_MUST_CHECK;
/* CU_EFORMAT where sealed is not what that key made about that. */
cu_status cu_secret_open(const uint8_t key[CU_KEY_BYTES], cu_bytes about, cu_bytes sealed,
                         cu_buffer *out, cu_err *err) CU_MUST_CHECK;

/* ---- whom to trust (C2SP tlog-policy) ---- */

typedef struct cu_policy cu_policy;

/* CU_EFORMAT where bytes are not a policy; the text names the line. */
cu_status cu_policy_parse(cu_bytes bytes, cu_policy **out, cu_err *err) CU_MUST_CHECK;
void cu_policy_free(cu_policy *policy); /* NULL is allowed */
CU_DEFINE_AUTO(cu_policy, cu_policy_free)

/* ---- bundles: entries with all that is needed to check them ---- */

/* What an offline check found. Each word is the same in tools/verify_bundle.py. */
typedef enum cu_verdict {
    CU_VERDICT_GOOD,
    CU_VERDICT_MALFORMED,    /* the file is not a bundle */
    CU_VERDICT_UNSIGNED,     /* no log of the policy signed the checkpoint */
    CU_VERDICT_UNWITNESSED,  /* the quorum of the policy did not cosign it */
    CU_VERDICT_ENTRY,        /* an entry is not one, or not where it says */
    CU_VERDICT_NOT_INCLUDED, /* a proof does not lead to the checkpoint's root */
    CU_VERDICT_COMMITMENT,   /* a disclosed value is not the one committed to */
} cu_verdict;

const char *cu_verdict_word(cu_verdict verdict);

typedef struct cu_bundle_report {
    cu_verdict verdict;
    uint64_t entries;
    uint64_t secrets;
    uint64_t size;   /* of the log at the checkpoint */
    uint64_t failed; /* the seq that the verdict is about, where it is about one */
    char origin[CU_NOTE_NAME_BYTES + 1];
} cu_bundle_report;

/*
 * Writing one: begin with the signed checkpoint, then each entry by rising seq with its proof,
 * each followed by the values that it discloses, then end. Failures are kept in out.
 */
typedef struct cu_bundle_writer {
    cu_buffer *out;
    uint64_t entries;
    uint64_t secrets;
} cu_bundle_writer;

enum { CU_BUNDLE_VALUE_BYTES = 1 << 20 };

void cu_bundle_begin(cu_bundle_writer *writer, cu_bytes checkpoint);
void cu_bundle_entry(cu_bundle_writer *writer, cu_bytes entry, const cu_proof *proof);
/* name without its "c." */
void cu_bundle_secret(cu_bundle_writer *writer, cu_bytes name,
                      const uint8_t salt[CU_SALT_BYTES], cu_bytes value);
void cu_bundle_end(cu_bundle_writer *writer);

/* Judges the bundle by the policy. Answers CU_OK with a verdict, or CU_ENOMEM. err, which may
 * be NULL, has the words. */
cu_status cu_bundle_verify(cu_bytes bundle, const cu_policy *policy, cu_bundle_report *report,
                           cu_err *err) CU_MUST_CHECK;

/* ---- the proof of one entry, in a file of its own (C2SP tlog-proof) ---- */

/* Appends it: the entry stands in the line "extra", so that the file is enough to check it. */
void cu_proof_file_append(cu_buffer *out, uint64_t index, cu_bytes entry, const cu_proof *proof,
                          cu_bytes checkpoint);

/* Whether the bytes begin as such a file does. */
bool cu_proof_file_is(cu_bytes bytes);

/*
 * Judges it as a bundle of one entry: CU_VERDICT_ENTRY also where the entry is not the one of
 * the file's index. entry: its bytes, where they are had from elsewhere; no bytes: those of
 * "extra", which nobody signed, so that only the proof speaks for them. Failures as
 * cu_bundle_verify.
 */
cu_status cu_proof_file_verify(cu_bytes file, cu_bytes entry, const cu_policy *policy,
                               cu_bundle_report *report, cu_err *err) CU_MUST_CHECK;

#endif
