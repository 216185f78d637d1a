# The recipes are the scripts in scripts/, which say more with --help.
.DEFAULT_GOAL := help
.PHONY: help run test torture fuzz sanitize fuzz-api bench bench-quick budget lint format build ui install uninstall deb clean

export PORT RUN_DIR PREFIX DESTDIR ACCEPT

help:
	@echo 'make run      build, and run on 127.0.0.1:8000 until Ctrl-C; PORT=8001 RUN_DIR=.run2 change that'
	@echo 'make test     build, and test against a PostgreSQL and an nginx of its own'
	@echo 'make torture  the same scenarios of faults as make test, in full: 45 minutes; each prints what it counted'
	@echo 'make fuzz     give the parsers bytes, 5 minutes each of eleven (libFuzzer); FUZZ_MINUTES=1 for less'
	@echo 'make sanitize  the tests under AddressSanitizer and ThreadSanitizer; scripts/sanitize address for one'
	@echo 'make fuzz-api  send what /openapi.json allows and forbids, for 90 s; FUZZ_SECONDS=600 for longer'
	@echo 'make bench    measure it against C, FastAPI and PHP, for 25 to 35 minutes; make bench-quick, two minutes'
	@echo 'make budget   count the instructions per request; fails 5 % over the thresholds, ACCEPT=1 writes them'
	@echo 'make build    the release binary, .build/release/erp-back'
	@echo 'make ui       the page of /docs, .build/swagger-ui; make run does it too'
	@echo 'make install  below PREFIX=/usr/local, nothing enabled; DESTDIR= for packages; make uninstall'
	@echo 'make deb      a Debian package of it, in .build/deb'
	@echo 'make lint     check the formatting; make format mends it'
	@echo 'make clean    remove what was built (the data of make run, in .run/, stays)'

run:
	@scripts/run

test:
	@scripts/test

torture:
	@scripts/torture

fuzz:
	@scripts/fuzz

sanitize:
	@scripts/sanitize address
	@scripts/sanitize thread

fuzz-api:
	@scripts/fuzz-api

bench:
	@Benchmarks/bench

bench-quick:
	@Benchmarks/bench --quick

budget:
	@scripts/budget

build:
	@scripts/build

ui:
	@scripts/ui

install:
	@scripts/install

uninstall:
	@scripts/install --uninstall

deb:
	@scripts/deb

lint:
	swift format lint --strict --recursive Sources Tests Package.swift

format:
	swift format --in-place --recursive Sources Tests Package.swift

clean:
	rm -rf .build
