"""Script that renews the control plane's certificates, run by a real shell with real openssl.

kubeadm, kubectl and pgrep are fakes that record their arguments: this shows the control flow of
the script, not what the programs do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jinja2
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ROLE = Path(__file__).resolve().parents[1] / "roles" / "kubernetes"
SCRIPT = ROLE / "templates" / "renew.sh.j2"
NAMES = ("apiserver.crt", "front-proxy-client.crt", "etcd/server.crt")
AUTHORITIES = ("ca.crt", "front-proxy-ca.crt", "etcd/ca.crt")


def certificate(file: Path, days: int) -> None:
    """Write a certificate that expires in a number of days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, file.stem)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))


class Control:
    """A control machine whose certificates expire in a number of days; its programs are fakes."""

    def __init__(self, folder: Path, days: int, *, renews: bool = True) -> None:
        self.folder = folder
        for name in (*NAMES, *AUTHORITIES):
            certificate(folder / "pki" / name, 10 if name in AUTHORITIES else days)
            certificate(folder / "new" / name, 1825)
        self.server = subprocess.Popen(["sleep", "60"])
        self.watch = threading.Thread(
            target=self.server.wait
        )  # collects the process, as a container's shim does
        self.watch.start()
        renewal = "; ".join(
            f"cp {folder}/new/{name} {folder}/pki/{name}" for name in NAMES if renews
        )
        for program, command in (
            ("kubeadm", renewal or "true"),
            ("pgrep", f"echo {self.server.pid}"),
            ("kubectl", "true"),
        ):
            file = folder / program
            file.write_text(f'#!/bin/sh\necho "{program} $*" >> {folder}/calls\n{command}\n')
            file.chmod(0o755)

    def run(self) -> subprocess.CompletedProcess[str]:
        """Run the script."""
        script = jinja2.Template(SCRIPT.read_text()).render(
            inventory_hostname="control-0",
            kubernetes_kubectl=self.folder / "kubectl",
            kubernetes_patience=10,
            kubernetes_pki=self.folder / "pki",
            kubernetes_renew_days=180,
        )
        try:
            return subprocess.run(
                ["sh", "-s"],
                input=script,
                env={"PATH": f"{self.folder}:{os.environ['PATH']}"},
                capture_output=True,
                check=False,
                text=True,
            )
        finally:
            self.running = self.watch.is_alive()
            self.server.kill()
            self.watch.join()

    @property
    def calls(self) -> str:
        """Return the recorded calls."""
        file = self.folder / "calls"
        return file.read_text() if file.exists() else ""


def test_certificates_that_expire_soon_are_renewed_and_read_again(tmp_path: Path) -> None:
    control = Control(tmp_path, days=100)
    done = control.run()
    assert (done.returncode, done.stdout) == (0, "renewed\n"), done.stderr
    assert "kubeadm certs renew all" in control.calls
    assert "kubectl get --raw=/readyz" in control.calls
    assert not control.running


@pytest.mark.parametrize("days", [200, 1800])
def test_certificates_that_expire_later_are_not_renewed(days: int, tmp_path: Path) -> None:
    control = Control(tmp_path, days=days)
    done = control.run()
    assert (done.returncode, done.stdout, control.calls) == (0, "", "")
    assert control.running


def test_an_interrupted_renewal_is_completed(tmp_path: Path) -> None:
    control = Control(tmp_path, days=1800)
    (tmp_path / "pki/.unread").touch()
    assert control.run().stdout == "renewed\n"
    assert "kubeadm" not in control.calls
    assert not control.running
    assert not (tmp_path / "pki/.unread").exists()


def test_one_certificate_that_expires_soon_is_enough(tmp_path: Path) -> None:
    control = Control(tmp_path, days=1800)
    certificate(tmp_path / "pki/etcd/server.crt", 20)
    assert control.run().stdout == "renewed\n"


def test_a_renewal_without_effect_is_an_error(tmp_path: Path) -> None:
    done = Control(tmp_path, days=20, renews=False).run()
    assert done.returncode == 1
    assert "certificates of control-0 end in less than 180 days" in done.stderr


def test_certificates_of_a_new_cluster_last_longer_than_a_year() -> None:
    defaults = yaml.safe_load((ROLE / "defaults/main.yml").read_text())
    lifetime = defaults["kubernetes_certificate_days"]
    assert lifetime > 365 + defaults["kubernetes_renew_days"]
    template = (ROLE / "templates/init.yaml.j2").read_text()
    assert "certificateValidityPeriod: {{ kubernetes_certificate_days * 24 }}h0m0s" in template


def test_openssl_is_installed() -> None:
    assert shutil.which("openssl")
