# Shared by ./demo and ./check: installing what is missing, configuring, building. POSIX sh; to be sourced from
# the root of the source tree with $command set to demo or check.

say() { printf '%s\n' "$*"; }

usage() {
    say "usage: ./$command [--no-install] $extra_usage"
    say "$purpose"
    say "  --no-install   install nothing; fail if something is missing"
}

# Packages of tools/packages.txt that this command needs and that are not installed.
missing_packages() {
    grep -v '^#' tools/packages.txt | while read -r package rest; do
        case $rest in *both | *"$command" | *" ${also_needed:-none}") ;; *) continue ;; esac
        status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) || status=
        [ "$status" = "install ok installed" ] || printf '%s ' "$package"
    done
}

install_missing() {
    if ! command -v apt-get >/dev/null 2>&1; then
        [ "$install" = no ] && return 0
        say "This system has no apt-get. The following must be there (Debian's names, with what each is for):"
        grep -v '^#' tools/packages.txt
        say "Install them your system's way and call ./$command --no-install."
        exit 1
    fi
    packages=$(missing_packages)
    [ -n "$packages" ] || return 0
    if [ "$install" = no ]; then
        say "missing: $packages(not installed, because of --no-install; optional ones are left out of the build)"
        return 0
    fi
    say "installing: $packages"
    root=
    [ "$(id -u)" = 0 ] || root=sudo
    # Word splitting is wanted: a list of packages.
    if ! { $root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends $packages; } \
        >build/install.log 2>&1; then
        tail -n 20 build/install.log
        say "The installation failed; the whole log is build/install.log."
        exit 1
    fi
}

# quietly LOG COMMAND...: shows the end of the log only when the command fails.
quietly() {
    log=$1
    shift
    "$@" >"$log" 2>&1 && return 0
    tail -n 40 "$log"
    say "failed: $*; the whole log is $log."
    exit 1
}

# build_preset NAME FOLDER [cmake options...] into build/FOLDER
build_preset() {
    preset=$1 folder=$2
    shift 2
    mkdir -p "build/$folder"
    if [ -z "${CMAKE_GENERATOR:-}" ] && command -v ninja >/dev/null 2>&1 && [ ! -f "build/$folder/Makefile" ]; then
        CMAKE_GENERATOR=Ninja
        export CMAKE_GENERATOR
    fi
    say "building ($folder)"
    quietly "build/$folder/configure.log" cmake --preset "$preset" -B "build/$folder" "$@"
    quietly "build/$folder/build.log" cmake --build "build/$folder" --parallel "$(nproc 2>/dev/null || echo 2)"
}

mkdir -p build
