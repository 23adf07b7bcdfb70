/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The 64 steps of MD5, four at a time, as calls of MD5_FOUR(function, word, constant, … ×4,
 * rotations ×4), which whoever uses them defines. Private to digest/. Source: RFC 1321 section
 * 3.4.
 */
#ifndef CU_DIGEST_MD5_STEPS_H
#define CU_DIGEST_MD5_STEPS_H

/* clang-format off */
#define MD5_STEPS_0  MD5_FOUR(md5_f, 0, 0xd76aa478, 1, 0xe8c7b756, 2, 0x242070db, 3, 0xc1bdceee, 7, 12, 17, 22)
#define MD5_STEPS_1  MD5_FOUR(md5_f, 4, 0xf57c0faf, 5, 0x4787c62a, 6, 0xa8304613, 7, 0xfd469501, 7, 12, 17, 22)
#define MD5_STEPS_2  MD5_FOUR(md5_f, 8, 0x698098d8, 9, 0x8b44f7af, 10, 0xffff5bb1, 11, 0x895cd7be, 7, 12, 17, 22)
#define MD5_STEPS_3  MD5_FOUR(md5_f, 12, 0x6b901122, 13, 0xfd987193, 14, 0xa679438e, 15, 0x49b40821, 7, 12, 17, 22)
#define MD5_STEPS_4  MD5_FOUR(md5_g, 1, 0xf61e2562, 6, 0xc040b340, 11, 0x265e5a51, 0, 0xe9b6c7aa, 5, 9, 14, 20)
#define MD5_STEPS_5  MD5_FOUR(md5_g, 5, 0xd62f105d, 10, 0x02441453, 15, 0xd8a1e681, 4, 0xe7d3fbc8, 5, 9, 14, 20)
#define MD5_STEPS_6  MD5_FOUR(md5_g, 9, 0x21e1cde6, 14, 0xc33707d6, 3, 0xf4d50d87, 8, 0x455a14ed, 5, 9, 14, 20)
#define MD5_STEPS_7  MD5_FOUR(md5_g, 13, 0xa9e3e905, 2, 0xfcefa3f8, 7, 0x676f02d9, 12, 0x8d2a4c8a, 5, 9, 14, 20)
#define MD5_STEPS_8  MD5_FOUR(md5_h, 5, 0xfffa3942, 8, 0x8771f681, 11, 0x6d9d6122, 14, 0xfde5380c, 4, 11, 16, 23)
#define MD5_STEPS_9  MD5_FOUR(md5_h, 1, 0xa4beea44, 4, 0x4bdecfa9, 7, 0xf6bb4b60, 10, 0xbebfbc70, 4, 11, 16, 23)
#define MD5_STEPS_10 MD5_FOUR(md5_h, 13, 0x289b7ec6, 0, 0xeaa127fa, 3, 0xd4ef3085, 6, 0x04881d05, 4, 11, 16, 23)
#define MD5_STEPS_11 MD5_FOUR(md5_h, 9, 0xd9d4d039, 12, 0xe6db99e5, 15, 0x1fa27cf8, 2, 0xc4ac5665, 4, 11, 16, 23)
#define MD5_STEPS_12 MD5_FOUR(md5_i, 0, 0xf4292244, 7, 0x432aff97, 14, 0xab9423a7, 5, 0xfc93a039, 6, 10, 15, 21)
#define MD5_STEPS_13 MD5_FOUR(md5_i, 12, 0x655b59c3, 3, 0x8f0ccc92, 10, 0xffeff47d, 1, 0x85845dd1, 6, 10, 15, 21)
#define MD5_STEPS_14 MD5_FOUR(md5_i, 8, 0x6fa87e4f, 15, 0xfe2ce6e0, 6, 0xa3014314, 13, 0x4e0811a1, 6, 10, 15, 21)
#define MD5_STEPS_15 MD5_FOUR(md5_i, 4, 0xf7537e82, 11, 0xbd3af235, 2, 0x2ad7d2bb, 9, 0xeb86d391, 6, 10, 15, 21)
/* clang-format on */

#endif
