"""Script of the role `database` that makes databases and their owners, run by a real shell.

psql is a fake that records its input: this shows the control flow of the script and its SQL, not
what PostgreSQL does.
"""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path
from typing import Any

import jinja2
import pytest

TEMPLATES = Path(__file__).resolve().parents[1] / "roles" / "database" / "templates"
DATABASES = [{"name": "hub", "password": "it's $a"}, {"name": "ledger", "password": "b"}]
PSQL = """#!/bin/sh
case "$*" in
  *"select 1"*) echo "$PGUSER $PGDATABASE $PGPASSWORD" >> {folder}/logins; {login} ;;
  *) cat >> {folder}/sql ;;
esac
"""


def rendered(template: str) -> str:
    """Return a template of the role, with Ansible's Jinja settings."""
    environment = jinja2.Environment(  # noqa: S701 - a shell script, no HTML
        trim_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["quote"] = shlex.quote
    values: dict[str, Any] = {
        "database_address": "10.0.0.2",
        "database_clients": "10.0.0.0/24",
        "database_databases": DATABASES,
    }
    return environment.from_string((TEMPLATES / template).read_text()).render(values)


def run_script(template: str, folder: Path, login: str) -> subprocess.CompletedProcess[str]:
    """Run a script with a fake psql whose login runs a shell command."""
    for name, text in {
        "psql": PSQL.format(folder=folder, login=login),
        "setpriv": '#!/bin/sh\nwhile test "$1" != psql; do shift; done\nexec "$@"\n',
    }.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return subprocess.run(
        ["sh", "-s"],
        input=rendered(template),
        env={"PATH": f"{folder}:/usr/bin:/bin"},
        capture_output=True,
        check=False,
        text=True,
    )


def test_databases_whose_owners_can_log_in_are_not_changed(tmp_path: Path) -> None:
    done = run_script("databases.sh.j2", tmp_path, "true")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert not (tmp_path / "sql").exists()
    assert (tmp_path / "logins").read_text() == "hub hub it's $a\nledger ledger b\n"


def test_a_new_database_is_made_and_the_others_are_not_changed(tmp_path: Path) -> None:
    done = run_script("databases.sh.j2", tmp_path, 'test "$PGUSER" = hub')
    assert (done.returncode, done.stdout) == (0, "made\n"), done.stderr
    sql = (tmp_path / "sql").read_text()
    assert 'create database "ledger" owner "ledger"' in sql
    assert "hub" not in sql


def test_a_password_is_quoted_for_sql(tmp_path: Path) -> None:
    run_script("databases.sh.j2", tmp_path, "false")
    assert """alter role "hub" password 'it''s $a';""" in (tmp_path / "sql").read_text()


@pytest.mark.parametrize(("login", "status"), [("true", 0), ('test "$PGUSER" = hub', 1)])
def test_one_owner_that_cannot_log_in_is_an_error(login: str, status: int, tmp_path: Path) -> None:
    assert run_script("log_in.sh.j2", tmp_path, login).returncode == status


def test_each_owner_may_log_in_to_its_own_database_only() -> None:
    assert rendered("pg_hba.conf.j2").splitlines() == [
        "local all postgres peer",
        "host hub hub 10.0.0.0/24 scram-sha-256",
        "host ledger ledger 10.0.0.0/24 scram-sha-256",
    ]
