"""Command line of the image cache: `python -m labcloud.nova unpack IMAGE_ID FILE`.

Nova would otherwise do it, out of Glance, while somebody waits for that server.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from labcloud import settings
from labcloud.nova import folders, image


def main() -> int:
    """Unpack a file as an image of Glance; it does not matter when the upload happens."""
    parser = argparse.ArgumentParser(prog="python -m labcloud.nova", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    unpack = commands.add_parser("unpack", help="unpack an image before its first server")
    unpack.add_argument("image_id", help="Glance's id of the image")
    unpack.add_argument("file", type=Path, help="the file that Glance has")
    asked = parser.parse_args()
    began = time.monotonic()
    try:
        image.unpacked(
            folders.images(settings.load()),
            asked.image_id,
            lambda archive: archive.symlink_to(asked.file.resolve(strict=True)),
        )
    except (image.ImageError, settings.SettingsError, OSError) as error:
        print(f"labcloud: {error}", file=sys.stderr)
        return 1
    took = time.monotonic() - began
    print(f"image {asked.image_id} is unpacked ({took:.1f} s)", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
