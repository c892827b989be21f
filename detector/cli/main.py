"""`zhenzan`: the commands put together."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from zhenzan.detector.cli import (
    benchmark,
    demo,
    doctor,
    evaluate,
    explain,
    families,
    report,
    scan,
    simulate,
    sources,
    train,
)
from zhenzan.detector.cli.common import Commands
from zhenzan.detector.cli.plugged import add_commands

__all__ = ["app", "main"]

# Plain help: it reads the same on a terminal, in a pipe and in docs/commands.md.
app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(asked: bool) -> None:
    if asked:
        from zhenzan.detector.versions import zhenzan_version

        typer.echo(f"zhenzan {zhenzan_version()}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error arose.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Scores comment sections, accounts and comments for likely purchased engagement.

    It reports likelihood and evidence about activity received; it accuses nobody.

    Start with: zhenzan demo
    """


for command in (
    demo.demo,
    scan.scan,
    report.report,
    explain.explain,
    simulate.simulate,
    benchmark.benchmark,
    train.train,
    evaluate.evaluate,
    sources.sources,
    families.families,
    doctor.doctor,
):
    app.command()(command)
add_commands(app)


def main() -> None:
    """The entry point of the installed command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal without UTF-8 shows codes, not a crash
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="zhenzan")


if __name__ == "__main__":
    main()
