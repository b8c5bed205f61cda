"""Words that several result files share."""

from __future__ import annotations

from siteplan.plan import Assignment
from siteplan.problem import Role
from siteplan.text import Text

ILLUSTRATIVE_NOTE = Text(
    zh="含示例数据：由公开资料与假设生成，不是实测，不得作为建设依据",
    en="made from illustrative data: generated from public facts and assumptions, not surveyed;"
    " not a basis for building anything",
)
"""What every result that rests on illustrative records says of itself."""

ROLES = {
    Role.CANDIDATE: Text("备选空间", "candidate"),
    Role.COMMITTED: Text("已列入名录项目", "committed project"),
    Role.EXISTING: Text("现有服务", "existing service"),
}

CAUSES = {
    "": Text.same(""),
    "no_place": Text("步行范围内已满", "every provider in reach is full"),
    "no_provider_in_reach": Text("步行范围内无此功能", "no provider in reach"),
}
"""Why persons have no site, by `siteplan.plan.Assignment.cause`."""


def cause_of(assignment: Assignment) -> Text:
    """Return why the persons of an assignment have no site; empty where they have one."""
    return CAUSES[assignment.cause]
