# The two commands people need are `make ruby` and `make test`; the rest serves development.

SELECTION ?= 3.3@plain,trim,jemalloc,tcmalloc:bookworm
LAPIDARY = .build/release/lapidary

.DEFAULT_GOAL := help
.PHONY: help setup test-setup release ruby test bench check format clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install the Debian packages that Lapidary needs
	@scripts/setup

test-setup:
	@scripts/setup tests

release: setup
	swift build --configuration release --product lapidary

ruby: release ## Build, smoke-test and publish Ruby packages into repository/
	$(LAPIDARY) doctor
	$(LAPIDARY) build $(SELECTION)
	$(LAPIDARY) smoke $(SELECTION)
	$(LAPIDARY) publish $(SELECTION)

test: test-setup check ## Check the code and run every test, the real builds included
	swift build --build-tests $(STRICT_IMPORTS)
	scripts/run-tests --filter '$(UNHURRIED_TESTS)'
	scripts/run-tests --skip 'AcceptanceTests|$(UNHURRIED_TESTS)'
	scripts/run-tests --filter AcceptanceTests

# Tests that reckon or rebuild take every processor, so they run by themselves; and the tests that
# compile Ruby run last and alone. What is between has time limits that a busy machine would break.
UNHURRIED_TESTS = (Debian|Diagnostics|Evidence|Lock|Packaging|Planning|Recipe|Terminal)Tests[.]|[.]VerifierTests/

# A target may import only what its list in Package.swift names.
STRICT_IMPORTS = --explicit-target-dependency-import-check error

bench: release ## Time builds beside those of Debian's ruby-build
	Benchmarks/builds.py --home .build/bench-home --work "$$(mktemp -d)"

check: ## Check format and file sizes
	swift format lint --strict --recursive Package.swift Sources Tests
	scripts/check-sizes

format: ## Rewrite the Swift files in the project's format
	swift format --in-place --recursive Package.swift Sources Tests

clean: ## Delete what the compiler made; the home and the repository stay
	rm -rf .build
