/* SPDX-License-Identifier: Apache-2.0 */
/* From the small picture to the codes: quality, cosines, median, signs. */
#include "pdq/engine.h"

#include <stdlib.h>
#include <string.h>

enum { side = cu_pdq_frequencies, cells = side * side };

/*
 * sqrt(2/64) * cos(n * pi / 128) for n = 0 to 63, rounded as the reference rounds (the root to
 * single precision, the product in double). Written out so that no library's cosine decides.
 */
static const float quarter_wave[64] = {
    0x1.6a09e6p-3F, 0x1.69edfcp-3F, 0x1.699a42p-3F, 0x1.690ec6p-3F, 0x1.684b9cp-3F,
    0x1.6750e4p-3F, 0x1.661ec2p-3F, 0x1.64b568p-3F, 0x1.63150ap-3F, 0x1.613decp-3F,
    0x1.5f3056p-3F, 0x1.5cec98p-3F, 0x1.5a730cp-3F, 0x1.57c414p-3F, 0x1.54e018p-3F,
    0x1.51c78cp-3F, 0x1.4e7ae8p-3F, 0x1.4afab2p-3F, 0x1.474772p-3F, 0x1.4361bap-3F,
    0x1.3f4a24p-3F, 0x1.3b0150p-3F, 0x1.3687eap-3F, 0x1.31dea2p-3F, 0x1.2d062ep-3F,
    0x1.27ff50p-3F, 0x1.22caccp-3F, 0x1.1d6972p-3F, 0x1.17dc14p-3F, 0x1.12238ep-3F,
    0x1.0c40c2p-3F, 0x1.063498p-3F, 0x1.000000p-3F, 0x1.f347dap-4F, 0x1.e642b8p-4F,
    0x1.d8f29ap-4F, 0x1.cb598cp-4F, 0x1.bd79aap-4F, 0x1.af5516p-4F, 0x1.a0edfep-4F,
    0x1.92469cp-4F, 0x1.836130p-4F, 0x1.74400ap-4F, 0x1.64e57ap-4F, 0x1.5553e4p-4F,
    0x1.458daap-4F, 0x1.35953cp-4F, 0x1.256d12p-4F, 0x1.1517a8p-4F, 0x1.049782p-4F,
    0x1.e7de5ep-5F, 0x1.c6427ap-5F, 0x1.a4608ap-5F, 0x1.823dc8p-5F, 0x1.5fdf76p-5F,
    0x1.3d4ae0p-5F, 0x1.1a855ep-5F, 0x1.ef2894p-6F, 0x1.a8fa12p-6F, 0x1.628a08p-6F,
    0x1.1be352p-6F, 0x1.aa21a8p-7F, 0x1.1c3af6p-7F, 0x1.1c50e2p-8F,
};

/* cos((frequency + 1) * (2 * place + 1) * pi / 128), scaled. It is never that of a right angle.
 */
static float cosine(unsigned frequency, unsigned place)
{
    unsigned n = (frequency + 1) * (2 * place + 1) % 256;

    if (n > 128)
        n = 256 - n;
    return n < 64 ? quarter_wave[n] : -quarter_wave[128 - n];
}

/* Four numbers of a row, wherever they lie. */
typedef float four __attribute__((vector_size(16), aligned(4), may_alias));

/* Numbers in memory, step apart. */
typedef struct numbers {
    const float *p;
    size_t step;
} numbers;

/*
 * Sixteen sums side by side, of rows of sixteen times a factor for each row. Each sum runs over
 * the rows in order; they stand in registers.
 */
static void sum_rows(numbers rows, numbers factors, float out[side])
{
    four a = {0};
    four b = {0};
    four c = {0};
    four d = {0};

    for (unsigned k = 0; k < cu_pdq_small;
         k++, rows.p += rows.step, factors.p += factors.step) {
        const four *const row = (const four *)(const void *)rows.p;
        const float factor = *factors.p;

        a += factor * row[0];
        b += factor * row[1];
        c += factor * row[2];
        d += factor * row[3];
    }
    memcpy(out, &a, sizeof a);
    memcpy(out + 4, &b, sizeof b);
    memcpy(out + 8, &c, sizeof c);
    memcpy(out + 12, &d, sizeof d);
}

void cu_pdq_frequencies_of(const cu_pdq_small_picture *small, float out[side][side])
{
    float turned[cu_pdq_small][side]; /* [place][frequency] */
    float across[cu_pdq_small];

    for (unsigned k = 0; k < cu_pdq_small; k++) {
        for (unsigned i = 0; i < side; i++)
            turned[k][i] = cosine(i, k);
    }
    for (unsigned i = 0; i < side; i++) {
        for (unsigned first = 0; first < cu_pdq_small; first += side)
            sum_rows((numbers){&small->at[0][first], cu_pdq_small},
                     (numbers){&turned[0][i], side}, across + first);
        sum_rows((numbers){turned[0], side}, (numbers){across, 1}, out[i]);
    }
}

/* The marked steps from n values to those beside them, in hundredths of the whole range. */
static int steps_between(const float *values, const float *beside, unsigned n)
{
    int steps = 0;

    for (unsigned i = 0; i < n; i++)
        steps += abs((int)((values[i] - beside[i]) * 100.0F / 255.0F));
    return steps;
}

int cu_pdq_quality_of(const cu_pdq_small_picture *small)
{
    int steps = 0;

    for (unsigned i = 0; i < cu_pdq_small; i++) {
        const float *const row = small->at[i];

        steps += steps_between(row, row + 1, cu_pdq_small - 1);
        if (i + 1 < cu_pdq_small)
            steps += steps_between(row, small->at[i + 1], cu_pdq_small);
    }

    const int quality = steps / 90;

    return quality < 100 ? quality : 100;
}

/* A number that is greater where value is. Minus zero is just under zero, which is no matter:
 * no value lies between them, and neither is greater than the other. */
static int32_t order_of(float value)
{
    int32_t bits = 0;

    memcpy(&bits, &value, sizeof bits);
    return bits < 0 ? bits ^ INT32_MAX : bits;
}

static float value_of(int32_t order)
{
    const int32_t bits = order < 0 ? order ^ INT32_MAX : order;
    float value = 0;

    memcpy(&value, &bits, sizeof value);
    return value;
}

/*
 * The 128th of the 256 values in order: the lower median, as the reference's search gives it.
 * Found bit by bit: the greatest number that has at most 127 of them below it.
 */
static float lower_median(float values[side][side])
{
    int32_t orders[cells];
    int32_t found = INT32_MIN;

    for (unsigned i = 0; i < cells; i++)
        orders[i] = order_of(values[i / side][i % side]);
    for (uint32_t bit = UINT32_C(1) << 31; bit != 0; bit >>= 1) {
        const int32_t guess = (int32_t)((uint32_t)found + bit);
        int32_t below = 0;

        for (unsigned i = 0; i < cells; i++)
            below += orders[i] < guess;
        if (below < cells / 2)
            found = guess;
    }
    return value_of(found);
}

/* Bit i * 16 + j of 256 is set where the value is over the median; the highest bit is printed
 * first. */
static void code_of(float values[side][side], float median, cu_pdq_code *out)
{
    for (unsigned i = 0; i < side; i++) {
        unsigned word = 0;

        for (unsigned j = 0; j < side; j++)
            word |= (unsigned)(values[i][j] > median) << j;
        out->bytes[cu_pdq_bytes - 2 - 2 * i] = (uint8_t)(word >> 8);
        out->bytes[cu_pdq_bytes - 1 - 2 * i] = (uint8_t)word;
    }
}

/* Two turns have the same values, one of them transposed. */
typedef struct turn_pair {
    bool rows, columns; /* signs of even ones change: both signs of one cancel */
    cu_pdq_turn straight, transposed;
} turn_pair;

static void codes_of_pair(float frequencies[side][side], const turn_pair *pair,
                          cu_pdq_code out[cu_pdq_turns])
{
    float values[side][side];
    float transposed[side][side];

    for (unsigned i = 0; i < side; i++) {
        for (unsigned j = 0; j < side; j++) {
            const bool negative = (pair->rows && i % 2 == 0) != (pair->columns && j % 2 == 0);

            values[i][j] = negative ? -frequencies[i][j] : frequencies[i][j];
            transposed[j][i] = values[i][j];
        }
    }

    const float median = lower_median(values);

    code_of(values, median, &out[pair->straight]);
    code_of(transposed, median, &out[pair->transposed]);
}

void cu_pdq_codes_of(float frequencies[side][side], cu_pdq_code out[cu_pdq_turns])
{
    /* Turning a picture changes signs of its frequencies, and transposes them or not. */
    static const turn_pair pairs[] = {
        {false, false, CU_PDQ_AS_IS, CU_PDQ_TRANSPOSED},
        {false, true, CU_PDQ_MIRRORED_Y, CU_PDQ_ROTATED_90},
        {true, false, CU_PDQ_MIRRORED_X, CU_PDQ_ROTATED_270},
        {true, true, CU_PDQ_ROTATED_180, CU_PDQ_TRANSPOSED_BACK},
    };

    for (size_t i = 0; i < CU_COUNT_OF(pairs); i++)
        codes_of_pair(frequencies, &pairs[i], out);
}
