"""Words and numbers of a comparison in one language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from siteplan.problem import Role
from siteplan.publish.labels import ROLES
from siteplan.scenario import Basis
from siteplan.studies.comparison.document import Comparison, CoverageRow, LocalRow, Remark, SiteRow
from siteplan.text import Language, Text

STOPPED_BY = {
    "completed": Text("各级都已证最优", "every level proven"),
    "gap": Text("达到要求的差距", "gap reached"),
    "work_limit": Text("达到搜索量上限", "work limit"),
    "time_limit": Text("到时限", "time limit"),
    "interrupted": Text("被中断", "interrupted"),
}
STATUSES = {
    "optimal": Text("已证最优", "optimal"),
    "gap": Text("有差距", "gap"),
    "unproven": Text("未证明", "unproven"),
    "component": Text("加权和的一项", "part of the sum"),
}
MONEY_ITEMS = {
    "amount_cny": Text("当年资金", "amount"),
    "capital_cny": Text("建设投资", "capital"),
    "joint_programmes_cny": Text("结合项目出资", "joint programmes"),
    "operating_cny": Text("运营费用", "operating"),
    "fees_cny": Text("服务收费", "fees"),
    "subsidy_cny": Text("运营补贴", "subsidies"),
    "awards_outstanding_cny": Text("待付奖补", "awards outstanding"),
    "granted_cny": Text("安排", "granted"),
    "paid_cny": Text("支付", "paid"),
    "carried_out_cny": Text("结转下年", "carried out"),
}
NOT_COMPARABLE = Text("不可比", "not comparable")
NONE = "—"
MINUS = "−"
"""No line breaks after it, other than after a hyphen."""


@dataclass(frozen=True, slots=True)
class Words:
    """Says what a comparison holds, in one language."""

    comparison: Comparison
    language: Language

    def say(self, words: Text | Remark) -> str:
        """Return words in the language."""
        return (words.text if isinstance(words, Remark) else words).in_language(self.language)

    def joined(self, names: Iterable[str]) -> str:
        """Return names as a list; — where there is none."""
        return ("、" if self.language is Language.ZH else ", ").join(names) or NONE

    def function(self, key: str) -> str:
        """Return the name of a function, its key where the inputs are gone."""
        name = self.comparison.names.functions.get(key)
        return key if name is None else self.say(name)

    def functions(self, keys: Iterable[str]) -> str:
        """Return the names of functions."""
        return self.joined(self.function(key) for key in keys)

    def community(self, code: str) -> str:
        """Return the name of a community, its code where the inputs are gone."""
        return self.comparison.names.communities.get(code, code)

    def town(self, code: str) -> str:
        """Return the name of a town, its code where the inputs are gone."""
        return self.comparison.names.towns.get(code, code)

    def role(self, row: SiteRow) -> str:
        """Return what kind of site it is."""
        return self.say(ROLES[Role(row.role)])

    def function_years(self, listed: Sequence[str]) -> str:
        """Return ``<function>:<year>`` by name, years in brackets where there are several."""
        years: dict[str, list[str]] = {}
        for each in listed:
            function, year = each.rsplit(":", 1)
            years.setdefault(function, []).append(year)
        if len(self.comparison.community_years) == 1:
            return self.functions(years)
        return self.joined(f"{self.function(key)} ({', '.join(each)})" for key, each in years.items())

    def why_not(self, why: Sequence[Remark | None]) -> str:
        """Return why figures of other plans can't be compared; empty where all can."""
        said = dict.fromkeys(self.say(each) for each in why if each is not None)
        if not said:
            return ""
        colon = "：" if self.language is Language.ZH else ": "
        return f"{self.say(NOT_COMPARABLE)}{colon}{'; '.join(said)}"

    def difference(self, value: float | None, why: Remark | None, decimals: int = 0) -> str:
        """Return a difference with its sign, or that there can't be one."""
        if value is None:
            return NONE if why is None else self.say(NOT_COMPARABLE)
        return signed(value, decimals)

    def n_of_m(self, row: CoverageRow | LocalRow, number: int, *, with_target: bool = True) -> str:
        """Return n of m of a plan, with the target where it has one and it is wanted."""
        value, counted, target = row.values[number], row.counted[number], row.targets[number]
        if value is None or counted is None:
            return NONE
        if counted == 0:
            return self.say(Text("不涉及", "not concerned"))
        figure = f"{value:,.0f}/{counted:,.0f}"
        if target is None or not with_target:
            return figure
        return f"{figure}{self.say(Text(f'（目标 {target:,.0f}）', f' (target {target:,.0f})'))}"

    def headings(self) -> list[Text]:
        """Return the names of the plans, as headings of columns."""
        return [Text.same(plan.name) for plan in self.comparison.plans]

    def difference_headings(self) -> list[Text]:
        """Return the heading of each other plan's difference from the reference."""
        others = self.comparison.others
        if len(others) == 1:
            return [Text("差", "difference")]
        return [Text(f"差 {plan.name}", f"difference {plan.name}") for plan in others]

    def basis(self, basis: Basis) -> str:
        """Return the name of a basis."""
        return self.say(basis.text)


def signed(value: float, decimals: int = 0) -> str:
    """Return a number with its sign; 0 without."""
    rounded = round(value, decimals)
    return "0" if rounded == 0 else f"{rounded:+,.{decimals}f}".replace("-", MINUS)
