.DEFAULT_GOAL := help
.PHONY: help bootstrap build test demo
JOBS ?= 2

help: ## show the doors
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

bootstrap: ## install what the build needs (apt; asks sudo when not root)
	@tools/bootstrap

build: bootstrap ## build the release libraries and tests
	@cmake --preset release >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
	@cmake --build build/release -j$(JOBS)

test: build ## build and run all tests, then again under asan and ubsan
	@ctest --test-dir build/release --output-on-failure --no-tests=error
	@cmake --preset asan-ubsan >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
	@cmake --build build/asan-ubsan -j$(JOBS)
	@ctest --test-dir build/asan-ubsan --output-on-failure --no-tests=error

demo: build ## a year of real flights at three sites; SERVE=1 leaves the page open, DATA=simulator downloads nothing
	@tools/build-web
	@build/release/edgewise demo --fresh $(if $(SERVE),--serve) $(if $(DATA),--data $(DATA))
