"""What a benchmark ran on, in words."""

import json
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("socket.io", "@socket.io/redis-adapter", "redis", "ws")


def machine() -> str:
    """Name the processor, the cores that may be used, and the kernel."""
    return f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def software(node_packages: Path) -> str:
    """Name the versions that the figures hang on."""
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    packages = ", ".join(f"{name} {_version(node_packages / name)}" for name in PACKAGES)
    return f"{libraries('uvicorn', 'uvloop', 'websockets')}; Node {node}, {packages}"


def libraries(*names: str) -> str:
    """Name the versions of Python and of these packages."""
    packages = ", ".join(f"{name} {version(name)}" for name in names)
    return f"Python {platform.python_version()}, {packages}"


def _version(package: Path) -> str:
    return str(json.loads((package / "package.json").read_text())["version"])


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
