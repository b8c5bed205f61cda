"""Missed targets in words: what each cause takes, sums, and remedies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from siteplan.explain.remedies import counted_unit
from siteplan.problem import Problem
from siteplan.publish import Cause, CauseShare, MissedTarget
from siteplan.publish.explanations import CAUSE_NAMES
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
    yield from _shares(missed.causes)
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


def _shares(causes: Sequence[CauseShare]) -> Iterator[Text]:
    """Yield a line for every cause that may have a share; one without a figure of its own as an interval."""
    for share in causes:
        if share.high <= 0.0:
            continue
        name = CAUSE_NAMES[share.cause]
        if share.is_proven:
            yield Text(
                f"  {name.zh} {_figure(share.value)}（已证）",
                f"  {name.en} {_figure(share.value)} (proven)",
            )
        else:
            low, high = _figure(share.low), _figure(share.high)
            yield Text(
                f"  {name.zh} {_figure(share.value)}（未证，在 {low} 到 {high} 之间）",
                f"  {name.en} {_figure(share.value)} (not proven, between {low} and {high})",
            )


def _between(low: float, high: float) -> Text:
    if low == high:
        return Text(f"{_figure(low)}（已证）", f"{_figure(low)} (proven)")
    return Text(f"{_figure(low)} 到 {_figure(high)}", f"{_figure(low)} to {_figure(high)}")


def _figure(value: float) -> str:
    tenths = round(value, 1)
    return f"{tenths:,.0f}" if tenths == round(tenths) or value >= 100.0 else f"{tenths:,.1f}"
