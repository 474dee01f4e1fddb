"""The command `netwright`: its table of commands, and how errors are told."""

import os
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any, NoReturn

import typer

from netwright.core.errors import CheckpointWarning

COMMANDS = """
fit         train a net on a table, pictures or series, judge it, and write model and report
predict     predict rows of a table, pictures, or the steps ahead of series, with a fitted model
evaluate    score a fitted model on rows whose target is known
info        say what a fitted model is
embed       make vectors of a column of texts, and an index over them
search      find the nearest rows of an index, by text or by vectors
doctor      run a training script unchanged, and say why it does not learn
compendium  list the techniques that netwright knows
"""
"""One line per command; the module of the same name holds the function of the same name."""

EXTRAS = {
    "faiss": "search",
    "llvmlite": "embeddings",
    "numba": "embeddings",
    "pgvector": "search-server",
    "psycopg": "search-server",
    "statsmodels": "series",
    "tokenizers": "embeddings",
}
"""Module that not everybody has -> the extra that brings it."""
LOST, USAGE_ERROR, INTERRUPTED = 1, 2, 130
BadUsage: type[Exception] = typer.BadParameter.__mro__[2]
"""What typer raises for words that make no command; its own copy of click, or click itself, defines it."""
MissingWord: type[Exception] = typer.BadParameter.__mro__[1]
"""The kind of it that knows the command: (message, context)."""


def build_app() -> typer.Typer:
    """Return the application with every command of the table.

    Example:
        >>> len(build_app().registered_commands)
        8
    """
    app = typer.Typer(
        name="netwright",
        help="Deep nets for working data scientists.",
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for line in COMMANDS.strip().splitlines():
        name, about = line.split(maxsplit=1)
        function = getattr(import_module(f"netwright.cli.{name}"), name)
        app.command(name, short_help=about)(function)
    app.callback(invoke_without_command=True)(_netwright)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; input that cannot be used ends with one line on stderr and exit code 2.

    Args:
        arguments: words after the command's name; those of the process when None.

    Example:
        >>> main(["info", "nowhere"])
        Traceback (most recent call last):
        SystemExit: 2
    """
    given = None if arguments is None else list(arguments)
    try:
        with warnings.catch_warnings():
            if not sys.warnoptions:  # warnings speak to programmers; users are told by findings and errors
                warnings.simplefilter("ignore")
                warnings.simplefilter("always", CheckpointWarning)
                warnings.showwarning = _show  # type: ignore[assignment]
            code = build_app()(args=given, prog_name="netwright", standalone_mode=False)
    except BadUsage as error:
        _end(_of_usage(error), USAGE_ERROR)
    except OSError as error:
        _end(_with_notes(_of_system(error), error), USAGE_ERROR)
    except ValueError as error:
        _end(_with_notes(str(error), error), USAGE_ERROR)
    except ModuleNotFoundError as error:
        _end(_of_lacking(error), USAGE_ERROR)
    except MemoryError as error:
        _say(_with_notes("the memory does not suffice; use fewer rows or columns", error))
        raise SystemExit(USAGE_ERROR) from error
    if code == INTERRUPTED:
        _end("interrupted; nothing was written", INTERRUPTED)
    raise SystemExit(code)


def _netwright(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Deep nets for working data scientists."""
    if version:
        import netwright

        typer.echo(netwright.__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(USAGE_ERROR)


def _of_usage(error: Any) -> str:
    command = error.ctx.command_path if getattr(error, "ctx", None) else "netwright"
    return f"{error.format_message().rstrip('.')}; {command} --help lists what there is"


def _of_lacking(error: ModuleNotFoundError) -> str:
    """What to install for a module of an extra; any other that is lacking is a fault, and raised again."""
    if (name := str(error.name).partition(".")[0]) not in EXTRAS:
        raise error
    return f"this command needs {name}, which is not installed; run: pip install 'netwright[{EXTRAS[name]}]'"


def _of_system(error: OSError) -> str:
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}; choose another folder, or make room in this one"


def _with_notes(message: str, error: BaseException) -> str:
    return "; ".join([message, *getattr(error, "__notes__", ())])


def _show(message: Warning | str, *_: Any) -> None:
    _say(str(message))


def is_first() -> bool:
    """Return whether this process speaks: the only one, or the first of those that torchrun started.

    Example:
        >>> is_first()
        True
    """
    return os.environ.get("RANK", "0") == "0"


def _end(message: str, code: int) -> NoReturn:
    """What several processes found alike the first one says."""
    if is_first():
        _say(message)
    raise SystemExit(code)


def _say(message: str) -> None:
    line = " ".join(message.split())
    print(f"netwright: {line}", file=sys.stderr)
