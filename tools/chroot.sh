# Shared by chroot-test and deb-test: a bare Debian bookworm in the folder $root, made if it is not there. To be sourced, by root,
# who has debootstrap. The mirror and apt's settings are this machine's own.
sources=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true)
mirror=$(printf '%s\n' "$sources" | sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb  *\(\[[^]]*\] *\)\{0,1\}\([^ ]*\) .*/\2/p' |
    grep -v security | head -n 1)
[ -d "$root/usr" ] || debootstrap --variant=minbase bookworm "$root" "$mirror"
cleanup() { umount "$root/dev/pts" "$root/dev" "$root/proc" 2>/dev/null || true; }
trap cleanup EXIT
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
rm -rf "$root/etc/apt/apt.conf.d" "$root/etc/apt/sources.list" "$root/etc/apt/sources.list.d"
cp -r /etc/apt/apt.conf.d /etc/apt/sources.list.d "$root/etc/apt/" 2>/dev/null || true
cp /etc/apt/sources.list "$root/etc/apt/" 2>/dev/null || true
cp -r /etc/apt/trusted.gpg.d /etc/apt/keyrings "$root/etc/apt/" 2>/dev/null || true
cp /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null || true
[ ! -d /usr/local/share/ca-certificates ] || cp -r /etc/ssl "$root/etc/"
