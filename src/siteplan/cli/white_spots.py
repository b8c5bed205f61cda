"""``siteplan white-spots``: from a result folder to the zones in which to look for space next."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.table import Table

from siteplan.cli.explaining import function_named, known_year, question_about, show, stored, terrain_of
from siteplan.cli.session import Session
from siteplan.explain import Wanted, find_white_spots
from siteplan.findings import InputError, Place, error
from siteplan.problem import Problem
from siteplan.publish import WhiteSpots, store_explanations
from siteplan.publish.labels import ILLUSTRATIVE_NOTE
from siteplan.publish.white_spots import place_of, words_of_white_spot, write_white_spots
from siteplan.text import Language, Text


@dataclass(frozen=True, slots=True)
class Searched:
    """What the user looks for; ``solved``: so many zones are solved for; ``output``: folder of the files."""

    function: str | None
    year: int | None
    count: int
    minimum_area_m2: float | None
    only_without_candidates: bool
    solved: int
    seconds: float | None
    output: Path | None
    store: bool
    case: Path | None


def search_results(results: Path, asked: Searched, session: Session) -> None:
    """Print the zones, and write them as a table and as polygons.

    Raises:
        InputError: a result file is missing, an input is missing or has changed, or a file can't be written.
        BadParameter: the year or the function isn't in the plan's problem.
    """
    question, prepared = question_about(results, asked.seconds, asked.case, session)
    problem = question.problem
    known_year(problem, asked.year, session.language)
    functions = tuple(problem.functions)
    if asked.function is not None:
        functions = (function_named(problem, asked.function, session.language),)
    wanted = Wanted(
        functions=functions,
        year=problem.years[-1] if asked.year is None else asked.year,
        count=asked.count,
        minimum_area_m2=asked.minimum_area_m2,
        only_without_candidates=asked.only_without_candidates,
    )
    terrain = terrain_of(prepared)
    *_, found = find_white_spots(question, terrain, wanted, asked.solved)
    if question.plan.illustrative:
        show([ILLUSTRATIVE_NOTE], session)
    show([_headline(found)], session)
    if found.spots:
        session.out.print(_table(found, problem, session.language))
        for spot in found.spots:
            place = place_of(spot, problem)
            show([Text(f"{spot.rank}  {place.zh}", f"{spot.rank}  {place.en}")], session)
            lines = words_of_white_spot(spot, problem)
            show((Text(f"   {line.zh}", f"   {line.en}") for line in lines), session)
    show(_closing(found), session)
    folder = results if asked.output is None else asked.output
    for file in _written(found, problem, question.plan.illustrative, folder):
        session.reporter.say(Text(f"已写出 {file}", f"wrote {file}"))
    if asked.store:
        stored(store_explanations(results, white_spots=found), session)


def _headline(found: WhiteSpots) -> Text:
    basis = found.basis.text
    only = (
        Text("，只计没有备选空间能覆盖的", ", counting only what no listed space could cover")
        if found.only_without_candidates
        else Text("", "")
    )
    area = (
        Text("", "")
        if found.minimum_area_m2 is None
        else Text(
            f"，建筑面积 {found.minimum_area_m2:,.0f} m²",
            f", spaces of {found.minimum_area_m2:,.0f} m² floor area",
        )
    )
    return Text(
        f"下一步到哪里找空间（{found.year} 年，{basis.zh}{area.zh}{only.zh}）：后一处只计前面各处未覆盖的",
        f"Where to look for space next ({found.year}, basis: {basis.en}{area.en}{only.en}); "
        "each zone counts what those before it leave",
    )


def _table(found: WhiteSpots, problem: Problem, language: Language) -> Table:
    """Return the zones at a glance, within 80 columns."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    columns = (
        (Text("", ""), "right"),
        (Text("社区", "community"), "left"),
        (Text("新覆盖 项", "newly covered"), "right"),
        (Text("无备选 项", "no listed space"), "right"),
        (Text("新增 人·类", "persons × functions"), "right"),
        (Text("建筑面积 m²", "floor area m²"), "right"),
        (Text("估算 万元", "10 000 CNY"), "right"),
    )
    for words, justify in columns:
        table.add_column(words.in_language(language), justify="right" if justify == "right" else "left")
    for spot in found.spots:
        counts = found.basis.counts_communities
        table.add_row(
            str(spot.rank),
            problem.communities[spot.community_code].name,
            f"{spot.newly_covered}" if counts else "—",
            f"{spot.without_candidate}" if counts else "—",
            f"{spot.persons:,.0f}",
            f"{spot.floor_area_m2:,.0f}",
            f"{spot.cny / 10_000.0:,.0f}",
        )
    return table


def _closing(found: WhiteSpots) -> list[Text]:
    if not found.spots:
        return [
            Text(
                "没有哪一处新空间能增加覆盖：要么都已覆盖，要么所找的面积装不下缺的功能。",
                "No new space would add coverage: all is covered, or what is missing doesn't fit in.",
            )
        ]
    return [
        Text(
            "一项是一个社区的一类功能。步行距离按实际道路计，含门前 40 m；标出的位置上列数字成立，"
            "区内道路上的其他位置至少达到其九成。估算按改建单价，是假定。"
            + (f"以上都建成后，还有 {found.left} 项未覆盖。" if found.basis.counts_communities else ""),
            "One is a function in a community. Distances follow the roads, 40 m to the door included; the "
            "figures hold at the marked place, and elsewhere on the zone's roads at least nine tenths of "
            "them. Costs assume rebuilding."
            + (f" With all of them, {found.left} stay uncovered." if found.basis.counts_communities else ""),
        )
    ]


def _written(found: WhiteSpots, problem: Problem, illustrative: bool, folder: Path) -> list[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return write_white_spots(found, problem, illustrative, folder)
    except OSError as refusal:
        fault = error(
            "white-spots-not-writable",
            Place(file=folder),
            found=Text(f"写不了文件：{refusal}", f"a file can't be written: {refusal}"),
            allowed=Text("可写的文件夹", "a folder that can be written"),
            mend=Text(
                "关闭正在打开它的程序，或用 --output 另指定", "close it where it is open, or say --output"
            ),
        )
        raise InputError([fault]) from refusal
