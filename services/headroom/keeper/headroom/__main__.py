"""Command line of the headroom keeper: `python -m headroom [FILE]`; FILE holds its settings."""

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

from .keeper import Keeper
from .plan import Wanted
from .pod_api import PodApi

if TYPE_CHECKING:
    from typing import NoReturn

_SETTINGS: Final = "/etc/headroom/headroom.json"
_RETRY_S: Final = 1.0


def main() -> None:
    """Run the keeper until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    signal.signal(signal.SIGTERM, _exit)  # the kernel ignores it for PID 1 without a handler
    settings = json.loads(Path(sys.argv[1] if sys.argv[1:] else _SETTINGS).read_text())
    api, changed = PodApi(), Event()
    for namespace in (settings["namespace"], settings["sessions"]):
        Thread(target=_follow, args=(api, namespace, changed), daemon=True).start()
    wanted = [wanted_of(model, entry) for model, entry in settings["models"].items()]
    Keeper(api, settings["namespace"], settings["sessions"], wanted).run(changed)


def wanted_of(model: str, entry: dict[str, Any]) -> Wanted:
    """Read the settings of one model."""
    content = json.dumps(entry["pod"], sort_keys=True).encode()
    template = hashlib.sha256(content).hexdigest()[:16]
    return Wanted(model, entry["count"], template, entry["pod"])


def _follow(api: PodApi, namespace: str, changed: Event) -> NoReturn:
    """Watch the pods of a namespace, and watch again whenever the stream ends."""
    while True:
        api.watch(namespace, changed)
        changed.set()  # there may have been changes between two streams
        time.sleep(_RETRY_S)


def _exit(*_: object) -> NoReturn:
    sys.exit(0)


if __name__ == "__main__":
    main()
