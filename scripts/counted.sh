# Sourced: adds up what several test runners say.
#
#     counted COMMAND...   runs it, shows its output, adds its counts to $passed and $failed
#     closing_line         prints "N passed, N failed"; fails when something did
#
# A runner's counts are its last line "N passed, N failed", or ctest's own summary. One that
# says neither, or fails while saying that nothing failed, counts as one failure.

passed=0
failed=0

# "<passed> <failed>" out of a runner's output; nothing when it has no counts.
counts_in() {
  awk '/^[0-9]+ passed, [0-9]+ failed$/ { ours = $1 " " $3 }
       /tests passed, [0-9]+ tests failed out of [0-9]+/ {
         for (i = 1; i <= NF; ++i) if ($i == "failed") { f = $(i - 2); t = $(i + 3) }
         ctest = (t - f) " " f
       }
       END { if (ours != "") print ours; else if (ctest != "") print ctest }' "$1"
}

counted() {
  local log status=0 good bad
  log=$(mktemp)
  "$@" 2>&1 | tee "$log" || status=$?
  read -r good bad <<<"$(counts_in "$log")"
  rm -f "$log"
  passed=$((passed + ${good:-0}))
  failed=$((failed + ${bad:-0}))
  if [ -z "$good" ] || { [ "$status" -ne 0 ] && [ "${bad:-0}" -eq 0 ]; }; then
    echo "FAILED (exit code $status): $*"
    failed=$((failed + 1))
  fi
}

closing_line() {
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}
