#!/bin/sh
# First process of a machine: mounts the machine's own /proc files over the kernel's, then executes init.
set -e
own=/run/hypervisor

# systemd-nspawn mounts the v1 controllers read-only; containerd and the kubelet write there
while read -r _ at kind _; do
  if [ "$kind" = cgroup ]; then mount -o remount,rw,nosuid,nodev,noexec,bind "$at"; fi
done < /proc/mounts

# the flavor's memory and processors instead of the host's
mount --bind $own/meminfo /proc/meminfo
mount --bind $own/cpuinfo /proc/cpuinfo
for list in online possible present; do mount --bind $own/cpus /sys/devices/system/cpu/$list; done

# a kubelet (vm, kernel) and systemd as PID 1 (fs) write these, and the kernel has one of each for
# the whole host: systemd 252 set the host's fs.file-max to its maximum before this was here
mkdir -p $own/sysctl
for name in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops \
    kernel/keys/root_maxkeys kernel/keys/root_maxbytes fs/file-max fs/nr_open; do
  cat /proc/sys/$name > $own/sysctl/"${name##*/}"
  mount --bind $own/sysctl/"${name##*/}" /proc/sys/$name
done

# volumes, named as virtio disks are
mkdir -p /dev/disk/by-id
while read -r name major minor link; do
  mknod -m 660 "/dev/$name" b "$major" "$minor"
  ln -sfn "../../$name" "/dev/disk/by-id/$link"
done < $own/disks

exec /sbin/init "$@"
