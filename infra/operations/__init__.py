"""Operations of the plugin on one machine: join, leave, inspect; by SSH, Ansible and kubectl."""
