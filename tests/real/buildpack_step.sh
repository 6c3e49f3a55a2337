#!/usr/bin/env bash
# What the PySpark buildpack does with spark_runtime.txt, step for step:
#
#     buildpack_step.sh BUILD_DIR CACHE_DIR
#
# Values are read by prefix, case-insensitively, the last line wins, and what stands behind
# a second "=" is lost. Downloads are bare curls: no -L, no -f, no retry. The cache test is
# inverted as in the original: with the cache on everything is downloaded again and copied
# into the cache; with CACHE_DISABLED=true nothing is copied.
set -eo pipefail

build_dir=$1
cache_dir=$2
runtime_file=$build_dir/spark_runtime.txt

# The value of a key as the buildpack sees it; the default where it sees none.
value_of() {
  local line words
  line=$( (grep -i "^$1" "$runtime_file" 2>/dev/null || true) | tail -n 1 | cut -d = -f 2 | tr '\r' ' ')
  read -r -a words <<<"$line"
  echo "${words[*]:-$2}"
}

jdk_url=$(value_of JDK_URL "https://java-buildpack.cloudfoundry.org/openjdk/trusty/x86_64/openjdk-1.8.0_91.tar.gz")
jdk_filename=$(value_of JDK_FILENAME "openjdk-1.8.0_91.tar.gz")
jdk_sha256=$(value_of JDK_SHA256 "6bc971e0501501bddf61e9095a752a7f00dc27928e3590ff880cc63df081fed3")
spark_url=$(value_of SPARK_URL "http://d3kbcqa49mib13.cloudfront.net/spark-2.1.0-bin-hadoop2.7.tgz")
spark_filename=$(value_of SPARK_FILENAME "spark-2.1.0-bin-hadoop2.7.tgz")
spark_sha256=$(value_of SPARK_SHA256 "0834c775f38473f67cb122e0ec21074f800ced50c1ff1b9e37e222a0069dc5c7")
cache_disabled=$(value_of CACHE_DISABLED "${CACHE_DISABLED:-}")

# fetch URL FILE SHA256: into the current folder, checked, and copied into the build cache.
fetch() {
  local url=$1 file=$2 sha256=${3%% *}
  if [[ $cache_disabled == true && -f $cache_dir/$file ]]; then
    cp "$cache_dir/$file" "$file"
  else
    echo "-----> Downloading $url"
    # shellcheck disable=SC2086  # several words reach curl as several words, as in the original
    curl $url > "$file"
  fi
  echo "$sha256  $file" | sha256sum --check
  if [[ $cache_disabled != true ]]; then
    cp "$file" "$cache_dir/$file"
  fi
}

mkdir -p "$cache_dir" "$build_dir/.java" "$build_dir/.spark"
cd "$build_dir"

fetch "$jdk_url" "$jdk_filename" "$jdk_sha256"
tar -xzf "$jdk_filename" -C "$build_dir/.java"
rm "$jdk_filename"

fetch "$spark_url" "$spark_filename" "$spark_sha256"
tar -xzf "$spark_filename" -C "$build_dir/.spark" --strip-components 1
rm "$spark_filename"
