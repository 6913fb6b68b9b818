"""Command line of labcloud: ``prepare``, ``serve SERVICE`` and ``database SERVICE``."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import time
from pathlib import Path

from labcloud import configuration, databases, private_files, settings
from labcloud.configuration.shared import Site
from labcloud.settings import SERVICES, Settings, SettingsError

TUNED = {
    "MALLOC_ARENA_MAX": "2",  # without it the threads of six services use half a GiB more
    "PYTHONWARNINGS": "ignore",  # OpenStack warns about its own code
}


def main() -> None:
    """Run the command; a foreseen error is printed as one sentence."""
    os.umask(0o077)  # most files here contain passwords
    arguments = _arguments()
    try:
        arguments.run(settings.load(), arguments)
    except (SettingsError, databases.DatabaseError) as error:
        sys.exit(f"labcloud: {error}")
    except KeyboardInterrupt:
        sys.exit("labcloud: interrupted; the same command goes on from here")


def _prepare(cloud: Settings, _options: argparse.Namespace) -> None:
    started = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - started:6.1f} s  {line}", file=sys.stderr, flush=True)

    private_files.folder(cloud.state)
    site = Site(cloud, private_files.passwords(cloud.secrets))
    configuration.write(site, Path(sys.prefix))
    private_files.folder(cloud.volumes)
    say("configuration written")
    databases.make(cloud, say)
    say("the cloud is prepared")


def _make_database(cloud: Settings, arguments: argparse.Namespace) -> None:
    module = importlib.import_module(f"labcloud.databases.{arguments.service}")
    connections = {
        name: f"sqlite:///{databases.aside(cloud, name)}"
        for name in databases.DATABASES[arguments.service]
    }
    module.create(cloud, configuration.main_file(cloud, arguments.service), connections)


def _serve(cloud: Settings, arguments: argparse.Namespace) -> None:
    missing = databases.missing(cloud)
    if missing:
        raise SettingsError(
            f"the databases of {', '.join(missing)} do not exist yet: python -m labcloud prepare"
        )
    if not TUNED.keys() <= os.environ.keys():
        # the C library reads these when a process starts, so the process executes itself again
        again = [sys.executable, "-P", "-m", "labcloud", *sys.argv[1:]]
        os.execve(sys.executable, again, {**os.environ, **TUNED})  # noqa: S606  # no shell is needed
    importlib.import_module("labcloud.serving").serve(cloud, arguments.service)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="labcloud", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, run, description in (
        ("prepare", _prepare, "create configuration, secrets and databases that are missing"),
        ("serve", _serve, "run one service until SIGTERM"),
        ("database", _make_database, "create one service's databases (prepare runs it)"),
    ):
        command = commands.add_parser(name, help=description)
        command.set_defaults(run=run)
        if name != "prepare":
            command.add_argument("service", choices=sorted(SERVICES))
    return parser.parse_args()


if __name__ == "__main__":
    main()
