"""What an air-gapped site has instead of the internet: a registry, downloads, Debian packages."""

from lab.mirror.servers import down, up

__all__ = ["down", "up"]
