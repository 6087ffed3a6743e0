"""manage.py importproducts, as a process on the test database: what it prints, its exit code, and what it leaves."""

import json
import os
import pty
import re
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from django.test import Client

from bench import sample
from catalog.models import Product
from imports.cli import flags
from imports.management.commands.importproducts import Command
from imports.models import ImportJob, Phase, Profile, Status
from imports.options import Options, OptionsInvalid, UploadOptions
from tests.factories import make_csv, make_import, make_job, make_product, make_profile
from tests.imports.command import Ended, run, running
from tests.imports.workers import HASTY, database_url, outcome, queue_is_empty, until, watching, working
from tests.servers import Server

slow = pytest.mark.slow
transactional = pytest.mark.django_db(transaction=True)

GOOD = make_csv("A1,Mug,,1,", "B2,Cup,,2,")
BAD = make_csv("A1,Mug,,1,", "B2,Cup,,abc,", "C3,,,3,")
LARGE = 200_000
STEPS = {"uploading", "queued", "waiting", "reading", "comparing", "importing"}
SUCCESS, INVALID_ROWS, FAILED, CANCELLED = range(4)


def make_file(folder: Path, content: bytes, name: str = "products.csv") -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def make_large_file(folder: Path) -> Path:
    sample.write(folder / "large.csv", LARGE)
    return folder / "large.csv"


def only_job() -> ImportJob:
    until(ImportJob.objects.exists, "the job is there")
    return ImportJob.objects.get()


def catalog() -> list[str]:
    return sorted(Product.objects.values_list("sku", flat=True))


@transactional
def test_file_is_imported_where_no_worker_runs(tmp_path: Path, client: Client) -> None:
    ended = run(make_file(tmp_path, GOOD))
    assert ended.code == SUCCESS
    assert catalog() == ["A1", "B2"]
    [job] = client.get("/api/jobs").json()["results"]
    assert (job["filename"], job["status"], job["created_count"]) == ("products.csv", "completed", 2)
    assert ended.out[0] == f"Imported products.csv. Job {job['job_id']}"
    assert queue_is_empty()


@transactional
def test_figures_and_errors_are_shown_and_the_exit_code_reports_invalid_rows(tmp_path: Path) -> None:
    ended = run(make_file(tmp_path, BAD))
    assert ended.code == INVALID_ROWS
    figures = ended.figures()
    assert float(figures.pop("time").removesuffix(" s")) >= 0
    assert int(figures.pop("speed").removesuffix(" rows/s")) > 0
    assert figures == {
        **{"rows": "3", "created": "1", "updated": "0", "unchanged": "0", "duplicates": "0"},
        **{"invalid": "2", "deactivated": "0"},
    }
    assert [re.split("  +", line.strip()) for line in ended.out[-3:]] == [
        ["LINE", "COLUMN", "CODE", "MESSAGE", "VALUE"],
        ["3", "price", "price.invalid", "'abc' is not a price.", "abc"],
        ["4", "name", "name.required", "New products need a name."],
    ]


@transactional
def test_json_is_what_the_api_answers(tmp_path: Path, client: Client) -> None:
    ended = run(make_file(tmp_path, BAD), "--json")
    told = json.loads("\n".join(ended.out))
    assert ended.code == INVALID_ROWS
    assert json.dumps(told) == client.get(f"/api/jobs/{told['job_id']}").content.decode()
    assert told["error_count"] == len(told["errors"]) == 2


@transactional
def test_quiet_prints_nothing_and_the_exit_code_still_tells(tmp_path: Path) -> None:
    assert run(make_file(tmp_path, BAD), "--quiet") == Ended(INVALID_ROWS, [], [])
    assert catalog() == ["A1"]


@transactional
def test_file_comes_from_a_pipe(tmp_path: Path) -> None:
    ended = run(
        "-", "--mapping", "Artikelnr=sku", "--mapping", "Titel=name", stdin=b"Artikelnr,Titel\nA1,Mug\n"
    )
    assert ended.code == SUCCESS
    assert ended.said[0] == "uploading 0.0 MB"
    assert (only_job().filename, catalog()) == ("stdin", ["A1"])


@transactional
def test_dry_run_shows_the_changes_and_writes_nothing(tmp_path: Path) -> None:
    make_product(sku="A1", name="Mug", price=Decimal("1.00"))
    ended = run(make_file(tmp_path, make_csv("A1,Mug,,1.50,", "B2,Cup,,2,")), "--dry-run")
    assert (ended.code, only_job().status, catalog()) == (SUCCESS, Status.READY, ["A1"])
    assert (ended.figures()["created"], ended.figures()["updated"]) == ("1", "1")
    assert [re.split("  +", line.strip()) for line in ended.out[-3:]] == [
        ["LINE", "CHANGE", "SKU", "FIELDS"],
        ["2", "updated", "A1", "price 1.00 -> 1.50"],
        ["3", "created", "B2", 'name Cup, description "", price 2.00, is_active true'],
    ]


@transactional
@pytest.mark.parametrize(
    ("arguments", "answer"), [(["--confirm"], b"y\n"), (["--confirm", "--json"], b"YES\n"), (["--yes"], b"")]
)
def test_dry_run_is_confirmed(tmp_path: Path, arguments: list[str], answer: bytes) -> None:
    ended = run(make_file(tmp_path, GOOD), *arguments, stdin=answer)
    assert (ended.code, catalog()) == (SUCCESS, ["A1", "B2"])
    job = only_job()
    assert (job.status, job.parsed_options.dry_run) == (Status.COMPLETED, True)
    shown = "\n".join([*ended.out, *ended.said])
    assert shown.index("nothing has been imported yet") < shown.rindex("created") or "--json" in arguments
    assert ("Import this?" in shown) == bool(answer)


@transactional
@pytest.mark.parametrize("answer", [b"n\n", b""])
def test_dry_run_that_is_not_wanted_is_cancelled(tmp_path: Path, answer: bytes) -> None:
    ended = run(make_file(tmp_path, GOOD), "--confirm", stdin=answer)
    assert (ended.code, only_job().status, catalog()) == (CANCELLED, Status.CANCELLED, [])
    assert ended.out[-1] == f"Cancelled products.csv. Nothing was imported. Job {only_job().pk}"


@transactional
def test_products_that_the_file_lacks_are_deactivated_once_confirmed(tmp_path: Path) -> None:
    make_import(make_csv(*(f"P{number},Mug,,1," for number in range(10))))
    file = make_file(tmp_path, make_csv(*(f"P{number},Mug,,1," for number in range(9))))
    ended = run(file, "--mode", "sync", "--yes")
    assert (ended.code, ended.figures()["deactivated"]) == (SUCCESS, "1")
    assert "     -  deactivated  P9   is_active true -> false" in ended.out
    assert list(Product.objects.filter(is_active=False).values_list("sku", flat=True)) == ["P9"]


@transactional
@pytest.mark.parametrize(
    ("content", "arguments", "sentence"),
    [
        (b"", [], "products.csv: The file is empty. (file.empty)"),
        (
            GOOD,
            ["--max-errors", ""],
            "--max-errors: max_errors must be a number from 0 to 1,000,000,000, or a percentage such as 5%.",
        ),
        (GOOD, ["--mapping", "sku"], "--mapping: 'sku' must be HEADER=FIELD or a JSON object."),
        (GOOD, ["--mode", "x"], "--mode: mode must be 'upsert', 'create_only', 'update_only' or 'sync'."),
    ],
)
def test_what_is_rejected_is_said_in_one_line(
    tmp_path: Path, content: bytes, arguments: list[str], sentence: str
) -> None:
    ended = run(make_file(tmp_path, content), *arguments, "--quiet")
    assert ended == Ended(FAILED, [], [f"CommandError: {sentence}"])
    assert not ImportJob.objects.exists()


@transactional
def test_file_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    ended = run(tmp_path / "none.csv")
    assert ended == Ended(FAILED, [], [f"CommandError: {tmp_path}/none.csv: No such file or directory"])


@transactional
def test_question_whose_answer_would_be_the_file_is_rejected() -> None:
    ended = run("-", "--confirm", stdin=GOOD)
    sentence = "--confirm needs stdin to ask, but the file is read from it. Use --yes, or name a file."
    assert ended == Ended(FAILED, [], [f"CommandError: {sentence}"])


@transactional
def test_import_that_fails_says_why_and_writes_nothing(tmp_path: Path) -> None:
    ended = run(make_file(tmp_path, BAD), "--on-error", "reject")
    assert (ended.code, only_job().status, catalog()) == (FAILED, Status.FAILED, [])
    why = "products.csv: 2 rows are invalid, so nothing was imported. (job.rejected)"
    assert ended.said[-1] == f"CommandError: {why}"
    assert len([line for line in ended.out if "price.invalid" in line]) == 1


@transactional
def test_bar_is_drawn_on_a_terminal(tmp_path: Path) -> None:
    mine, its = pty.openpty()
    variables = {"TERM": "xterm", "NO_COLOR": "1"}
    ended = run(make_file(tmp_path, GOOD), stderr=its, variables=variables)
    os.close(its)
    drawn_over = os.read(mine, 65536).decode().split("\r\x1b[2K")
    os.close(mine)
    assert (ended.code, ended.out[0][:22]) == (SUCCESS, "Imported products.csv.")
    assert f"{'━' * 40} uploading 100% 0.0 MB" in "".join(drawn_over)
    # Gone in the end, and one line until then.
    assert "\n" not in "".join(drawn_over[:-1])
    assert drawn_over[-1].endswith("\r\n\x1b[?25h\r\x1b[1A\x1b[2K")


@pytest.mark.usefixtures("without_search_index")
@slow
@transactional
def test_import_of_another_worker_is_watched_and_waits_its_turn(tmp_path: Path) -> None:
    first = make_job(make_large_file(tmp_path).read_bytes())
    with working():
        with watching(first.pk) as watch:
            watch.until(lambda seen: seen.phase == "staging", "the other import has begun")
        ended = run(make_file(tmp_path, GOOD))
    first.refresh_from_db()
    second = ImportJob.objects.exclude(pk=first.pk).get()
    assert (ended.code, first.status, second.status) == (SUCCESS, Status.COMPLETED, Status.COMPLETED)
    assert first.completed_at
    assert second.started_at
    assert second.started_at >= first.completed_at
    assert "queued" in ended.said
    # Nobody ran it twice.
    assert (first.attempt, second.attempt) == (1, 1)


@pytest.mark.usefixtures("without_search_index")
@slow
@transactional
def test_ctrl_c_cancels_the_import(tmp_path: Path) -> None:
    with running(make_large_file(tmp_path)) as command, watching(only_job().pk) as watch:
        watch.until(lambda seen: seen.is_within("staging"), "rows are being staged")
        command.send(signal.SIGINT)
        ended = command.end()
    assert ended.code == CANCELLED
    assert "Cancelling. Press Ctrl-C again to exit without waiting." in ended.said
    job = only_job()
    assert (job.status, job.phase, job.created_count, catalog()) == (Status.CANCELLED, Phase.DONE, 0, [])
    assert ended.out == [f"Cancelled large.csv. Nothing was imported. Job {job.pk}"]
    assert (outcome(job.pk).tables, queue_is_empty()) == (0, True)


@transactional
def test_ctrl_c_before_the_file_is_there_stores_nothing() -> None:
    with running("-") as command:
        command.stdin.write(GOOD)
        # More of it than a pipe holds back, so that some is read.
        command.stdin.write(b"C3,Pot,,3,\n" * 50_000)
        command.stdin.flush()
        command.hear("uploading")
        command.send(signal.SIGINT)
        ended = command.end()
    assert (ended.code, ended.out, ended.said) == (CANCELLED, [], ["Stopped. Nothing was uploaded."])
    assert not ImportJob.objects.exists()


@contextmanager
def turn_of_another_worker() -> Iterator[None]:
    """The lock of imports is held by a worker that is alive and never gets on."""
    with psycopg.connect(database_url(), autocommit=True) as other:
        other.execute(
            "WITH worker AS (INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id)"
            " INSERT INTO procrastinate_jobs (queue_name, task_name, lock, status, worker_id)"
            " SELECT 'imports', 'imports.tasks.run_import', 'imports', 'doing', id FROM worker"
        )
        yield


@transactional
def test_second_ctrl_c_does_not_wait(tmp_path: Path) -> None:
    with turn_of_another_worker(), running(make_file(tmp_path, GOOD)) as command:
        command.hear("queued")
        # As if a worker had it that is slow to answer.
        ImportJob.objects.update(status=Status.PROCESSING, attempt=1)
        command.send(signal.SIGINT)
        command.hear("Cancelling")
        command.send(signal.SIGINT)
        ended = command.end()
    job = only_job()
    assert ended.code == CANCELLED
    assert ended.said[-1] == (f"Detached. Job {job.pk} is being cancelled in its worker.")
    assert (job.status, job.cancel_requested) == (Status.PROCESSING, True)


@pytest.mark.usefixtures("without_search_index")
@slow
@transactional
def test_command_that_is_reported_to_end_hands_its_import_to_a_worker(tmp_path: Path) -> None:
    with running(make_large_file(tmp_path)) as command, watching(only_job().pk) as watch:
        watch.until(lambda seen: seen.is_within("staging"), "rows are being staged")
        command.send(signal.SIGTERM)
        ended = command.end()
        handed_back = only_job()
        with working():
            watch.until_final()
    assert (ended.code, ended.out) == (128 + signal.SIGTERM, [])
    assert (handed_back.status, handed_back.cancel_requested) == (Status.PROCESSING, False)
    assert (watch.last.status, watch.last.total, watch.wrong) == (Status.COMPLETED, LARGE, [])


@pytest.mark.usefixtures("without_search_index")
@slow
@transactional
def test_import_of_a_command_that_was_killed_is_finished_by_the_next_command(tmp_path: Path) -> None:
    with running(make_large_file(tmp_path), **HASTY) as command, watching(only_job().pk) as watch:
        watch.until(lambda seen: seen.is_within("staging"), "rows are being staged")
        command.send(signal.SIGKILL)
        command.end()
        with running(make_file(tmp_path, GOOD), **HASTY) as next_command:
            ended = next_command.end()
    killed = ImportJob.objects.get(filename="large.csv")
    assert (ended.code, killed.status, killed.total_rows) == (SUCCESS, Status.COMPLETED, LARGE)
    assert {"A1", "B2"} <= set(catalog())
    assert watch.wrong == []


@slow
def test_command_outlives_a_crash_of_the_database(own_server: Server, tmp_path: Path) -> None:
    with running(make_large_file(tmp_path), **HASTY) as command, watching(only_job().pk) as watch:
        watch.until(lambda seen: seen.is_within("staging"), "rows are being staged")
        own_server.crash()
        own_server.start()
        ended = command.end()
    assert ended.code == INVALID_ROWS
    # No log and no traceback among them.
    assert [line for line in ended.said if line.split()[0] not in STEPS] == []
    assert (only_job().status, only_job().total_rows) == (Status.COMPLETED, LARGE)
    assert watch.wrong == []


def test_every_option_has_a_flag() -> None:
    parser = Command().create_parser("manage.py", "importproducts")
    text = parser.format_help()
    assert [name for name in Options.model_fields if f"{flags.flag(name)} " not in text] == []


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ([], {}),
        (["--dry-run", "--max-errors", "5"], {"dry_run": True, "max_errors": 5}),
        (["--max-errors", "5%"], {"max_errors": "5%"}),
        (["--delimiter", "\t"], {"delimiter": "tab"}),
        (["--mapping", '{"Nr": "sku"}'], {"mapping": {"Nr": "sku"}}),
        (["--mapping", "Nr=sku", "--mapping", "a=b="], {"mapping": {"Nr": "sku", "a=b": ""}}),
    ],
)
def test_flags_become_options(arguments: Sequence[str], options: dict[str, object]) -> None:
    parser = Command().create_parser("manage.py", "importproducts")
    given = vars(parser.parse_args(["products.csv", *arguments]))
    assert flags.read(given) == UploadOptions.model_validate(options)


def test_header_that_is_mapped_twice_is_rejected() -> None:
    with pytest.raises(OptionsInvalid, match=r"The header 'Nr' is mapped twice\."):
        flags.read({"mapping": ["Nr=sku", "Nr=name"]})


# --- Unclear files ---

UNCLEAR = b"Artikelnr;Name;VK netto;VK brutto\nA1;Mug;1,00;1,19\n"


@transactional
def test_unclear_column_is_asked_for(tmp_path: Path) -> None:
    ended = run(make_file(tmp_path, UNCLEAR), "--confirm", stdin=b"7\n2\ny\n")
    assert ended.code == SUCCESS
    assert Product.objects.get().price == Decimal("1.19")
    assert "Which column has the price? Without one, new products get the price 0.00." in ended.said


@transactional
def test_unclear_file_is_refused_where_nobody_can_answer(tmp_path: Path) -> None:
    ended = run(make_file(tmp_path, UNCLEAR))
    assert ended.code == FAILED
    assert "'VK netto' or 'VK brutto'? Choose with the option mapping. (columns.unclear)" in ended.said[-1]
    assert not ImportJob.objects.exists()


@transactional
def test_file_is_inspected_without_an_import(tmp_path: Path) -> None:
    ended = run(make_file(tmp_path, UNCLEAR), "--inspect")
    assert ended.code == SUCCESS
    assert ["Artikelnr", "sku", "name,", "95%", "A1"] in [line.split() for line in ended.out]
    assert not ImportJob.objects.exists()


@transactional
def test_inspection_can_be_json(tmp_path: Path) -> None:
    told = json.loads("\n".join(run(make_file(tmp_path, UNCLEAR), "--inspect", "--json").out))
    assert (told["delimiter"], told["questions"][0]["field"]) == (";", "price")


# --- Profiles ---

PRICE_LIST = b"Artikelnr;Bezeichnung;VK netto;VK brutto\nA-1;Chair;10,00;11,90\n"


@transactional
def test_profile_is_saved_after_an_import_and_answers_the_questions_of_the_next(tmp_path: Path) -> None:
    file = make_file(tmp_path, PRICE_LIST)
    ended = run(file, "--mapping", "VK brutto=price", "--mapping", "VK netto=", "--save-profile", "Nordwind")
    assert (ended.code, ended.said[-1]) == (SUCCESS, "Saved as the profile Nordwind, version 1.")
    assert run(file, "--profile", "nordwind", "--quiet") == Ended(SUCCESS, [], [])


@transactional
def test_profile_that_exists_gets_its_next_version(tmp_path: Path) -> None:
    make_profile("Nordwind")
    ended = run(make_file(tmp_path, GOOD), "--dry-run", "--save-profile", "nordwind")
    assert ended.said[-1] == "Saved as the profile Nordwind, version 2."


@transactional
def test_no_profile_is_saved_of_an_import_that_failed(tmp_path: Path) -> None:
    ended = run(make_file(tmp_path, BAD), "--on-error", "reject", "--save-profile", "Nordwind")
    assert (ended.code, Profile.objects.exists()) == (FAILED, False)


@transactional
def test_unknown_profile_is_refused_in_one_line(tmp_path: Path) -> None:
    make_profile("Nordwind")
    ended = run(make_file(tmp_path, GOOD), "--profile", "Nordwand")
    assert ended == Ended(
        FAILED,
        [],
        ["CommandError: There is no profile named 'Nordwand'. Did you mean 'Nordwind'? (profile.unknown)"],
    )


@transactional
def test_header_that_lacks_a_column_of_the_profile_is_refused_in_one_line(tmp_path: Path) -> None:
    make_profile("Nordwind", ["sku", "Preis"], mapping={"sku": "sku", "Preis": "price"})
    ended = run(make_file(tmp_path, GOOD), "--profile", "Nordwind")
    assert ended.said[-1].endswith(
        "Missing: 'Preis'. New: 'name', 'description', 'price', 'is_active'. (profile.header_changed)"
    )


@transactional
def test_inspection_names_the_profiles_that_fit(tmp_path: Path) -> None:
    make_profile("Nordwind", ["sku"], mapping={"sku": "sku"})
    out = run(make_file(tmp_path, GOOD), "--inspect").out
    assert "profile Nordwind, version 1 (has its columns)" in [" ".join(line.split()) for line in out]


@transactional
def test_profile_is_saved_under_a_name_only(tmp_path: Path) -> None:
    ended = run(make_file(tmp_path, GOOD), "--save-profile", " ")
    assert ended.said[-1].endswith(
        "argument --save-profile: name must not be blank or have invisible characters"
    )
