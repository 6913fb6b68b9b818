from __future__ import annotations

import asyncio
import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from kubespawner import KubeSpawner  # type: ignore[import-untyped]
from traitlets.config import Config

from services.notebooks.hub.hubconfig.configuration import configure
from services.notebooks.hub.hubconfig.homes import NoHomeError
from services.storage.homes.homes.server import server

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from pathlib import Path

    from services.notebooks.hub.hubconfig.settings import Settings

ACCELERATOR = "foreground.internal/accelerator"
SESSION = {"foreground.internal/session": "true"}


@pytest.fixture(autouse=True)
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kubeconfig that leads nowhere: KubeSpawner reads one, and no test calls the API."""
    cluster = {"name": "c", "cluster": {"server": "http://127.0.0.1:9"}}
    user = {"name": "u", "user": {"token": "t"}}
    context = {"name": "x", "context": {"cluster": "c", "user": "u"}}
    file = tmp_path / "kubeconfig"
    file.write_text(
        json.dumps(
            {
                "clusters": [cluster],
                "contexts": [context],
                "current-context": "x",
                "users": [user],
            }
        )
    )
    name = "kubernetes_asyncio.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION"
    monkeypatch.setattr(name, str(file))


def with_spawner(
    config: Config, person: str, work: Callable[[Any], Coroutine[Any, Any, Any]]
) -> Any:  # noqa: ANN401 - KubeSpawner is untyped
    """Do some work with the spawner of a person, and return its result."""

    async def run() -> Any:  # noqa: ANN401 - as above
        spawner = KubeSpawner(config=config, _mock=True)
        spawner.user.name = person
        return await work(spawner)

    return asyncio.run(run())


def pod_of(config: Config, person: str = "ada", **options: str) -> dict[str, Any]:
    """Return the pod that KubeSpawner would create, as the API server gets it."""

    async def manifest(spawner: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
        spawner.user_options = options
        await spawner.load_user_options()
        pod = await spawner.get_pod_manifest()
        made: dict[str, Any] = spawner.api.api_client.sanitize_for_serialization(pod)
        return made

    pod: dict[str, Any] = with_spawner(config, person, manifest)
    return pod


@contextmanager
def homes_service(folder: Path) -> Iterator[str]:
    """Run the homes service on a folder; its URL."""
    with server(folder, 0) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
        thread.join()


def start(settings: Settings, person: str) -> None:
    """Run the hook that JupyterHub runs before it creates the pod of a session."""
    config = Config()
    configure(config, settings)
    with_spawner(config, person, lambda spawner: spawner.run_pre_spawn_hook())


def test_a_session_asks_for_what_the_site_says(config: Config) -> None:
    pod = pod_of(config, profile="cpu")
    (container,) = pod["spec"]["containers"]
    assert container["image"] == "registry.example:5000/foreground/notebooks-session:0"
    assert container["resources"]["requests"] == {"cpu": 0.2, "memory": 512 * 2**20}
    assert container["resources"]["limits"] == {"memory": 512 * 2**20}
    assert pod["spec"]["priorityClassName"] == "interactive"
    assert pod["metadata"]["labels"].items() >= SESSION.items()
    assert ACCELERATOR not in pod["metadata"]["labels"]


def test_a_session_with_an_accelerator_runs_on_its_model_only(config: Config) -> None:
    pod = pod_of(config, profile="t4")
    (container,) = pod["spec"]["containers"]
    assert container["resources"]["requests"]["nvidia.com/gpu"] == "1"
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert pod["metadata"]["labels"].items() >= {**SESSION, ACCELERATOR: "t4"}.items()
    required = pod["spec"]["affinity"]["nodeAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"
    ]
    assert required["nodeSelectorTerms"] == [
        {"matchExpressions": [{"key": ACCELERATOR, "operator": "In", "values": ["t4"]}]}
    ]


def test_a_model_that_the_site_does_not_have_is_refused(config: Config) -> None:
    with pytest.raises(ValueError, match="a100"):
        pod_of(config, profile="a100")


def test_a_session_is_not_root_and_has_no_access_to_the_cluster(config: Config) -> None:
    spec = pod_of(config)["spec"]
    (container,) = spec["containers"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["runAsUser"] == 1000
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize("person", ["ada", "Ada", "ada@institute.example", "x" * 60])
def test_a_session_mounts_the_folder_that_was_created_for_its_person(
    settings: Settings, config: Config, tmp_path: Path, person: str
) -> None:
    homes = tmp_path / "homes"
    homes.mkdir()
    with homes_service(homes) as settings.home["service"]:
        start(settings, person)
    spec = pod_of(config, person)["spec"]
    (mount,) = spec["containers"][0]["volumeMounts"]
    assert [path.name for path in homes.iterdir() if path.name != ".owners"] == [mount["subPath"]]
    assert (homes / ".owners" / mount["subPath"]).read_text() == person
    assert mount["mountPath"] == "/home/person"
    assert spec["volumes"] == [{"name": "home", "persistentVolumeClaim": {"claimName": "homes"}}]


def test_a_person_whose_home_is_not_available_reads_so(settings: Settings, tmp_path: Path) -> None:
    with (
        homes_service(tmp_path / "missing") as settings.home["service"],
        pytest.raises(NoHomeError) as error,
    ):
        start(settings, "ada")
    assert error.value.status_code == 503
    assert error.value.jupyterhub_message.startswith("Your home cannot be reached.")


def test_a_person_gets_no_session_while_the_homes_service_is_down(settings: Settings) -> None:
    settings.home["service"] = "http://127.0.0.1:9"
    with pytest.raises(NoHomeError):
        start(settings, "ada")


def test_a_folder_of_another_person_is_not_mounted(settings: Settings, tmp_path: Path) -> None:
    settings.home["folder"] = "shared"
    with homes_service(tmp_path) as settings.home["service"]:
        start(settings, "ada")
        with pytest.raises(NoHomeError):
            start(settings, "eve")
