#!/usr/bin/env bash
# Runs every fuzz target for so many seconds: fuzz/run.sh [SECONDS] [TARGET…]. Inputs that were found interesting are kept in
# target/fuzz/corpus; the seeds are fuzz/corpus and the wire formats' goldens. A failure is left in target/fuzz/TARGET-crash-… and
# told. As many at once as there are cores.
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
# Seeds of streams and bodies are the wire formats' goldens, each after the bytes that choose dialect, framing and cut.
seeds() {
  local file name dialect
  rm -rf "$CARGO_TARGET_DIR/seeds"
  mkdir -p "$CARGO_TARGET_DIR/seeds/stream" "$CARGO_TARGET_DIR/seeds/body"
  for file in ../crates/wire/tests/goldens/{anthropic,bedrock,cohere,gemini,ollama,openai}/*; do
    name="$(basename "$(dirname "$file")").$(basename "$file")"
    case "$name" in
      openai.chat*) dialect=0 ;; openai.responses*) dialect=1 ;; openai.*) dialect=2 ;; anthropic.*) dialect=3 ;; gemini.*) dialect=4 ;;
      ollama.generate*) dialect=6 ;; ollama.*) dialect=5 ;; cohere.*) dialect=7 ;; bedrock.converse*) dialect=8 ;; *) dialect=9 ;;
    esac
    case "$name" in
      *.sse) framing=0 ;; *.ndjson) framing=1 ;; *.array) framing=2 ;; *.eventstream) framing=3 ;;
      *.json) { printf "\\x0$dialect\\x01"; cat "$file"; } > "$CARGO_TARGET_DIR/seeds/body/$name"; continue ;;
      *) continue ;;
    esac
    { printf "\\x0$dialect\\x0$framing\\x40\\x00"; cat "$file"; } > "$CARGO_TARGET_DIR/seeds/stream/$name"
  done
  cp -r corpus/hello corpus/connect "$CARGO_TARGET_DIR/seeds/"
  mkdir -p "$CARGO_TARGET_DIR/seeds/realtime"
  for file in ../crates/wire/tests/goldens/openai/realtime*; do
    { printf '\x00\x00\x40\x00'; cat "$file"; } > "$CARGO_TARGET_DIR/seeds/realtime/$(basename "$file")"
  done
}
seeds

one() {
  local target="$1" log="$CARGO_TARGET_DIR/$1.log"
  mkdir -p "$CARGO_TARGET_DIR/corpus/$target"
  if "$CARGO_TARGET_DIR/$host/release/$target" "$CARGO_TARGET_DIR/corpus/$target" "$CARGO_TARGET_DIR/seeds/$target" \
    -max_total_time="$seconds" -max_len=20000 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$CARGO_TARGET_DIR/$target-" >"$log" 2>&1; then
    echo "==> $target, $seconds s: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs, none fails"
  else
    echo "==> $target fails"
    tail -n 50 "$log"
    return 1
  fi
}
export -f one
export seconds host
# One a core; xargs fails when one of them did.
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'one {}'
