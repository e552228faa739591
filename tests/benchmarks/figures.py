"""What is measured of one server in one round."""

from typing import NamedTuple


class Figures(NamedTuple):
    """Deliveries a second at saturation, their bytes, how busy the two cores were (1.0: wholly), and ms."""

    deliveries: float
    bytes_each: float
    server_share: float
    load_share: float
    p50: float
    p99: float
    most: float

    def line(self) -> str:
        """Say it on one line."""
        return (
            f"{self.deliveries:>10,.0f}/s of {self.bytes_each:.0f} B"
            f"   p50 {self.p50:6.2f} ms   p99 {self.p99:6.2f} ms   max {self.most:6.2f} ms"
            f"   cores: server {self.server_share:4.0%}, listeners {self.load_share:4.0%}"
        )
