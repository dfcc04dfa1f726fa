#!/usr/bin/env bash
# The test `format`: every .h and .cpp of src/ and examples/ is laid out as .clang-format says.
#   tools/format.sh          names what differs, exit status 1
#   tools/format.sh --fix    rewrites it
# Versions of clang-format disagree, so only Debian 12's counts; without it the test is skipped (77).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=14
tool=
for candidate in "clang-format-$version" clang-format; do
  if "$candidate" --version 2>/dev/null | grep -q "version $version\."; then
    tool=$candidate
    break
  fi
done
if [ -z "$tool" ]; then
  echo "format: skipped, clang-format $version is not installed (tools/install-packages installs it)."
  exit 77
fi

case "${1-}" in
  "") action=(--dry-run --Werror) ;;
  --fix) action=(-i) ;;
  *)
    echo "format.sh knows --fix and nothing else, not \"$1\"." >&2
    exit 2
    ;;
esac
folders=()
for folder in src examples; do
  if [ -d "$folder" ]; then folders+=("$folder"); fi
done
mapfile -t files < <(find "${folders[@]}" -name '*.h' -o -name '*.cpp' | LC_ALL=C sort)
if [ ${#files[@]} -eq 0 ]; then
  echo "format: src/ and examples/ hold no .h and no .cpp file." >&2
  exit 1
fi
if ! printf '%s\0' "${files[@]}" | xargs -0 -n 20 -P "$(nproc)" "$tool" "${action[@]}"; then
  echo "format: the lines above differ from .clang-format; tools/format.sh --fix rewrites them." >&2
  exit 1
fi
echo "format: ${#files[@]} files."
