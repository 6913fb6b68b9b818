"""Operations on one machine, run by the plugin: join, leave, inspect; by SSH and Ansible."""
