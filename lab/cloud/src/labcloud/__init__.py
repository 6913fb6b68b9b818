"""labcloud: an OpenStack control plane on one machine, with drivers for nspawn and for files."""
