"""The program: `python -m headroom [FILE]`; FILE says what is kept."""

from __future__ import annotations

import hashlib
import json
import logging
import signal
import sys
import time
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final

from .cluster import Cluster
from .keeper import Keeper
from .plan import Wanted

if TYPE_CHECKING:
    from typing import NoReturn

_TOLD: Final = "/etc/headroom/headroom.json"
_AGAIN_S: Final = 1.0


def main() -> None:
    """Keep what the file says until told to end."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    signal.signal(signal.SIGTERM, _end)  # the first process of a container has no default for it
    told = json.loads(Path(sys.argv[1] if sys.argv[1:] else _TOLD).read_text())
    cluster, changed = Cluster(), Event()
    for namespace in (told["namespace"], told["sessions"]):
        Thread(target=_follow, args=(cluster, namespace, changed), daemon=True).start()
    wanted = [wanted_of(model, one) for model, one in told["models"].items()]
    Keeper(cluster, told["namespace"], told["sessions"], wanted).keep(changed)


def wanted_of(model: str, told: dict[str, Any]) -> Wanted:
    """Read what is kept of one model."""
    whole = json.dumps(told["pod"], sort_keys=True).encode()
    template = hashlib.sha256(whole).hexdigest()[:16]
    return Wanted(model, told["count"], template, told["pod"])


def _follow(cluster: Cluster, namespace: str, changed: Event) -> NoReturn:
    while True:
        cluster.follow(namespace, changed)
        changed.set()  # what changed while nobody looked
        time.sleep(_AGAIN_S)


def _end(*_: object) -> NoReturn:
    sys.exit(0)


if __name__ == "__main__":
    main()
