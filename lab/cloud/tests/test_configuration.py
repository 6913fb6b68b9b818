"""The configuration files of the six services."""

from __future__ import annotations

import configparser
import json
from typing import TYPE_CHECKING

import pytest

from labcloud import configuration, private_files
from labcloud.configuration import nova
from labcloud.configuration.shared import Site
from labcloud.settings import SERVICES

if TYPE_CHECKING:
    from pathlib import Path

    from labcloud.settings import Settings


@pytest.fixture
def site(cloud: Settings) -> Site:
    return Site(cloud, private_files.passwords(cloud.secrets))


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Return an environment with the files that OpenStack's packages install."""
    root = tmp_path / "environment"
    for service, files in configuration.FILES.items():
        for name in files.shipped:
            path = root / "etc" / service / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{name} of {service}\n")
    return root


def read(cloud: Settings, service: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    parser.read(configuration.main_file(cloud, service))
    return parser


def test_every_service_has_a_configuration_file(site: Site, installed: Path) -> None:
    configuration.write(site, installed)
    assert set(configuration.FILES) == set(SERVICES)
    for service in SERVICES:
        assert configuration.main_file(site.settings, service).is_file()
    paste = site.settings.configuration("glance") / "glance-api-paste.ini"
    assert paste.read_text() == "glance-api-paste.ini of glance\n"


def test_only_the_owner_may_read_the_configuration(site: Site, installed: Path) -> None:
    configuration.write(site, installed)
    folder = site.settings.state / "configuration"
    secret = [configuration.main_file(site.settings, service) for service in SERVICES]
    assert [path.name for path in secret if path.stat().st_mode & 0o077] == []
    folders = [path for path in folder.rglob("*") if path.is_dir()]
    assert [path.name for path in folders if path.stat().st_mode & 0o077] == []


def test_services_log_in_at_the_address_of_keystone(site: Site, installed: Path) -> None:
    configuration.write(site, installed)
    for service in ("placement", "glance", "neutron", "cinder", "nova"):
        login = read(site.settings, service)["keystone_authtoken"]
        assert login["auth_url"] == "http://127.77.9.2:5000/v3"
        assert login["password"] == site.passwords["service"]


def test_a_percent_sign_is_not_interpolated() -> None:
    text = configuration.render({"DEFAULT": {"password": "a%b%(c)s", "flag": True}})
    assert text == "[DEFAULT]\npassword = a%b%(c)s\nflag = True\n\n"


def test_every_host_offers_every_accelerator(cloud: Settings) -> None:
    [provider] = json.loads(nova.inventory(cloud))["providers"]
    offered = {name: amount["total"] for entry in provider["inventories"]["additional"]
               for name, amount in entry.items()}  # fmt: skip
    assert offered == {"CUSTOM_GPU_T4": 8, "CUSTOM_GPU_A100": 8}


def test_the_compute_driver_is_the_machine_driver_unless_a_variable_names_another(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(nova.DRIVER_VARIABLE, raising=False)
    assert nova.sections(site)["DEFAULT"]["compute_driver"] == "foreground.MachineDriver"
    monkeypatch.setenv(nova.DRIVER_VARIABLE, "fake.FakeDriver")
    assert nova.sections(site)["DEFAULT"]["compute_driver"] == "fake.FakeDriver"
