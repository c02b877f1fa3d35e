#!/usr/bin/env bash
# Runs every fuzz target for so many seconds: fuzz/run.sh [SECONDS] [TARGET…]. Inputs that were found interesting are kept in
# target/fuzz/corpus; the seeds are in fuzz/corpus. A failure is left in target/fuzz/TARGET-crash-… and told.
#
# Coverage counters are LLVM's own pass, which the stable compiler has; there is no address sanitizer, and no unsafe code to need one.
set -euo pipefail
cd "$(dirname "$0")"
seconds="${1:-60}"
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(hello connect stream body realtime)
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/../target}/fuzz"
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
host="$(rustc -vV | sed -n 's/^host: //p')"
# With a target named, build scripts are built without the counters.
cargo build --release --locked --target "$host"
for target in "${targets[@]}"; do
  mkdir -p "$CARGO_TARGET_DIR/corpus/$target"
  echo "==> $target, $seconds s"
  "$CARGO_TARGET_DIR/$host/release/$target" "$CARGO_TARGET_DIR/corpus/$target" "corpus/$target" \
    -max_total_time="$seconds" -max_len=20000 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$CARGO_TARGET_DIR/$target-"
done
