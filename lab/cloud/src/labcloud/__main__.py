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
    "MALLOC_ARENA_MAX": "2",  # else the threads of six services hold half a GiB more
    "PYTHONWARNINGS": "ignore",  # of OpenStack about itself
}


def main() -> None:
    """Do what the command line says; an error that was foreseen is one sentence."""
    os.umask(0o077)  # everything here is full of passwords
    chosen = _arguments()
    try:
        chosen.run(settings.load(), chosen)
    except (SettingsError, databases.DatabaseError) as error:
        sys.exit(f"labcloud: {error}")
    except KeyboardInterrupt:
        sys.exit("labcloud: interrupted; the same command goes on from here")


def _prepare(cloud: Settings, _chosen: argparse.Namespace) -> None:
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


def _make_database(cloud: Settings, chosen: argparse.Namespace) -> None:
    module = importlib.import_module(f"labcloud.databases.{chosen.service}")
    connections = {
        name: f"sqlite:///{databases.aside(cloud, name)}"
        for name in databases.DATABASES[chosen.service]
    }
    module.create(cloud, configuration.main_file(cloud, chosen.service), connections)


def _serve(cloud: Settings, chosen: argparse.Namespace) -> None:
    missing = databases.missing(cloud)
    if missing:
        raise SettingsError(
            f"the databases of {', '.join(missing)} are not made yet: python -m labcloud prepare"
        )
    if not TUNED.keys() <= os.environ.keys():
        # the C library reads it when the process starts, so that it has to start once more
        again = [sys.executable, "-P", "-m", "labcloud", *sys.argv[1:]]
        os.execve(sys.executable, again, {**os.environ, **TUNED})  # noqa: S606  # itself
    importlib.import_module("labcloud.serving").serve(cloud, chosen.service)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="labcloud", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, run, told in (
        ("prepare", _prepare, "make configuration, secrets and databases that are missing"),
        ("serve", _serve, "run one service until SIGTERM"),
        ("database", _make_database, "make one service's databases aside (prepare does it)"),
    ):
        command = commands.add_parser(name, help=told)
        command.set_defaults(run=run)
        if name != "prepare":
            command.add_argument("service", choices=sorted(SERVICES))
    return parser.parse_args()


if __name__ == "__main__":
    main()
