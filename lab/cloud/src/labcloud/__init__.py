"""An OpenStack control plane on one machine: real services, one process each, drivers of ours."""
