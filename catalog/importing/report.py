"""What became of an import: counted, and each thing that went wrong by file and row."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Remark:
    """One row that was refused, or taken with a change that somebody should know of."""

    file: str
    row: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, row {self.row}: {self.reason}"


@dataclass(slots=True)
class Report:
    """The sums of a run."""

    files: int = 0
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    @property
    def imported(self) -> int:
        """Products that are there now as the files have them."""
        return self.created + self.updated + self.unchanged

    def summary(self) -> str:
        """One line for people."""
        products = f"{self.created} created, {self.updated} updated, {self.unchanged} unchanged"
        return f"{self.rows} rows in {self.files} files: {products}, {len(self.refused)} refused"
