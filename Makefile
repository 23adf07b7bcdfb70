# SPDX-License-Identifier: Apache-2.0
# The front door. Every target installs what it needs first, and works twice in a row.
.PHONY: all build run test bench lint fuzz install clean

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
JOBS ?= $(shell nproc)
NINJA := ninja -j$(JOBS)

all: build

build:
	scripts/bootstrap build
	scripts/configure build gcc
	$(NINJA) -C build

run:
	scripts/bootstrap build run
	scripts/configure build gcc
	$(NINJA) -C build
	scripts/demonstrate demo

test:
	scripts/bootstrap build test
	scripts/configure build gcc
	$(NINJA) -C build
	scripts/configure build-sanitize clang -Db_sanitize=address,undefined -Db_lundef=false
	$(NINJA) -C build-sanitize
	scripts/run-tests build build-sanitize=unit

bench:
	scripts/bootstrap build bench
	scripts/configure build-bench gcc --buildtype=release
	$(NINJA) -C build-bench
	meson test -C build-bench --no-rebuild --benchmark --verbose

lint:
	scripts/bootstrap build lint
	scripts/lint

fuzz:
	scripts/bootstrap build test
	scripts/configure build-fuzz clang -Db_sanitize=address,undefined -Db_lundef=false \
		-Dfuzz=true -Dc_args=-fsanitize=fuzzer-no-link
	$(NINJA) -C build-fuzz
	meson test -C build-fuzz --no-rebuild --suite fuzz --verbose

install: build
	meson install -C build --no-rebuild

clean:
	rm -rf build build-sanitize build-bench build-fuzz build-analyze demo
