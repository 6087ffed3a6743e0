"""What the environment may say, and what makes it refuse to start."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import programs
from tests.programs import ROOT

PRODUCTION = {
    "DEBUG": "False",
    "SECRET_KEY": "f7Jq2mXw9ZtR4cVb8NpLk3HsYd6GgAe1UoQiTzCxWvBn5Mj0Pr",
    "ALLOWED_HOSTS": "shop.example.com",
    "DATABASE_URL": "postgresql://shop@127.0.0.1:1/shop",
}
SETUP = ["-c", "import django; django.setup()"]


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Python in the project, with nothing of the environment of this test run but what it needs to start."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "PYTHONPATH", "HOME"}}
    settings = {"DJANGO_SETTINGS_MODULE": "project.settings", "ENV_FILE": os.devnull}
    return programs.run(arguments, {**kept, **settings, **variables})


def last_line(process: subprocess.CompletedProcess[str]) -> str:
    return (
        process.stderr.strip().splitlines()[-1].removeprefix("django.core.exceptions.ImproperlyConfigured: ")
    )


@pytest.mark.parametrize("key", ["", "development-only-and-refused-when-DEBUG-is-False"])
def test_production_without_a_secret_of_its_own_does_not_start(key: str) -> None:
    process = run(*SETUP, **{**PRODUCTION, "SECRET_KEY": key})
    assert process.returncode == 1
    assert last_line(process) == (
        "DEBUG is False, so SECRET_KEY must be set to a random value. Make one with: "
        "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )


@pytest.mark.parametrize("key", ["x", "k3Y-" * 20, "only-31-characters-are-too-few-", "a" * 50])
def test_production_with_a_secret_that_can_be_guessed_does_not_start(key: str) -> None:
    process = run(*SETUP, **{**PRODUCTION, "SECRET_KEY": key})
    assert process.returncode == 1
    assert last_line(process).startswith("SECRET_KEY is too weak: use at least 32 characters")


def hsts(**variables: str) -> str:
    program = (
        "from project import settings as s; print(s.SECURE_HSTS_SECONDS > 0, "
        "s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_HSTS_PRELOAD)"
    )
    return run("-c", program, **{**PRODUCTION, **variables}).stdout.strip()


def test_other_hosts_are_not_bound_to_https_unless_asked_for() -> None:
    assert hsts() == "True False False"
    assert hsts(HSTS_SUBDOMAINS="True", HSTS_PRELOAD="True") == "True True True"


def test_preloading_without_subdomains_is_refused() -> None:
    process = run(*SETUP, **{**PRODUCTION, "HSTS_PRELOAD": "True"})
    assert (process.returncode, last_line(process)[:39]) == (1, "HSTS_PRELOAD requires HSTS_SUBDOMAINS: ")


@pytest.mark.parametrize("hosts", ["", "*", "shop.example.com,*"])
def test_production_that_serves_any_host_does_not_start(hosts: str) -> None:
    process = run(*SETUP, **{**PRODUCTION, "ALLOWED_HOSTS": hosts})
    assert process.returncode == 1
    assert last_line(process) == (
        "DEBUG is False, so ALLOWED_HOSTS must list the hosts to serve, for example shop.example.com."
    )


def test_production_without_a_database_does_not_start() -> None:
    process = run(*SETUP, **{**PRODUCTION, "DATABASE_URL": ""})
    assert process.returncode == 1
    assert (
        last_line(process)
        == "No database is configured. Set DATABASE_URL, or DB_NAME and the other DB_ variables."
    )


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("DEBUG", "maybe", "DEBUG must be True or False, got 'maybe'."),
        ("PORT", "0", "PORT must be a number from 1 to 65535, got 0."),
        ("PORT", "65536", "PORT must be a number from 1 to 65535, got 65536."),
        ("PORT", "-1", "PORT must be a whole number, got '-1'."),
        ("WEB_THREADS", "many", "WEB_THREADS must be a whole number, got 'many'."),
        (
            "WEBHOOK_ALLOWED_NETWORKS",
            "10.0.0.1/8",
            "WEBHOOK_ALLOWED_NETWORKS must be networks such as 10.0.0.0/8, but 10.0.0.1/8 has host bits set.",
        ),
        (
            "WEBHOOK_SECRET_KEYS",
            "dG9vIHNob3J0",
            "Key 1 of WEBHOOK_SECRET_KEYS must be 32 bytes in URL-safe base64.",
        ),
    ],
)
def test_nonsense_is_refused(name: str, value: str, message: str) -> None:
    process = run(*SETUP, **{**PRODUCTION, name: value})
    assert (process.returncode, last_line(process)) == (1, message)


def test_debug_is_off_unless_asked_for() -> None:
    variables = {name: value for name, value in PRODUCTION.items() if name != "DEBUG"}
    assert run("-c", "from project import settings; print(settings.DEBUG)", **variables).stdout == "False\n"


def test_the_port_is_8000_unless_chosen() -> None:
    assert run("-c", "from project import settings; print(settings.PORT)", **PRODUCTION).stdout == "8000\n"


def test_deployment_check_finds_nothing() -> None:
    keys = {"WEBHOOK_SECRET_KEYS": "ZmVybmV0LWtleXMtYXJlLTMyLWJ5dGVzLWxvbmctISE="}
    process = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION, **keys)
    assert process.stdout + process.stderr == "System check identified no issues (2 silenced).\n"
    assert process.returncode == 0


def test_too_many_streams_for_the_threads_are_found() -> None:
    process = run("manage.py", "check", **{**PRODUCTION, "WEB_THREADS": "64"})
    assert process.returncode == 1
    assert "(project.E002)" in process.stderr


def test_webhook_secrets_sealed_with_the_secret_key_are_found() -> None:
    assert "(project.W003)" in run("manage.py", "check", "--deploy", **PRODUCTION).stderr


def test_private_networks_are_no_targets_of_webhooks_in_production() -> None:
    program = "from project import settings; print(settings.WEBHOOK_ALLOWED_NETWORKS)"
    assert run("-c", program, **PRODUCTION).stdout == "[]\n"


@pytest.mark.parametrize("networks", ["0.0.0.0/0", "10.0.0.0/8,0.0.0.0/1", "::/0"])
def test_webhooks_that_may_call_anything_are_found(networks: str) -> None:
    process = run("manage.py", "check", **PRODUCTION, WEBHOOK_ALLOWED_NETWORKS=networks)
    assert "(project.W005)" in process.stderr


def test_private_networks_for_webhooks_are_fine() -> None:
    process = run("manage.py", "check", **PRODUCTION, WEBHOOK_ALLOWED_NETWORKS="10.0.0.0/8,fc00::/7")
    assert "(project.W005)" not in process.stderr


@pytest.mark.parametrize(("mode", "found"), [(0o644, True), (0o640, False), (0o600, False)])
def test_env_file_that_everybody_can_read_is_found(tmp_path: Path, mode: int, found: bool) -> None:
    file = tmp_path / "env"
    file.write_text("LOG_LEVEL=INFO\n")
    file.chmod(mode)
    process = run("manage.py", "check", **PRODUCTION, ENV_FILE=str(file))
    assert ("(project.W006)" in process.stderr) is found


def test_env_file_made_for_a_developer_is_theirs_alone(tmp_path: Path) -> None:
    for name in ("Makefile", ".env.example"):
        shutil.copy(ROOT / name, tmp_path)
    subprocess.run(["make", "-s", ".env"], cwd=tmp_path, check=True)
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


def test_open_hosts_in_development_are_found() -> None:
    process = run("manage.py", "check", **{**PRODUCTION, "DEBUG": "True", "ALLOWED_HOSTS": "*"})
    assert "(project.W002)" in process.stderr


def test_db_variables_name_the_database() -> None:
    variables = {"DATABASE_URL": "", "DB_NAME": "shop", "DB_USER": "ada", "DB_HOST": "db", "DB_PORT": "6432"}
    program = "from project.settings import DATABASES as d; print(*(d['default'][k] for k in ('NAME','USER','HOST','PORT')))"
    assert run("-c", program, **{**PRODUCTION, **variables}).stdout == "shop ada db 6432\n"


def test_example_lists_every_variable() -> None:
    sources = [(ROOT / "project" / name).read_text() for name in ("settings.py", "gunicorn.py")]
    read = set(re.findall(r'(?:env_\w+|environ\.get)\(\s*["\']([A-Z_]+)["\']', "\n".join(sources)))
    listed = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(read)


def test_example_starts_development() -> None:
    example = {"ENV_FILE": str(ROOT / ".env.example"), "DATABASE_URL": PRODUCTION["DATABASE_URL"]}
    program = "import django; django.setup(); from django.conf import settings; print(settings.DEBUG)"
    assert run("-c", program, **example).stdout == "True\n"
