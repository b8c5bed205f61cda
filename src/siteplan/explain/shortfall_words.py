"""Missed targets in words: what each cause takes, sums, and remedies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from siteplan.explain.units import counted_unit
from siteplan.problem import Problem
from siteplan.publish import MONEY_KIND_NAMES, Cause, CauseShare, MissedTarget, MoneyShare
from siteplan.publish.explanations import CAUSE_NAMES, Share
from siteplan.text import Text


def words_of_missed_target(problem: Problem, missed: MissedTarget) -> Iterator[Text]:
    """Yield a missed target: n of m, the shares of its causes with their sum, and the remedies."""
    name = problem.functions[missed.function].name
    if missed.area_code is not None:
        area = problem.area_name(missed.area_code)
        name = Text(f"{area}{name.zh}", f"{name.en} in {area}")
    zh, en = counted_unit(problem, missed.missing)
    target = f"{missed.target:,.0f}"
    yield Text(
        f"{name.zh}，{missed.year} 年：{missed.covered:,.0f}/{missed.counted:,.0f}，目标 {target}，缺 {zh}",
        f"{name.en}, {missed.year}: {missed.covered:,.0f} of {missed.counted:,.0f}, target {target}: "
        f"{en} missing",
    )
    yield from _shares(missed.causes, missed.money)
    yield Text(
        f"  合计 {_figure(sum(share.value for share in missed.causes))}",
        f"  sum {_figure(sum(share.value for share in missed.causes))}",
    )
    alone = _between(missed.missing_alone_low, missed.missing_alone_high)
    yield Text(
        f"  若只有这一个目标，同样的资金和速度下缺 {alone.zh}",
        f"  were this the only target, under the same money and pace {alone.en} would be missing",
    )
    for remedy in missed.remedies:
        yield Text(f"  办法：{remedy.words.zh}", f"  what would help: {remedy.words.en}")


def words_of_sums(missed: Sequence[MissedTarget]) -> Iterator[Text]:
    """Yield what each cause takes of all missed targets together."""
    if len(missed) < 2:
        return
    total = sum(entry.missing for entry in missed)
    unit = (
        Text("社区·功能·年", "community-function-years")
        if missed[0].counts_communities
        else Text("人·功能·年", "person-function-years")
    )
    yield Text(
        f"全部 {len(missed)} 个未达目标，共缺 {_figure(total)} {unit.zh}：",
        f"all {len(missed)} missed targets, {_figure(total)} {unit.en} in all:",
    )
    shares = [entry.causes for entry in missed]
    sums = tuple(
        CauseShare(
            cause=cause,
            value=sum(share.value for causes in shares for share in causes if share.cause is cause),
            low=sum(share.low for causes in shares for share in causes if share.cause is cause),
            high=sum(share.high for causes in shares for share in causes if share.cause is cause),
        )
        for cause in Cause
    )
    yield from _shares(sums)


def _shares(causes: Sequence[CauseShare], of_money: Sequence[MoneyShare] = ()) -> Iterator[Text]:
    """Yield a line for every cause that may have a share, and below money for every kind of it."""
    for share in causes:
        if share.high <= 0.0:
            continue
        name, figure = CAUSE_NAMES[share.cause], _share(share)
        if share.cause is not Cause.MONEY or not of_money:
            yield Text(f"  {name.zh} {figure.zh}", f"  {name.en} {figure.en}")
            continue
        if len(of_money) == 1:
            kind = MONEY_KIND_NAMES[of_money[0].kind]
            yield Text(f"  {name.zh}（{kind.zh}）{figure.zh}", f"  {name.en} ({kind.en}) {figure.en}")
            continue
        yield Text(f"  {name.zh} {figure.zh}，其中：", f"  {name.en} {figure.en}, of it:")
        for part in of_money:
            if part.high > 0.0:
                kind, figure = MONEY_KIND_NAMES[part.kind], _share(part)
                yield Text(f"    {kind.zh} {figure.zh}", f"    {kind.en} {figure.en}")


def _share(share: Share) -> Text:
    """Return a figure, and where it isn't proven the interval."""
    value, low, high = _figure(share.value), _figure(share.low), _figure(share.high)
    if share.is_proven:
        return Text(f"{value}（已证）", f"{value} (proven)")
    return Text(
        f"{value}（未证，在 {low} 到 {high} 之间）", f"{value} (not proven, between {low} and {high})"
    )


def _between(low: float, high: float) -> Text:
    if low == high:
        return Text(f"{_figure(low)}（已证）", f"{_figure(low)} (proven)")
    return Text(f"{_figure(low)} 到 {_figure(high)}", f"{_figure(low)} to {_figure(high)}")


def _figure(value: float) -> str:
    tenths = round(value, 1)
    return f"{tenths:,.0f}" if tenths == round(tenths) or value >= 100.0 else f"{tenths:,.1f}"
