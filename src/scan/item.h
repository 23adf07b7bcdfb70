/* SPDX-License-Identifier: Apache-2.0 */
/* One entry becomes one item. Private to scan/. */
#ifndef CU_SCAN_ITEM_H
#define CU_SCAN_ITEM_H

#include "scan/intake.h"

/* Takes an entry of the walked volume with this index. Evidence's faults become findings. */
cu_status cu_item_take(cu_intake *intake, uint32_t walked, const cu_entry *entry,
                       cu_err *err) CU_MUST_CHECK;

/* Says of each deleted content whether live files own some of its bytes; after cu_plan_arrange.
 */
cu_status cu_item_remark_overwritten(cu_intake *intake, cu_err *err) CU_MUST_CHECK;

#endif
