"""What verification says: one result for each claim, and the notebook in which comparisons are kept."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from siteplan.text import Text

PLAN_FILE = "plan.json"


class ClaimStatus(StrEnum):
    """`NOT_RE_PROVEN`: consistent with everything else, but a proof that isn't repeated here (a bound)."""

    CONFIRMED = "confirmed"
    FALSE = "false"
    NOT_RE_PROVEN = "not_re_proven"

    @property
    def text(self) -> Text:
        """Return the status as a planner reads it."""
        return {
            ClaimStatus.CONFIRMED: Text("属实", "confirmed"),
            ClaimStatus.FALSE: Text("不实", "false"),
            ClaimStatus.NOT_RE_PROVEN: Text("未重新证明", "not re-proven"),
        }[self]


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """One claim: ``key`` is the stable name of the rule or figure, ``name`` says it to a planner.

    ``detail`` of a false claim names its place in the results, the claimed and the recomputed value and
    the tolerance; of the others, how many comparisons were made.
    """

    key: str
    name: Text
    status: ClaimStatus
    detail: Text
    comparisons: int


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """All claims of a plan. It passes where none is false."""

    claims: tuple[ClaimResult, ...]

    @property
    def passed(self) -> bool:
        """Whether no claim is false."""
        return not self.false

    @property
    def false(self) -> tuple[ClaimResult, ...]:
        """Return the false claims."""
        return self.with_status(ClaimStatus.FALSE)

    @property
    def counts(self) -> Mapping[ClaimStatus, int]:
        """Return the number of claims by status."""
        return {status: len(self.with_status(status)) for status in ClaimStatus}

    @property
    def comparisons(self) -> int:
        """Return the number of single comparisons behind the claims."""
        return sum(claim.comparisons for claim in self.claims)

    def with_status(self, status: ClaimStatus) -> tuple[ClaimResult, ...]:
        """Return the claims that have ``status``."""
        return tuple(claim for claim in self.claims if claim.status is status)


@dataclass(slots=True)
class Check:
    """The comparisons made for one claim; `results` turns them into `ClaimResult`s.

    Every method takes the place of the figure inside ``file``, as a JSON path such as
    ``sites[3].open_from``, and returns whether the claim holds there.
    """

    key: str
    name: Text
    file: str = PLAN_FILE
    comparisons: int = 0
    failures: list[Text] = field(default_factory=list)

    def same(self, path: str, claimed: object, recomputed: object) -> bool:
        """The claimed value is exactly the recomputed one, and of its kind (1 is not true)."""
        holds = claimed == recomputed and isinstance(claimed, bool) == isinstance(recomputed, bool)
        return self._note(holds, path, claimed, recomputed, "")

    def close(
        self, path: str, claimed: float | None, recomputed: float | None, tolerance: float, unit: str
    ) -> bool:
        """The claimed figure is within ``tolerance`` of the recomputed one; None only equals None."""
        if claimed is None or recomputed is None:
            return self._note(claimed is recomputed, path, claimed, recomputed, "")
        try:
            # Written so that a claimed NaN, which compares with nothing, is false.
            holds = abs(claimed - recomputed) <= tolerance
        except OverflowError:  # a whole number beyond the floating-point ones
            holds = False
        return self._note(holds, path, claimed, recomputed, f"{tolerance:g} {unit}".strip())

    def at_most(self, path: str, figure: float, limit: float, tolerance: float, unit: str) -> bool:
        """``figure`` does not exceed ``limit`` by more than ``tolerance``."""
        if figure <= limit + tolerance:
            return self._confirm()
        told = f"{tolerance:g} {unit}".strip()
        return self.holds(
            False,
            path,
            Text(
                zh=f"为 {_shown(figure)}，允许至多 {_shown(limit)}（容差 {told}）",
                en=f"is {_shown(figure)}, at most {_shown(limit)} is allowed (tolerance {told})",
            ),
        )

    def at_least(self, path: str, figure: float, limit: float, tolerance: float, unit: str) -> bool:
        """``figure`` does not fall below ``limit`` by more than ``tolerance``."""
        if figure >= limit - tolerance:
            return self._confirm()
        told = f"{tolerance:g} {unit}".strip()
        return self.holds(
            False,
            path,
            Text(
                zh=f"为 {_shown(figure)}，要求至少 {_shown(limit)}（容差 {told}）",
                en=f"is {_shown(figure)}, at least {_shown(limit)} is required (tolerance {told})",
            ),
        )

    def holds(self, condition: bool, path: str, otherwise: Text) -> bool:
        """``condition`` is true; ``otherwise`` says what is wrong where it isn't."""
        if condition:
            return self._confirm()
        self.comparisons += 1
        self.failures.append(
            Text(zh=f"{self.file} {path}：{otherwise.zh}", en=f"{self.file} {path}: {otherwise.en}")
        )
        return False

    def _confirm(self) -> bool:
        """Count a comparison that holds: of millions, what would be wrong is told of none of them."""
        self.comparisons += 1
        return True

    def results(self, status: ClaimStatus = ClaimStatus.CONFIRMED) -> tuple[ClaimResult, ...]:
        """Return one false result for each failure, or a single one with ``status`` where all held."""
        if self.failures:
            # The comparisons are counted once, with the first failure.
            return tuple(
                ClaimResult(
                    self.key, self.name, ClaimStatus.FALSE, failure, 0 if number else self.comparisons
                )
                for number, failure in enumerate(self.failures)
            )
        detail = Text(zh=f"已比对 {self.comparisons} 项", en=f"{self.comparisons} comparisons")
        return (ClaimResult(self.key, self.name, status, detail, self.comparisons),)

    def _note(self, holds: bool, path: str, claimed: object, recomputed: object, tolerance: str) -> bool:
        if holds:
            return self._confirm()
        margin_zh = f"（容差 {tolerance}）" if tolerance else ""
        margin_en = f" (tolerance {tolerance})" if tolerance else ""
        return self.holds(
            False,
            path,
            Text(
                zh=f"所称 {_shown(claimed)}，重新计算为 {_shown(recomputed)}{margin_zh}",
                en=f"claimed {_shown(claimed)}, recomputed {_shown(recomputed)}{margin_en}",
            ),
        )


RowT = TypeVar("RowT")
KeyT = TypeVar("KeyT", bound=Hashable)


def indexed(
    check: Check, table: str, rows: Iterable[RowT], key: Callable[[RowT], KeyT], expected: Iterable[KeyT]
) -> dict[KeyT, tuple[str, RowT]]:
    """Return key → (path, row) of a table, noting rows that are doubled, missing or not expected."""
    found: dict[KeyT, tuple[str, RowT]] = {}
    wanted = set(expected)
    for number, row in enumerate(rows):
        row_key = key(row)
        path = f"{table}[{number}]"
        is_new, is_wanted = row_key not in found, row_key in wanted
        shown = "" if is_new and is_wanted else _shown(row_key)
        check.holds(is_new, path, Text(f"{shown} 出现两次", f"{shown} appears twice"))
        if check.holds(is_wanted, path, Text(f"{shown} 不应出现", f"{shown} does not belong here")):
            found.setdefault(row_key, (path, row))
    for row_key in sorted(wanted - set(found), key=repr):
        check.holds(False, table, Text(f"缺少 {_shown(row_key)}", f"{_shown(row_key)} is missing"))
    return found


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return "(" + ", ".join(_shown(item) for item in value) + ")"
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value)
