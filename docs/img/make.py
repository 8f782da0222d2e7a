"""Make the README's pictures, light and dark, of made-up recordings: the page of a point, the demo, ``status``.

From the project's folder, where Debian's chromium is: ``PYTHONPATH=. .venv/bin/python docs/img/make.py``
"""

import os
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
PICTURES = PROJECT / "docs" / "img"
_WIDTH = 1200
_COLUMNS = 82


def main() -> None:
    """Make them all anew."""
    with tempfile.TemporaryDirectory() as folder:
        page, at = _page(Path(folder))
        _photograph(page, at)
    _draw("demo", _said("demo"))
    _draw("status", _said("status"))


def _page(folder: Path) -> tuple[Path, float]:
    """Write the page of a point that has lived two weeks, at a fixed moment; return it with that moment."""
    os.environ.update(PVZ_CONFIG_PATH=str(folder / "pvz.ini"), LOGS_ROOT=str(folder / "logs"))
    from scheduler_runner.cli.asking import here
    from scheduler_runner.cli.report_facts import gather
    from scheduler_runner.report.page import page
    from tests.report.scenes import ZONE, busy_point, live, write_ini

    scene = busy_point(datetime(2026, 11, 25, 19, 10, tzinfo=ZONE), cameras=5)
    scene.dead = {3: 1}
    write_ini(folder / "pvz.ini", folder, scene)
    live(folder / "logs", scene)
    found = gather(here()._replace(now=scene.now.timestamp()))
    html = page(found.facts, found.more, ZONE)
    for real, shown in (("D_camera", "D:/camera"), ("O_cameras", "O:/cameras")):
        html = html.replace(str(folder / real), shown)
    path = folder / "page.html"
    path.write_text(html.replace(str(PROJECT / "pvz"), r"C:\PVZ\pvz"), "utf-8")
    return path, scene.now.timestamp()


def _photograph(page: Path, at: float) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for theme in ("light", "dark"):
            shown = browser.new_page(viewport={"width": _WIDTH, "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
            shown.clock.set_fixed_time(at + 300)
            shown.goto(page.as_uri())
            tasks = shown.locator("#tasks").bounding_box()
            height = tasks["y"] + tasks["height"] + 16 if tasks else 900
            clip = {"x": 0.0, "y": 0.0, "width": float(_WIDTH), "height": height}
            shown.screenshot(path=PICTURES / f"report-{theme}.png", full_page=True, clip=clip)  # type: ignore[arg-type]
        browser.close()


def _said(command: str) -> str:
    """Return what a command shows after the demo, in Russian."""
    sandbox = PROJECT / "sandbox"
    environ = {**os.environ, "LC_ALL": "ru_RU.UTF-8", "COLUMNS": str(_COLUMNS), "PYTHONUTF8": "1"}
    environ.update(PVZ_CONFIG_PATH=str(sandbox / "demo.ini"), LOGS_ROOT=str(sandbox / "logs"))
    given = [sys.executable, "-m", "scheduler_runner", command]
    told = subprocess.run(given, cwd=PROJECT, env=environ, capture_output=True, encoding="utf-8", check=False).stdout
    return told.replace(f"{PROJECT}{os.sep}", "C:/PVZ/")


def _draw(name: str, text: str) -> None:
    from rich.console import Console
    from rich.terminal_theme import DEFAULT_TERMINAL_THEME, DIMMED_MONOKAI

    for look, theme in (("light", DEFAULT_TERMINAL_THEME), ("dark", DIMMED_MONOKAI)):
        console = Console(record=True, width=_COLUMNS, file=open(os.devnull, "w"), force_terminal=True)  # noqa: SIM115
        console.print(text, markup=False, highlight=False)
        console.save_svg(str(PICTURES / f"{name}-{look}.svg"), title=f"pvz {name}", theme=theme)


if __name__ == "__main__":
    main()
