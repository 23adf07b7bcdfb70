/* SPDX-License-Identifier: Apache-2.0 */
/* A program that is no zygote. */
int main(void)
{
    return 0;
}
