#!/bin/sh
# cpack's Debian packages: which files lie in which, and what they say of themselves. tools/deb-test installs them.
set -eu
. tests/expect.sh
command -v dpkg-deb >/dev/null && command -v dpkg-shlibdeps >/dev/null || { echo "skipped: no dpkg-deb and dpkg-shlibdeps"; exit 77; }
config=$HARMONIUM_BUILD_DIR/CPackConfig.cmake
[ -e "$config" ] || { echo "skipped: this build makes no packages"; exit 77; }
grep -q 'HM_SANITIZE:STRING=.' "$HARMONIUM_BUILD_DIR/CMakeCache.txt" && { echo "skipped: packages are not for sanitizers"; exit 77; }
# All is built: said to be ninja's, it is not asked for again.
cpack --config "$config" -B "$folder" -D CPACK_CMAKE_GENERATOR=Ninja >"$folder/log" 2>&1 || { cat "$folder/log"; fail "cpack"; }

# holds PACKAGE FILE...: patterns of grep, below the prefix.
holds() {
    deb=$(ls "$folder/$1"_*.deb)
    dpkg-deb -c "$deb" >"$folder/files"
    shift
    for file in "$@"; do
        grep -q "/$file\$" "$folder/files" || { cat "$folder/files"; fail "$deb lacks $file"; }
    done
    ! grep -v ' root/root ' "$folder/files" || fail "$deb: files that are not root's"
}
# says PACKAGE FIELD PATTERN
says() { dpkg-deb -f "$folder/$1"_*.deb "$2" | grep -q "$3" || fail "$1: $2 is \"$(dpkg-deb -f "$folder/$1"_*.deb "$2")\""; }

version=$("$harmonium" --version | sed 's/[^0-9]*\([0-9.]*\).*/\1/')
for package in libharmonium0 libharmonium-dev harmonium; do
    holds $package "share/doc/$package/copyright" "share/doc/$package/changelog.Debian.gz"
    says $package Version "^$version-1\$"
    says $package Maintainer '<..*@..*>'
    says $package Description "^stochastic"
done
holds libharmonium0 'libharmonium.so.0 -> .*'
! grep -q '/include\|/bin\|\.so \|\.a$' "$folder/files" || fail "libharmonium0 holds more than the library"
says libharmonium0 Section '^libs$'
says libharmonium0 Depends libjansson4
dpkg-deb --ctrl-tarfile "$folder"/libharmonium0_*.deb | tar t | grep -q shlibs || fail "libharmonium0 has no shlibs"
holds libharmonium-dev 'libharmonium.so -> .*' libharmonium.a pkgconfig/harmonium.pc cmake/harmonium/harmonium-config.cmake \
    include/harmonium/harmonium.h
says libharmonium-dev Depends "libharmonium0 (= $version-1)"
says libharmonium-dev Depends libjansson-dev
holds harmonium bin/harmonium man1/harmonium.1.gz man1/harmonium-train.1.gz completions/harmonium site-functions/_harmonium \
    vendor_completions.d/harmonium.fish digits/train-images-idx3-ubyte.gz recipes/demo.ini
! grep -q 'libharmonium\|/include' "$folder/files" || fail "harmonium holds the library"
says harmonium Depends 'libc6 (>= '
