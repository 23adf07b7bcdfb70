/* SPDX-License-Identifier: Apache-2.0 */
/* One scan of all components, sequential, by Huffman codes, in samples of eight bits. */
#include "picture/baseline_headers.h"

/* The tables of one component, where the file has them. */
static bool describe(const struct jpeg_decompress_struct *jpeg, int number,
                     cu_baseline_component *out)
{
    const jpeg_component_info *const c = &jpeg->comp_info[number];

    if (jpeg->cur_comp_info[number] != c || c->quant_tbl_no < 0 ||
        c->quant_tbl_no >= NUM_QUANT_TBLS || c->dc_tbl_no < 0 ||
        c->dc_tbl_no >= NUM_HUFF_TBLS || c->ac_tbl_no < 0 || c->ac_tbl_no >= NUM_HUFF_TBLS)
        return false;

    const JQUANT_TBL *const steps = jpeg->quant_tbl_ptrs[c->quant_tbl_no];
    const JHUFF_TBL *const constant = jpeg->dc_huff_tbl_ptrs[c->dc_tbl_no];
    const JHUFF_TBL *const others = jpeg->ac_huff_tbl_ptrs[c->ac_tbl_no];

    if (steps == NULL || constant == NULL || others == NULL)
        return false;
    *out = (cu_baseline_component){
        .across = (uint32_t)c->h_samp_factor,
        .down = (uint32_t)c->v_samp_factor,
        .steps = steps->quantval,
        .counts = {constant->bits, others->bits},
        .symbols = {constant->huffval, others->huffval},
    };
    return true;
}

bool cu_baseline_of_headers(const struct jpeg_decompress_struct *jpeg, cu_baseline *out)
{
    const bool grey = jpeg->num_components == 1 && jpeg->jpeg_color_space == JCS_GRAYSCALE;
    const bool colours = jpeg->num_components == 3 && jpeg->jpeg_color_space == JCS_YCbCr;

    if ((!grey && !colours) || jpeg->progressive_mode || jpeg->arith_code ||
        jpeg->data_precision != 8 || jpeg->comps_in_scan != jpeg->num_components ||
        jpeg->Ss != 0 || jpeg->Se != DCTSIZE2 - 1 || jpeg->Ah != 0 || jpeg->Al != 0)
        return false;
    *out = (cu_baseline){
        .width = jpeg->image_width,
        .height = jpeg->image_height,
        .component_count = (uint32_t)jpeg->num_components,
        .restart_interval = jpeg->restart_interval,
        .scan = {jpeg->src->next_input_byte, jpeg->src->bytes_in_buffer},
    };
    for (int i = 0; i < jpeg->num_components; i++) {
        if (!describe(jpeg, i, &out->components[i]))
            return false;
    }
    return true;
}
