#!/usr/bin/env bash
# Drives the dashboard in headless Chromium: every screen over generated data, then over a control plane of our own.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
pid=
cleanup() {
  if [ -n "$pid" ]; then kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; fi
  rm -rf "$folder"
}
trap cleanup EXIT

npm --prefix control/ui run --silent e2e

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
target/debug/agentguard up --data-dir "$folder" --base-url-listen off --admin-listen off --metrics-listen off \
  --control-listen "127.0.0.1:$port" >"$folder/log.txt" 2>&1 &
pid=$!
for _ in $(seq 150); do
  curl --silent --fail --output /dev/null "http://127.0.0.1:$port/readyz" && break
  kill -0 "$pid" 2>/dev/null || { cat "$folder/log.txt"; exit 1; }
  sleep 0.1
done
npm --prefix control/ui run --silent e2e:real -- "http://127.0.0.1:$port"
