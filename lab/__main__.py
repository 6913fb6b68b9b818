"""Command line of the lab: `python -m lab up|welcome|down|status|evidence|reset SITE`."""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from infra.errors import ForegroundError
from lab import bastion, clouds, evidence, status, welcome
from lab.down import down
from lab.instance import LabInstance
from lab.progress import Progress
from lab.up import refuse_early, up

if TYPE_CHECKING:
    from collections.abc import Iterator

INTERRUPTED = 130


def main() -> int:
    """Run the command; a foreseen error is printed as one sentence, without a traceback."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    arguments = _arguments()
    try:
        instance = LabInstance.named(arguments.site)
        COMMANDS[arguments.command](instance, arguments)
    except ForegroundError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        return INTERRUPTED
    return 0


def _up(instance: LabInstance, arguments: argparse.Namespace) -> None:
    progress = Progress(instance.site)
    refuse_early(instance)
    with _alone(instance):
        try:
            up(instance, progress, with_mirror=not arguments.without_mirror)
        except Exception as error:
            if not arguments.without_evidence:
                print(f"what may explain it: {evidence.gather(instance)}", file=sys.stderr)
            if isinstance(error, ForegroundError):
                raise
            raise ForegroundError(
                f"the lab did not come up: {error}", f"python -m lab up {instance.site}"
            ) from error
    progress.say("the lab is up")
    file, jump = clouds.clouds_file(instance), f"{bastion.USER}@{instance.bastion}"
    key = instance.state / "ssh" / "id_ed25519"
    through = f"ssh -i {key} -p {bastion.PORT} -W %h:%p {jump}"  # -J would not offer it the key
    print(f"""
  export OS_CLIENT_CONFIG_FILE={file} OS_CLOUD={instance.site}
  a machine with a key pair made from {key}.pub is reached by
  ssh -i {key} -o ProxyCommand='{through}' debian@<its address>
  accounts of the OIDC issuer, with their passwords: {instance.state}/identity/people.yaml
  python -m lab status {instance.site}     make lab-down SITE={instance.site}""")


def _down(instance: LabInstance, _options: argparse.Namespace) -> None:
    with _alone(instance):
        down(instance, Progress(instance.site))


def _status(instance: LabInstance, _options: argparse.Namespace) -> None:
    print("\n".join(status.lines(instance)))


def _evidence(instance: LabInstance, _options: argparse.Namespace) -> None:
    try:
        folder = evidence.gather(instance)
    except OSError as error:
        raise ForegroundError(
            f"no evidence could be written: {error}",
            f"sudo python -m lab evidence {instance.site}",
        ) from None
    print(f"what may explain it: {folder}")


def _reset(instance: LabInstance, arguments: argparse.Namespace) -> None:
    with _alone(instance):
        print(f"{instance.state} holds volumes, databases, keys and the stack's state:")
        print("\n".join(status.holdings(instance)))
        if not arguments.yes and not _agreed(instance):
            raise ForegroundError(
                "nothing was removed", f"python -m lab reset {instance.site} --yes"
            )
        down(instance, progress := Progress(instance.site))
        shutil.rmtree(instance.state)
        instance.release()
        progress.say(f"{instance.state} is removed")


def _agreed(instance: LabInstance) -> bool:
    try:
        return input(f"to remove all of it, type '{instance.site}': ") == instance.site
    except EOFError:  # standard input is no terminal
        return False


@contextmanager
def _alone(instance: LabInstance) -> Iterator[None]:
    """Lock a lab, so that one command at a time changes it."""
    instance.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = os.open(instance.state, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ForegroundError(
                f"another command works on the lab of {instance.site} now",
                f"python -m lab status {instance.site}",
            ) from None
        yield
    finally:
        os.close(folder)
        with suppress(OSError):  # not empty: the command or an earlier one made something in it
            instance.state.rmdir()


def _welcome(instance: LabInstance, _options: argparse.Namespace) -> None:
    print("\n".join(["", *welcome.lines(instance)]))


COMMANDS = {
    "up": _up,
    "welcome": _welcome,
    "down": _down,
    "status": _status,
    "evidence": _evidence,
    "reset": _reset,
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("site", help="local, ci, or a name of your own")
    parser.add_argument("--yes", action="store_true", help="reset: do not ask")
    parser.add_argument(
        "--without-mirror",
        action="store_true",
        help="up: start the cloud only, for work on the lab itself",
    )
    parser.add_argument(
        "--without-evidence",
        action="store_true",
        help="up: do not gather evidence after an error; the caller does",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
