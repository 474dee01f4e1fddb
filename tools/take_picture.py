"""Photograph the top of a report, as README shows it; `make demo` writes the report that README means.

    apt-get install chromium fonts-inter
    make demo
    python tools/take_picture.py runs/flights/report.html docs/pictures/report.png

Chromium is looked for on the path, or where NETWRIGHT_CHROMIUM says.
"""

import argparse
import io
import os
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

WIDTH, HEIGHT = 1200, 1300
COLOURS = 128  # a page has few, and a palette of them is a third of the bytes


def photograph(page: Path, chromium: str) -> bytes:
    """Return the top of a page in light colours, as PNG."""
    with sync_playwright() as playwright:
        # The sandbox cannot start for root, as in a container; the page is our own.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        view = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT},
            device_scale_factor=1,
            color_scheme="light",
            reduced_motion="reduce",
        )
        view.goto(page.resolve().as_uri())
        view.evaluate("document.fonts.ready")
        shot = view.screenshot()
        browser.close()
        return shot


def smaller(shot: bytes) -> bytes:
    """Return the same picture with a palette, without dither so that flat grounds stay flat."""
    palette = Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    file = io.BytesIO()
    palette.save(file, "PNG", optimize=True)
    return file.getvalue()


def main() -> None:
    """Write the picture of the report that the command line names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("report", type=Path, help="a report.html that `netwright fit` wrote")
    parser.add_argument("out", type=Path, help="the PNG to write")
    asked = parser.parse_args()
    chromium = os.environ.get("NETWRIGHT_CHROMIUM") or shutil.which("chromium")
    if not asked.report.is_file() or chromium is None:
        lacking = "chromium; apt-get install chromium" if chromium is None else f"{asked.report}; make demo"
        parser.error(f"there is no {lacking}")
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_bytes(smaller(photograph(asked.report, chromium)))
    print(f"{asked.out}: {asked.out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
