"""Mirror of an air-gapped site: its registry of images, upstream's downloads, Debian packages."""

from lab.mirror.servers import down, up

__all__ = ["down", "up"]
