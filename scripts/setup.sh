#!/usr/bin/env bash
# Installs what `make demo` and `make test` need on a fresh Debian-like machine that has Rust: system packages by apt,
# front-end packages by npm, the SDKs that the tests drive by pip into .venv. Does nothing where nothing is missing.
#
#   scripts/setup.sh build   compiler helpers and the dashboard's packages
#   scripts/setup.sh rust    besides: openssl, which the Rust tests compare with; PostgreSQL and Redis, which they start; for root, what
#                            tests of packet rules need
#   scripts/setup.sh test    besides: Python SDKs, a browser
#   scripts/setup.sh clients besides: HTTP clients of other languages
#   scripts/setup.sh monitoring  besides: prometheus with promtool, nginx
#   scripts/setup.sh bench   besides: nginx
#   scripts/setup.sh lint    cargo-deny
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# apt_install COMMAND=PACKAGE… installs the packages whose command is missing.
apt_install() {
  local missing=()
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null 2>&1 || PATH="$PATH:/usr/sbin:/sbin" command -v "${pair%%=*}" >/dev/null 2>&1 || missing+=("${pair#*=}")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  command -v apt-get >/dev/null 2>&1 || fail "missing ${missing[*]}: install them with your package manager, then run this again"
  local sudo=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || fail "missing ${missing[*]}: run as root 'apt-get install ${missing[*]}', then run this again"
    sudo=(sudo)
  fi
  say "installing ${missing[*]}"
  "${sudo[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# as_root COMMAND… runs a command as root.
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

build() {
  command -v cargo >/dev/null 2>&1 || fail "cargo is missing: install Rust from https://rustup.rs, then run this again"
  apt_install cmake=cmake cc=gcc c++=g++ make=make node=nodejs npm=npm
  if [ ! -e control/ui/node_modules/.stamp ] || [ control/ui/package-lock.json -nt control/ui/node_modules/.stamp ]; then
    say "installing the dashboard's packages"
    npm --prefix control/ui ci --no-audit --no-fund --loglevel=error
    touch control/ui/node_modules/.stamp
  fi
}

tests() {
  build
  apt_install python3=python3 chromium=chromium curl=curl
  if ! python3 -c 'import venv, ensurepip' >/dev/null 2>&1; then apt_install no-such-command=python3-venv; fi
  if [ ! -e .venv/.stamp ] || [ tests/sdk/requirements.txt -nt .venv/.stamp ]; then
    say "installing the Python SDKs that the tests drive"
    python3 -m venv .venv
    .venv/bin/pip install --quiet --disable-pip-version-check -r tests/sdk/requirements.txt
    touch .venv/.stamp
  fi
}

case "${1:-build}" in
  build) build ;;
  rust)
    build
    apt_install openssl=openssl redis-server=redis-server setpriv=util-linux
    # Debian keeps the server's programs out of the PATH.
    if ! command -v initdb >/dev/null 2>&1 && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then apt_install no-such-command=postgresql; fi
    # Packet rules can be tested by root alone.
    [ "$(id -u)" -ne 0 ] || apt_install ip=iproute2 nft=nftables setcap=libcap2-bin
    ;;
  test) tests ;;
  clients)
    tests
    # Clients of many kinds call through network namespaces, which needs root; without it there is nothing to install.
    [ "$(id -u)" -ne 0 ] || apt_install ip=iproute2 setpriv=util-linux sysctl=procps java=default-jdk-headless go=golang-go
    if [ ! -e tests/interception/node/node_modules/.stamp ] || [ tests/interception/node/package-lock.json -nt tests/interception/node/node_modules/.stamp ]; then
      npm --prefix tests/interception/node ci --no-audit --no-fund --loglevel=error
      touch tests/interception/node/node_modules/.stamp
    fi
    ;;
  monitoring)
    tests
    if ! command -v prometheus >/dev/null 2>&1; then
      apt_install prometheus=prometheus
      # Debian starts what it installs; this one would listen on the control plane's port 9090.
      if [ -d /run/systemd/system ]; then as_root systemctl disable --quiet --now prometheus; fi
    fi
    apt_install promtool=prometheus nginx=nginx-light
    if [ ! -e .venv/.stamp-monitoring ] || [ tests/monitoring/requirements.txt -nt .venv/.stamp-monitoring ] || [ .venv/.stamp -nt .venv/.stamp-monitoring ]; then
      .venv/bin/pip install --quiet --disable-pip-version-check -r tests/monitoring/requirements.txt
      touch .venv/.stamp-monitoring
    fi
    ;;
  bench)
    build
    apt_install nginx=nginx-light
    # Its module for passing TLS on by name; elsewhere than on Debian it may be built in.
    if [ -d /usr/share/nginx/modules-available ] && [ ! -e /usr/lib/nginx/modules/ngx_stream_module.so ]; then apt_install no-such-command=libnginx-mod-stream; fi
    ;;
  lint) cargo deny --version >/dev/null 2>&1 || { say "installing cargo-deny"; cargo install --locked --quiet cargo-deny@0.20.2; } ;;
  *) fail "unknown part '$1'; one of build, rust, test, clients, monitoring, bench, lint" ;;
esac
