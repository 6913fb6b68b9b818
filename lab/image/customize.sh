#!/bin/sh
# Makes the unpacked root $1 a machine's: mmdebstrap runs this last, outside the root.
set -eu
root=$1
here=$(dirname "$0")

cp --recursive --no-preserve=all "$here/tree/." "$root/"

# the package that brings mount.nfs must not put its own in place of this machine's
chmod 755 "$root/usr/sbin/mount.nfs"
chroot "$root" dpkg-divert --quiet --local --no-rename --divert /sbin/mount.nfs.kernel --add /sbin/mount.nfs

# mounts and services that would reach for the hypervisor's kernel, or wait for a console
while read -r unit; do
  ln --symbolic --force /dev/null "$root/etc/systemd/system/$unit"
done < "$here/masked-units.txt"

# identity is made at the first boot, never copied
rm --force "$root"/etc/ssh/ssh_host_* "$root/var/lib/dbus/machine-id" "$root/etc/resolv.conf"
: > "$root/etc/machine-id"
rm --recursive --force "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin
rm --force "$root/etc/hostname"
