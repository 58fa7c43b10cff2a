# The habits:
#   make run     build, start with the demo SSH server, print the URL
#   make test    every check and test there is, browser included
#   make check   formatters, linters, boundaries: no test is run
#   make bench   figures, beside native ssh in the same run
#   make build   dist/wasmiko (one binary, page inside) and dist/npm
#   make soak    long runs: a gibibyte across cuts, sessions under random cuts
#   make e2e     the browser tests alone; E2E="-g paste" picks some
SHELL := /bin/sh
STATICCHECK_VERSION := v0.8.2
STATICCHECK := .cache/bin/staticcheck
NODE_BIN := web/node_modules/.bin
WASM := GOOS=js GOARCH=wasm
# Below the core is x/crypto with a few files of ours: build/crypto.go.
CORE_MOD := -modfile=$(CURDIR)/.cache/build/core.mod -tags=changeable
KERNEL_USERS := golang.org/x/crypto/chacha20 golang.org/x/crypto/internal/poly1305 golang.org/x/crypto/chacha20poly1305
TSC_LAYERS := client worker vault element app test

.PHONY: run build test check api bench soak e2e go-test wasm-test web-test fuzz fuzz-briefly fmt tools system govulncheck clean

run: build
	@exec dist/wasmiko demo $(ARGS)

build: tools
	@go run ./build

test: system check go-test fuzz-briefly wasm-test web-test e2e

# One clear line a missing tool, before anything half works.
tools:
	@command -v go >/dev/null || { echo "Go is missing; install 1.26 or newer: https://go.dev/dl"; exit 1; }
	@command -v node >/dev/null || { echo "Node.js is missing; install 20 or newer: https://nodejs.org"; exit 1; }

# What the tests need of the machine: a browser, and the servers and clients
# that they are tried against.
system:
	@build/system.sh

# Built for this machine even when what it checks is for the page.
$(STATICCHECK): Makefile
	GOBIN=$(CURDIR)/.cache/bin go install honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK_VERSION)
	@touch $@

check: build $(STATICCHECK)
	@test -z "$$(gofmt -s -l $$(git ls-files '*.go'))" || { echo "gofmt -s wants to change:"; gofmt -s -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	$(WASM) go vet $(CORE_MOD) ./sshcore ./netconn ./wasm/... $(KERNEL_USERS)
	$(STATICCHECK) ./...
	$(WASM) $(STATICCHECK) ./sshcore ./netconn ./wasm/...
	cd .cache/build/crypto && $(WASM) $(CURDIR)/$(STATICCHECK) ./chacha20 ./internal/poly1305
	go run ./build/wiregen -check
	go run ./build licences >/dev/null
	go run ./build/parity
	go run ./build api -check
	@for layer in $(TSC_LAYERS); do echo "tsc $$layer"; $(NODE_BIN)/tsc -p web/tsconfig.$$layer.json || exit 1; done
	cd e2e && npm ci --loglevel=error --no-progress >/dev/null && node_modules/.bin/tsc -p tsconfig.json
	web/node_modules/.bin/biome ci --colors=off --error-on-warnings .
	cd web && node_modules/.bin/knip --no-progress
	@build/rules.sh

go-test:
	go test -race -timeout 20m ./...
	go test -timeout 10m -run 'StreamKeeps|TwoBytes|RekeysEvery|FaultsAll' ./netconn ./sshcore
	@if unshare -n true 2>/dev/null; then go test -tags netns -run OutliveFaults ./proxy; \
		else echo "No network namespaces (they take root): sessions are not tried over broken networks."; fi
	cd build/manifests && go test ./...
	cd build/acme && go test ./...

# The core's own tests, run as wasm under Node, packed as the core is; then those of
# x/crypto and of the kernel beneath it, with SIMD and without.
wasm-test: build
	go build -o .cache/bin/build ./build && .cache/bin/build host
	$(WASM) go test -timeout 10m $(CORE_MOD) -exec="$(CURDIR)/.cache/bin/build exec" ./wasm ./netconn
	@for simd in 1 0; do WASMIKO_SIMD=$$simd $(WASM) go test -timeout 10m $(CORE_MOD) \
		-exec="$(CURDIR)/.cache/bin/build exec" $(KERNEL_USERS) || exit 1; done
	$(WASM) go test -timeout 10m $(CORE_MOD) -exec="$(CURDIR)/.cache/bin/build exec" \
		-run 'TestTheWindow|TestAReader|TestAPeer|TestCreditIs|TestPasswordsAre|Buffer|Cipher|Packet' golang.org/x/crypto/ssh

web-test: build
	cd web && node test/run.mjs

e2e: build system
	cd e2e && npm ci --loglevel=error --no-progress >/dev/null && node_modules/.bin/playwright test $(E2E)

# The seeds run in go-test; this looks a little further. Not for a time: when that
# is over just as an input runs, go test may call it a failure.
fuzz-briefly:
	@build/fuzz.sh 3000x

# And this as far as one likes: make fuzz TIME=10m
TIME := 30s
fuzz:
	@build/fuzz.sh $(TIME)

bench: build system
	cd e2e && npm ci --loglevel=error --no-progress >/dev/null && node ../build/run-ts.mjs bench/run.ts $(NAME)

# 1 GiB each way across 50 cuts, 100 sessions under random cuts, and networks that
# are broken for 30 s: make soak TIME=10m
soak:
	go test -tags netns -timeout 1h -v -run 'EverythingArrives|RandomCuts|OutliveFaults' ./proxy -soak $$((1<<30)) -soaktime $(TIME) -soaksessions 100 -faulttime 30s

# The public surface, for review: docs/api.
api: build
	go run ./build api

fmt:
	gofmt -s -w $$(git ls-files '*.go')
	cd web && node_modules/.bin/biome check --write ..

# Optional: wants the vulnerability database, so a machine with the internet.
govulncheck:
	go run golang.org/x/vuln/cmd/govulncheck@latest ./...

clean:
	rm -rf .cache dist web/gen web/node_modules e2e/node_modules
	find web/dist -mindepth 1 ! -name .gitkeep -delete
