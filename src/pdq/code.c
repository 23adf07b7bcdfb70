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

void cu_pdq_frequencies_of(const cu_pdq_small_picture *small, float out[side][side])
{
    float turned[cu_pdq_small][side]; /* [place][frequency] */

    for (unsigned k = 0; k < cu_pdq_small; k++) {
        for (unsigned i = 0; i < side; i++)
            turned[k][i] = cosine(i, k);
    }
    for (unsigned i = 0; i < side; i++) {
        float across[cu_pdq_small] = {0};
        float sums[side] = {0};

        /* Each sum runs over k in order; the sums stand side by side. */
        for (unsigned k = 0; k < cu_pdq_small; k++) {
            const float factor = turned[k][i];

            for (unsigned j = 0; j < cu_pdq_small; j++)
                across[j] += factor * small->at[k][j];
        }
        for (unsigned k = 0; k < cu_pdq_small; k++) {
            for (unsigned j = 0; j < side; j++)
                sums[j] += across[k] * turned[k][j];
        }
        memcpy(out[i], sums, sizeof sums);
    }
}

int cu_pdq_quality_of(const cu_pdq_small_picture *small)
{
    int steps = 0;

    for (unsigned i = 0; i < cu_pdq_small; i++) {
        for (unsigned j = 0; j < cu_pdq_small; j++) {
            const float here = small->at[i][j];

            if (i + 1 < cu_pdq_small)
                steps += abs((int)((here - small->at[i + 1][j]) * 100.0F / 255.0F));
            if (j + 1 < cu_pdq_small)
                steps += abs((int)((here - small->at[i][j + 1]) * 100.0F / 255.0F));
        }
    }

    const int quality = steps / 90;

    return quality < 100 ? quality : 100;
}

/* What one guess at the median says of the values. */
typedef struct guess {
    int less, greater;
    float nearest_below, nearest_above;
} guess;

static guess try_guess(const float *values, float median, float low, float high)
{
    guess self = {.nearest_below = low, .nearest_above = high};

    for (unsigned i = 0; i < cells; i++) {
        const float value = values[i];

        self.less += value < median;
        self.greater += value > median;
        if (value < median && value > self.nearest_below)
            self.nearest_below = value;
        if (value > median && value < self.nearest_above)
            self.nearest_above = value;
    }
    return self;
}

/* The 128th of the 256 values in order: the lower median, found by halving as Torben Mogensen
 * does. */
static float lower_median(const float *values)
{
    const int half = (cells + 1) / 2;
    float low = values[0];
    float high = values[0];

    for (unsigned i = 1; i < cells; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    for (;;) {
        const float median = (low + high) / 2.0F;
        const guess self = try_guess(values, median, low, high);

        if (self.less > half && self.less > self.greater)
            high = self.nearest_below;
        else if (self.greater > half)
            low = self.nearest_above;
        else if (self.less >= half)
            return self.nearest_below;
        else
            return cells - self.greater >= half ? median : self.nearest_above;
    }
}

/* Bit i * 16 + j of 256 is set where the value is over the median; the highest bit is printed
 * first. */
static void code_of(float values[side][side], cu_pdq_code *out)
{
    const float median = lower_median(&values[0][0]);

    for (unsigned i = 0; i < side; i++) {
        unsigned word = 0;

        for (unsigned j = 0; j < side; j++)
            word |= (unsigned)(values[i][j] > median) << j;
        out->bytes[cu_pdq_bytes - 2 - 2 * i] = (uint8_t)(word >> 8);
        out->bytes[cu_pdq_bytes - 1 - 2 * i] = (uint8_t)word;
    }
}

void cu_pdq_codes_of(float frequencies[side][side], cu_pdq_code out[cu_pdq_turns])
{
    /* Turning a picture transposes its frequencies or not, and changes signs of even rows or
     * columns (of the frequencies as they were): both signs of one cancel. */
    static const struct {
        bool transposed, rows, columns;
    } turns[cu_pdq_turns] = {
        [CU_PDQ_AS_IS] = {false, false, false},
        [CU_PDQ_ROTATED_90] = {true, false, true},
        [CU_PDQ_ROTATED_180] = {false, true, true},
        [CU_PDQ_ROTATED_270] = {true, true, false},
        [CU_PDQ_MIRRORED_X] = {false, true, false},
        [CU_PDQ_MIRRORED_Y] = {false, false, true},
        [CU_PDQ_TRANSPOSED] = {true, false, false},
        [CU_PDQ_TRANSPOSED_BACK] = {true, true, true},
    };

    for (unsigned t = 0; t < cu_pdq_turns; t++) {
        float values[side][side];

        for (unsigned i = 0; i < side; i++) {
            for (unsigned j = 0; j < side; j++) {
                const bool negative =
                    (turns[t].rows && i % 2 == 0) != (turns[t].columns && j % 2 == 0);
                const float value = negative ? -frequencies[i][j] : frequencies[i][j];

                if (turns[t].transposed)
                    values[j][i] = value;
                else
                    values[i][j] = value;
            }
        }
        code_of(values, &out[t]);
    }
}
