/* SPDX-License-Identifier: Apache-2.0 */
/* Live records that no name leads to: the folder that they are in is damaged. NTFS and ext
 * only, where a record is in use or not whatever names say. Private to filesystem/. */
#ifndef CU_FILESYSTEM_NAMELESS_H
#define CU_FILESYSTEM_NAMELESS_H

#include "filesystem/walk.h"

/* Before the first name. self->named is owned by the walk, and stays NULL where nobody looks.
 */
void cu_nameless_begin(cu_walk *self);

/* A live name leads to the record. */
void cu_nameless_see_name(cu_walk *self, TSK_INUM_T inode);

/* After the last name: tells the live records that none led to. */
void cu_nameless_see_all(cu_walk *self);

#endif
