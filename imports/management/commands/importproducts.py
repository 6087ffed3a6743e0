"""`manage.py importproducts`: import a file from the terminal, by the same job as an upload."""

import argparse
import io
import logging
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter
from django.db import InterfaceError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.timezone import now

from imports import jobs, profiles
from imports.cli import flags, inspection, progress_bar, questions, report
from imports.cli.console import printable
from imports.cli.inline_worker import STDIN, Unreadable, follow, look_into, name_of, store
from imports.cli.interrupts import Detached, Interrupted, Signals
from imports.cli.progress_bar import Steps
from imports.errors import FileError
from imports.models import ImportJob, Status
from imports.options import Options, OptionsInvalid
from imports.progress.summary import as_json, job_with_errors
from imports.schemas import JobSummary
from imports.upload.inspect import described
from imports.upload.inspection import ColumnsUnclear
from imports.upload.profile import ProfileUnknown, with_profile

SUCCESS, INVALID_ROWS, FAILED, CANCELLED = range(4)
ENDED_BY = 128
# The command prints these itself: why an import failed, and that the database is unavailable.
LOGGED = {
    "imports": logging.ERROR,
    "psycopg": logging.ERROR,
    "procrastinate.utils": logging.CRITICAL,
    "procrastinate.worker.worker": logging.CRITICAL,
}
EPILOG = f"""
exit code:
  {SUCCESS}    imported, or the preview is ready; every row was valid
  {INVALID_ROWS}    imported, or the preview is ready; invalid rows were skipped
  {FAILED}    failed: an error in the file, an option or the database
  {CANCELLED}    cancelled: by Ctrl-C, by answering no, or by another user
  143  terminated (SIGTERM); the import stays queued for a worker

Ctrl-C cancels the import; rows that were already imported are kept. Ctrl-C again exits without waiting.
No worker is needed: if none runs, this process works through the queue until the import has ended.
"""


class HelpFormatter(DjangoHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Keeps the line breaks of the exit codes."""


class Command(BaseCommand):
    help = "Import a file of products, and show its progress and result."
    is_cancelling = False

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        kwargs = {"formatter_class": HelpFormatter, "epilog": EPILOG, **kwargs}
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", metavar="FILE", help="CSV (also gzip or ZIP) or .xlsx; - reads from stdin."
        )
        flags.add(parser)
        parser.add_argument(
            "--inspect", action="store_true", help="Show how the file would be read, and import nothing."
        )
        parser.add_argument(
            "--save-profile",
            metavar="NAME",
            type=profile_name,
            help="Once imported or previewed, keep the options and columns as this profile, or as its next version.",
        )
        parser.add_argument("--confirm", action="store_true", help="Show a preview, ask, then import.")
        parser.add_argument("--yes", action="store_true", help="Like --confirm, without asking.")
        parser.add_argument(
            "--json", action="store_true", help="Print the job as JSON, as the API returns it."
        )
        parser.add_argument("--quiet", action="store_true", help="Print only why the import failed.")

    def handle(
        self, *, file: str, inspect: bool, save_profile: str | None, confirm: bool, yes: bool, **given: Any
    ) -> None:
        # Questions are asked where somebody can answer.
        self.asks = file != STDIN and (sys.stdin.isatty() or confirm) and not (yes or given["json"])
        self.is_json, self.is_quiet = given["json"], given["quiet"]
        self.progress = Steps(sys.stderr, is_quiet=self.is_quiet)
        configure_output(given["verbosity"])
        with in_one_line(file), Signals() as self.signals, closing(self.progress):
            given_options = flags.read({**given, "dry_run": True} if confirm or yes else given)
            self.save_as = save_profile
            if confirm and not yes and file == STDIN:
                raise command_error(
                    "--confirm needs stdin to ask, but the file is read from it. Use --yes, or name a file."
                )
            check_migrations()
            options = with_profile(given_options)
            if inspect:
                self.inspect(file, options)
                return
            sys.exit(self.import_file(file, options, confirms=confirm or yes, asks=not yes))

    def inspect(self, file: str, options: Options) -> None:
        found = described(look_into(file, options, self.signals))
        if self.is_json:
            self.stdout.write(found.model_dump_json(indent=2))
        else:
            inspection.write(sys.stdout, found)

    def import_file(self, file: str, options: Options, *, confirms: bool, asks: bool) -> int:
        try:
            job = self.store(file, options)
        except Interrupted:
            self.progress.say("Stopped. Nothing was uploaded.")
            return self.code_of_signals()
        try:
            self.follow(job)
            if confirms and job.status == Status.READY:
                self.confirm(job, asks=asks)
        except Detached:
            what = "continues" if self.signals.ended_by else "is being cancelled"
            self.progress.say(f"Detached. Job {job.pk} {what} in its worker.")
            return self.code_of_signals()
        self.show(job)
        if self.save_as and job.status in (Status.COMPLETED, Status.READY):
            self.save_profile(job, self.save_as)
        return code_of(job)

    def store(self, file: str, options: Options) -> ImportJob:
        """Store the file; where it is unclear how to read it, ask."""
        while True:
            try:
                return store(file, options, self.show_storing, self.signals)
            except ColumnsUnclear as unclear:
                self.progress.close()
                if not self.asks:
                    raise
                try:
                    options = questions.answered(unclear.questions, options, sys.stderr, self.read_line)
                except EOFError:
                    raise unclear from None

    def read_line(self) -> str:
        with self.signals.waiting():
            return sys.stdin.readline()

    def show_storing(self, done: int, size: int | None) -> None:
        self.progress.show(progress_bar.storing(done, size))

    def follow(self, job: ImportJob) -> None:
        follow(job, self.show_progress, self.signals)
        self.progress.close()

    def show_progress(self, summary: JobSummary | None) -> None:
        if summary and summary.cancel_requested and not self.is_cancelling:
            self.is_cancelling = True
            self.progress.say("Cancelling. Press Ctrl-C again to exit without waiting.")
        self.progress.show(progress_bar.importing(summary))

    def confirm(self, job: ImportJob, *, asks: bool) -> None:
        """Show the preview, then confirm or cancel it."""
        if not self.is_quiet and (asks or not self.is_json):
            # With --json, stdout has nothing else.
            out = sys.stderr if self.is_json else sys.stdout
            report.write(out, job, now())
            out.write("\n")
        if asks and not self.is_confirmed():
            jobs.cancel(job.pk)
        else:
            jobs.confirm(job.pk)
        job.refresh_from_db()
        self.follow(job)

    def is_confirmed(self) -> bool:
        sys.stdout.flush()
        sys.stderr.write("Import this? [y/N] ")
        sys.stderr.flush()
        try:
            return self.read_line().strip().lower() in ("y", "yes")
        except Interrupted:
            if self.signals.asks_to_detach:
                raise Detached from None
            return False

    def show(self, job: ImportJob) -> None:
        if self.is_json:
            self.stdout.write(as_json(job_with_errors(job, now()), indent=2))
        elif not self.is_quiet:
            report.write(sys.stdout, job, now())
        if job.status == Status.FAILED:
            raise command_error(f"{printable(job.filename)}: {report.why_failed(job)}")

    def save_profile(self, job: ImportJob, name: str) -> None:
        version = profiles.save(name, profiles.content_of_job(job.pk))
        self.progress.say(f"Saved as the profile {printable(version.name)}, version {version.number}.")

    def code_of_signals(self) -> int:
        return ENDED_BY + self.signals.ended_by if self.signals.ended_by else CANCELLED


def profile_name(text: str) -> str:
    try:
        return profiles.checked_name(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def code_of(job: ImportJob) -> int:
    if job.status == Status.CANCELLED:
        return CANCELLED
    return INVALID_ROWS if job.error_count else SUCCESS


def configure_output(verbosity: int) -> None:
    """Silence logs that would mix with the output, and escape characters that the terminal cannot encode."""
    if verbosity < 2:
        for name, level in LOGGED.items():
            logging.getLogger(name).setLevel(level)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def check_migrations() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise command_error("The database has unapplied migrations. Run: python manage.py migrate")


@contextmanager
def in_one_line(file: str) -> Iterator[None]:
    """Report errors in one line, without a traceback."""
    try:
        yield
    except FileError as error:
        raise command_error(
            f"{printable(name_of(file))}: {printable(error.message)} ({error.code})"
        ) from None
    except Unreadable as error:
        raise command_error(f"{printable(file)}: {error}") from None
    except OptionsInvalid as error:
        raise command_error(
            " ".join(f"{found.pointer}: {found.detail}" for found in error.invalid_values())
        ) from None
    except ProfileUnknown as error:
        raise command_error(f"{printable(error.detail)} ({error.code})") from None
    except ColumnsUnclear as error:
        raise command_error(f"{printable(name_of(file))}: {printable(error.detail)} ({error.code})") from None
    except (jobs.NotReady, jobs.JobEnded) as error:
        raise command_error(error.detail) from None
    except (OperationalError, InterfaceError) as error:
        raise command_error(f"The database is unavailable: {str(error).strip()}") from None


def command_error(sentence: str) -> CommandError:
    return CommandError(sentence, returncode=FAILED)
