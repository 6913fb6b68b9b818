# Undo a join on this machine; part of the scripts of two roles: kubernetes (undo) and leave.
# shellcheck shell=sh
kubeadm reset --force
rm --recursive --force /etc/kubernetes/pki
# emptied, not removed: containerd watches the folder, and exits if it is removed
if test -d /etc/cni/net.d; then find /etc/cni/net.d -mindepth 1 -delete; fi
# the next join gets another range of pods, but the bridge would keep its old address
ip link delete cni0 2> /dev/null || true
rm --recursive --force /var/lib/cni
