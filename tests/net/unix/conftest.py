"""Programs on simulated hosts."""

from tests.kit.programs import bench, net

__all__ = ["bench", "net"]
