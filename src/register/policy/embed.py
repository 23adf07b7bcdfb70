# SPDX-License-Identifier: Apache-2.0
"""Turns the policy's text into a C array. usage: embed.py TEXT > OUT.c"""
import sys

with open(sys.argv[1], "rb") as file:
    text = file.read()
print("/* Made by embed.py. */\n#include \"register/policy/policy.h\"\n")
print("static const uint8_t text[] = {")
for at in range(0, len(text), 20):
    print("    " + ", ".join(str(byte) for byte in text[at:at + 20]) + ",")
print("};\n\ncu_bytes cu_rulebook_default_text(void)\n{")
print("    return (cu_bytes){text, sizeof text};\n}")
