from __future__ import annotations

import re
import sys
from functools import partial
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyterhub.app import JupyterHub  # type: ignore[import-untyped]
from jupyterhub.proxy import ConfigurableHTTPProxy  # type: ignore[import-untyped]
from jupyterhub.spawner import Spawner  # type: ignore[import-untyped]
from kubespawner import KubeSpawner  # type: ignore[import-untyped]
from oauthenticator.generic import GenericOAuthenticator  # type: ignore[import-untyped]
from traitlets.config.loader import PyFileConfigLoader

if TYPE_CHECKING:
    import pytest
    from traitlets.config import Config

    from services.notebooks.hub.hubconfig.settings import Settings

HUB = Path(__file__).parents[1]
CLASSES = {
    kind.__name__: kind
    for kind in (JupyterHub, ConfigurableHTTPProxy, GenericOAuthenticator, Spawner, KubeSpawner)
}


def test_the_classes_here_have_the_versions_of_the_image() -> None:
    pinned = dict(
        re.findall(
            r"^(jupyterhub|jupyterhub-kubespawner|oauthenticator|tornado)==(\S+)",
            (HUB / "requirements.txt").read_text(),
            re.MULTILINE,
        )
    )
    assert len(pinned) == 4
    assert pinned == {name: version(name) for name in pinned}


def test_every_trait_exists_on_its_class(config: Config) -> None:
    unknown = {
        f"{name}.{trait}"
        for name, traits in config.items()
        for trait in traits
        if trait not in CLASSES[name].class_trait_names(config=True)
    }
    assert set(config) == set(CLASSES)
    assert unknown == set()


def test_the_hub_accepts_every_value(config: Config) -> None:
    hub = JupyterHub(config=config)
    assert hub.authenticator_class is GenericOAuthenticator
    assert hub.spawner_class is KubeSpawner
    assert hub.cookie_secret == bytes.fromhex("00ff" * 16)
    assert hub.db_url == "postgresql+psycopg://hub:pw@192.0.2.5:5432/hub"
    assert hub.hub_connect_url == "http://hub.platform:8081"
    assert not hub.cleanup_servers
    proxy = ConfigurableHTTPProxy(config=config)
    assert (proxy.api_url, proxy.auth_token) == ("http://proxy.platform:8001", "token")
    assert not proxy.should_start


def test_jupyterhub_reads_the_same_from_its_configuration_file(
    config: Config, mounted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(HUB)  # the image has the package at the top level
    settings: Any = import_module("hubconfig.settings")
    monkeypatch.setattr(settings, "read", partial(settings.read, mounted))
    loaded = PyFileConfigLoader("jupyterhub_config.py", path=str(HUB)).load_config()
    for each in (config, loaded):  # a function of each module of its own
        assert callable(each.KubeSpawner.pop("pre_spawn_hook"))
    assert loaded == config
    for name in [name for name in sys.modules if name.partition(".")[0] == "hubconfig"]:
        monkeypatch.delitem(sys.modules, name)


def test_secrets_are_not_in_the_text_of_the_settings(settings: Settings) -> None:
    assert settings.secrets.client == "client secret"
    assert "client secret" not in repr(settings)
