"""Names and numbers as the command line writes them."""

from __future__ import annotations

from siteplan.scenario import Level
from siteplan.text import Text

LEVEL_NAMES = {
    Level.SHORTFALL: Text("目标缺口", "shortfall to targets"),
    Level.PERSONS_COVERED: Text("覆盖人年", "persons covered"),
    Level.AREA_STANDARD: Text("面积标准缺口", "area-standard shortfall"),
    Level.FORM: Text("插花与新建数", "scattered and new-built"),
    Level.COST: Text("费用", "cost"),
    Level.WALKING_DISTANCE: Text("步行距离", "walking distance"),
    Level.WORST_COMMUNITY: Text("最弱社区", "worst community"),
    Level.PREFERRED_FORM: Text("综合体条件", "preferred form"),
    Level.NEWLY_BUILT: Text("新建数", "newly built"),
    Level.CHANGES: Text("变动的承诺", "promises changed"),
    Level.SCATTERED_FUNCTIONS: Text("插花功能数", "scattered functions"),
    Level.OPERATOR_CONCENTRATION: Text("最大运营主体的点位数", "sites of the largest operator"),
    Level.WEIGHED: Text("加权和", "weighed sum"),
}


def number(value: float) -> str:
    """Return a number as a planner reads it: thousands apart, no needless digits."""
    if abs(value) >= 1000 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.4g}"
