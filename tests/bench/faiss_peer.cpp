/* SPDX-License-Identifier: Apache-2.0 */
/* The peer of bench_near.c: faiss's binary indexes, as C. They are C++, so this file is. */
#include "faiss_peer.h"

#include <faiss/IndexBinaryFlat.h>
#include <faiss/IndexBinaryHash.h>
#include <faiss/impl/AuxIndexStructures.h>
#include <omp.h>

struct faiss_peer {
    faiss::IndexBinary *index;
};

extern "C" struct faiss_peer *faiss_peer_new(int multi, const uint8_t *codes, size_t count)
{
    omp_set_num_threads(1);
    auto *const peer = new faiss_peer{nullptr};

    if (multi != 0) {
        auto *const hashes = new faiss::IndexBinaryMultiHash(256, 16, 16);

        hashes->nflip = 1;
        peer->index = hashes;
    } else {
        peer->index = new faiss::IndexBinaryFlat(256);
    }
    peer->index->add(static_cast<faiss::Index::idx_t>(count), codes);
    return peer;
}

extern "C" size_t faiss_peer_find(struct faiss_peer *peer, const uint8_t *queries, size_t count,
                                  unsigned radius)
{
    faiss::RangeSearchResult found(count);

    /* Its radius is one that is not reached. */
    peer->index->range_search(static_cast<faiss::Index::idx_t>(count), queries,
                              static_cast<int>(radius) + 1, &found);
    return found.lims[count];
}

extern "C" void faiss_peer_free(struct faiss_peer *peer)
{
    delete peer->index;
    delete peer;
}
