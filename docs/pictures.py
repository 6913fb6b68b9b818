"""Screenshots for the documentation: login, start and use of a session in a real browser.

CONTRIBUTING.md has the command; the site must run. Look at the pictures before you commit them.
"""  # noqa: INP001

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from playwright.sync_api import expect, sync_playwright

from lab.identity import names
from lab.instance import LabInstance
from lab.welcome import PERSON

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOLDER: Final = Path(__file__).resolve().parent / "tutorial" / "pictures"
CHROMIUM: Final = "/usr/bin/chromium"
PATIENCE_MS: Final = 120_000
WIDTH: Final = 1120
HEIGHT: Final = 700
CELL: Final = """import os, socket
print("a notebook of", os.environ["JUPYTERHUB_USER"], "on", socket.gethostname())
[name for name in sorted(os.listdir("/dev")) if "nvidia" in name or "accel" in name]"""


def main() -> None:
    """Take all pictures on the site that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site")
    instance = LabInstance.named(parser.parse_args().site)
    password = (names.folder(instance) / f"password-{PERSON}").read_text().strip()
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as play:
        sandbox = [] if os.geteuid() else ["--no-sandbox"]  # chromium refuses a sandbox as root
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        # the browser does not trust the site's own certificate authority
        page = chromium.new_page(
            ignore_https_errors=True, viewport={"width": WIDTH, "height": HEIGHT}
        )
        page.set_default_timeout(PATIENCE_MS)
        log_in(page, f"https://{names.HUB}:{names.port(instance)}/", password)
        take_a_gpu(page)
        run_a_cell(page)
        stop(page)
        chromium.close()


def log_in(page: Page, url: str, password: str) -> None:
    """Log in: from the hub's page to the issuer's, and back."""
    page.goto(url)
    page.get_by_role("link", name="Sign in").or_(
        page.get_by_role("button", name="Sign in")
    ).click()
    page.locator("input:not([type=hidden])").first.fill(PERSON)
    page.locator("input[type=password]").fill(password)
    take_picture(page, "login")
    page.get_by_role("button", name="Log in").click()


def take_a_gpu(page: Page) -> None:
    """Start the first kind of session, which has an accelerator."""
    page.wait_for_url("**/hub/**")
    if "/spawn" not in page.url:
        page.goto(page.url.split("/hub/", maxsplit=1)[0] + "/hub/spawn")
    expect(page.get_by_role("button", name="Start")).to_be_visible()
    page.wait_for_load_state("networkidle")
    take_picture(page, "kinds-of-session", 430)
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/user/**/lab**")


def run_a_cell(page: Page) -> None:
    """Create a notebook and run a cell in it."""
    page.locator(".jp-LauncherCard[data-category=Notebook]").first.click()
    cell = page.locator(".jp-Notebook .jp-Cell .cm-content").first
    cell.click()
    page.keyboard.insert_text(CELL)
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".jp-OutputArea-output").last).to_contain_text("[")
    page.wait_for_load_state("networkidle")
    take_picture(page, "notebook", 300)


def stop(page: Page) -> None:
    """Stop the session, which frees the accelerator."""
    page.goto(page.url.split("/user/", maxsplit=1)[0] + "/hub/home")
    page.get_by_role("link", name="Stop My Server").or_(
        page.get_by_role("button", name="Stop My Server")
    ).click()
    expect(page.locator("#start")).to_have_text("Start My Server", timeout=PATIENCE_MS)


def take_picture(page: Page, name: str, height: int = HEIGHT) -> None:
    """Write a screenshot of the page, cut at a height, to the folder of pictures."""
    file = FOLDER / f"{name}.png"
    page.screenshot(path=file, clip={"x": 0, "y": 0, "width": WIDTH, "height": height})
    sys.stdout.write(f"{file}: {file.stat().st_size // 1024} KiB\n")


if __name__ == "__main__":
    main()
