"""Command line of the image cache: `python -m labcloud.nova unpack IMAGE_ID FILE`.

It unpacks an image before its first server. Otherwise Nova downloads it from Glance and unpacks it
while that server starts.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from labcloud import settings
from labcloud.nova import folders, image


def main() -> int:
    """Unpack a file as the image with this id in Glance."""
    parser = argparse.ArgumentParser(prog="python -m labcloud.nova", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    unpack = commands.add_parser("unpack", help="unpack an image before its first server")
    unpack.add_argument("image_id", help="Glance's id of the image")
    unpack.add_argument("file", type=Path, help="the file that Glance has")
    arguments = parser.parse_args()
    began = time.monotonic()
    try:
        image.unpacked(
            folders.images(settings.load()),
            arguments.image_id,
            lambda archive: archive.symlink_to(arguments.file.resolve(strict=True)),
        )
    except (image.ImageError, settings.SettingsError, OSError) as error:
        print(f"labcloud: {error}", file=sys.stderr)
        return 1
    took = time.monotonic() - began
    print(f"image {arguments.image_id} is unpacked ({took:.1f} s)", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
