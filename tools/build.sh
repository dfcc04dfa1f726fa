# What ./test and ./demo share; sourced, not run. Both start in the folder of the project.
set -euo pipefail

# Ends with one sentence on stderr.
die() {
  echo "$1" >&2
  exit 1
}

trap 'echo; echo "stopped." >&2; exit 130' INT
trap 'exit 143' TERM

python() {
  if [ -x /usr/bin/python3 ]; then /usr/bin/python3 -B "$@"; else python3 -B "$@"; fi
}

# How many compilers at once: one per core, and 1.5 GB of memory for each.
jobs_at_once() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable/ {print int($2 / 1500000)}' /proc/meminfo 2>/dev/null) || memory=
  if [ -n "$memory" ] && [ "$memory" -lt "$cores" ]; then cores=$memory; fi
  if [ "$cores" -lt 1 ]; then cores=1; fi
  echo "$cores"
}

# Reads what ninja prints and says how far it is: on a terminal in place, else every 10 seconds.
# Says nothing where there is nothing to do: steps in R only look (Re-checking, Re-running CMake).
show_progress() {
  local what=$1 line step='' said='' last=$SECONDS status
  while :; do
    status=0
    IFS= read -r -t 10 line || status=$?
    if [ "$status" -gt 0 ] && [ "$status" -le 128 ]; then break; fi
    if [ "$status" -eq 0 ] && [[ $line =~ ^(\[[0-9]+/[0-9]+\])\ [A-QS-Z] ]]; then
      step=${BASH_REMATCH[1]}
    fi
    if [ -z "$step" ]; then continue; fi
    if [ -t 1 ]; then
      printf '\r%s %s ' "$what" "$step"
      said=yes
    elif [ -z "$said" ] || [ $((SECONDS - last)) -ge 10 ]; then
      echo "$what $step"
      said=yes
      last=$SECONDS
    fi
  done
  if [ -t 1 ] && [ -n "$said" ]; then echo; fi
}

# Configures build/PRESET if it is not there, was made for another folder or by older presets.
configure() {
  local preset=$1 folder=build/$1 log=build/$1.log fresh=()
  if [ -f "$folder/CMakeCache.txt" ] &&
    ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$folder/CMakeCache.txt"; then
    fresh=(--fresh)
  elif [ -f "$folder/build.ninja" ] && [ ! CMakePresets.json -nt "$folder/build.ninja" ]; then
    return
  fi
  echo "configuring $preset"
  cmake --preset "$preset" "${fresh[@]}" >"$log" 2>&1 && return
  tail -n 30 "$log" >&2
  die "cmake could not configure $preset; the lines above say why (all of it: $log)."
}

# build PRESET [TARGET...]: quiet but for progress; on failure what the compiler said, and the end.
build() {
  local preset=$1 log=build/$1.log targets=()
  shift
  if [ $# -gt 0 ]; then targets=(--target "$@"); fi
  mkdir -p build
  configure "$preset"
  if ! cmake --build --preset "$preset" -j "$(jobs_at_once)" "${targets[@]}" 2>&1 |
    tee "$log" | show_progress "building $preset:"; then
    grep -v '^\[[0-9]*/[0-9]*\] [A-Z]' "$log" | grep -v '^ninja: Entering' | tail -n 60 >&2 || true
    die "building $preset failed; the lines above say why (all of it: $log)."
  fi
}
