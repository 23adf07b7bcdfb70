/* SPDX-License-Identifier: Apache-2.0 */
/* faiss's complete indexes of 256-bit codes, on one thread. */
#ifndef CU_TESTS_BENCH_FAISS_PEER_H
#define CU_TESTS_BENCH_FAISS_PEER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct faiss_peer;

/* multi: IndexBinaryMultiHash of 16 tables of 16 bits, 1 flip; else IndexBinaryFlat. */
struct faiss_peer *faiss_peer_new(int multi, const uint8_t *codes, size_t count);

/* How many codes lie at distance radius or less from the queries, in all. */
size_t faiss_peer_find(struct faiss_peer *peer, const uint8_t *queries, size_t count,
                       unsigned radius);
void faiss_peer_free(struct faiss_peer *peer);

#ifdef __cplusplus
}
#endif

#endif
