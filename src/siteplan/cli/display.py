"""Progress on stderr: one block that is redrawn in place on a terminal, plain lines otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text as Line

from siteplan.cli.clock import RunClock
from siteplan.cli.wording import LEVEL_NAMES, number
from siteplan.progress import Progress
from siteplan.scenario import Level
from siteplan.text import Language, Text

SECONDS_BETWEEN_LINES = 5.0
"""Plain lines about the same stage and level come at most this often."""

REDRAWS_PER_SECOND = 4

STOPPING = Text(
    "正在停止搜索，随后发布目前最好的方案；再按一次 Ctrl-C 立即退出且不改动已有结果。",
    "stopping the search, then publishing the best plan so far; Ctrl-C again ends at once and leaves "
    "the previous results as they were.",
)


def describe(progress: Progress, language: Language) -> str:
    """Return a report as one line: the stage, and best plan, bound and gap of the level in work."""
    zh = language is Language.ZH
    parts = [progress.stage.in_language(language)]
    if progress.level:
        parts.append(LEVEL_NAMES[Level(progress.level)].in_language(language))
    if progress.incumbent is not None:
        parts.append(f"{'最好' if zh else 'best'} {number(progress.incumbent)}")
    if progress.bound is not None:
        parts.append(f"{'理论界' if zh else 'bound'} {number(progress.bound)}")
    if progress.gap is not None:
        parts.append(f"{'差' if zh else 'gap'} {number(progress.gap)}")
    if progress.unit is not None and len(parts) > 1 and progress.incumbent is not None:
        parts[-1] += f" {progress.unit.in_language(language)}"
    return " · ".join(parts)


class PlainProgress:
    """Writes a line when the stage or level changes, and every few seconds in between."""

    def __init__(self, console: Console, language: Language, clock: RunClock) -> None:
        self._console = console
        self._language = language
        self._clock = clock
        self._last: Progress | None = None
        self._last_line_s = 0.0

    def __call__(self, progress: Progress, /) -> None:
        """Write the report as a line, unless one about the same was just written."""
        last = self._last
        same = last is not None and (last.stage, last.level) == (progress.stage, progress.level)
        if same and self._clock.elapsed_s() - self._last_line_s < SECONDS_BETWEEN_LINES:
            return
        self._last, self._last_line_s = progress, self._clock.elapsed_s()
        self.say(describe(progress, self._language))

    def say(self, words: str) -> None:
        """Write one line with the elapsed seconds in front."""
        self._console.print(
            f"[{self._clock.elapsed_s():6.1f} s] {words}", markup=False, highlight=False, soft_wrap=True
        )

    def stopping(self) -> None:
        """Say that the search is being stopped."""
        self.say(STOPPING.in_language(self._language))


class LiveProgress:
    """Redraws one block: the stages done with their seconds, the one in work, elapsed seconds."""

    def __init__(self, console: Console, language: Language, clock: RunClock) -> None:
        self._language = language
        self._clock = clock
        self._done: list[tuple[Text, float]] = []
        self._current: Progress | None = None
        self._current_since_s = self._clock.elapsed_s()
        self._is_stopping = False
        self.live = Live(
            console=console,
            get_renderable=self._block,
            refresh_per_second=REDRAWS_PER_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __call__(self, progress: Progress, /) -> None:
        """Take a report; the block shows it at its next redraw."""
        now = self._clock.elapsed_s()
        if self._current is not None and self._current.stage != progress.stage:
            self._done.append((self._current.stage, now - self._current_since_s))
            self._current_since_s = now
        self._current = progress

    def stopping(self) -> None:
        """Say that the search is being stopped."""
        self._is_stopping = True

    def _block(self) -> RenderableType:
        lines = [
            Line(f"✓ {stage.in_language(self._language)}  {seconds:.1f} s", style="green")
            for stage, seconds in self._done[-8:]
        ]
        if self._current is not None:
            lines.append(Line(f"▶ {describe(self._current, self._language)}", style="bold"))
        if self._is_stopping:
            lines.append(Line(STOPPING.in_language(self._language), style="yellow"))
        lines.append(
            Line(
                f"{'已用' if self._language is Language.ZH else 'elapsed'} {self._clock.elapsed_s():.0f} s",
                style="dim",
            )
        )
        return Group(*lines)


@contextmanager
def progress_on(
    console: Console, language: Language, clock: RunClock
) -> Iterator[PlainProgress | LiveProgress]:
    """Show progress on ``console`` inside the ``with`` block; what is yielded takes the reports."""
    if not console.is_terminal:
        yield PlainProgress(console, language, clock)
        return
    display = LiveProgress(console, language, clock)
    with display.live:
        yield display
