/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that have hurt others: naming one does not compile. Included before every source file.
 */
#ifndef CU_BASE_BANNED_H
#define CU_BASE_BANNED_H

/* Their own headers first, so that the names below poison our code and not theirs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atof gmtime localtime gets
#pragma GCC poison mktemp system popen tmpnam asctime ctime strncpy strncat

#endif
