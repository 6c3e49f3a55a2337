#!/bin/bash
# usage: buildpack_pipeline.sh FOLDER < cases
#
# Each line of `cases` is "file KEY". Prints for each how many words the PySpark
# buildpack would read for KEY from FOLDER/file, then the words, one a line.
#
# The locale is UTF-8, as in staging, where Cloud Controller sets
# LANG=en_US.UTF-8; C.UTF-8 has the same character classes and is always there.
# It decides about lines that are no UTF-8 (left out; in the C locale they would
# be kept), about blanks beyond ASCII and about which letters are one in any case.
export LC_ALL=C.UTF-8
set -f # What the words are, not which files they happen to name.

while read -r file key; do
  value=$(grep -i -e "^$key" "$1/$file" 2>/dev/null | tail -n 1 | cut -d = -f 2 | grep -oE '\S+')
  words=($value)
  printf '%s\n' ${#words[@]} "${words[@]}"
done
