"""Runs the commands of the documentation: curl calls through httpx, so that no curl is needed, the others in a shell.

Job ids in the documentation stand for those of the run: one that is seen for the first time is that of the newest job."""

import os
import re
import shlex
import subprocess
import sys
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx

from tests import live
from tests.docs.pages import ROOT, SITE, read_call

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
IS_CALL = re.compile(rf"curl [^\n]*(?:\\\n[^\n]*)*{re.escape(SITE)}")
IN_A_SHELL = re.compile(r"cat > |(?:echo y \| )?\.venv/bin/python manage\.py importproducts ")
ENDPOINT = "http://127.0.0.1:9000"
SETTLED = {"ready", "completed", "failed", "cancelled"}


def is_executed(command: str) -> bool:
    return bool(IS_CALL.match(command) or IN_A_SHELL.match(command))


class Shell:
    def __init__(self, client: httpx.Client, endpoint: str, folder: Path) -> None:
        self.client = client
        self.site = str(client.base_url).rstrip("/")
        self.endpoint = endpoint
        self.folder = folder
        self.jobs: dict[str, str] = {}
        self.newest_job = ""

    def run(self, command: str) -> str | None:
        """What the command prints, with the addresses of the documentation. None: it is not executed."""
        if IS_CALL.match(command):
            printed = self.call(shlex.split(self.real(command).replace("\\\n", " ")))
        elif IN_A_SHELL.match(command):
            printed = self.execute(command)
        else:
            return None
        return printed.replace(self.site, SITE).replace(self.endpoint, ENDPOINT)

    def real(self, command: str) -> str:
        """The command with the job ids and the endpoint of this run."""
        for shown in UUID.findall(command):
            self.jobs.setdefault(shown, self.newest_job)
            command = command.replace(shown, self.jobs[shown])
        return command.replace(ENDPOINT, self.endpoint)

    def execute(self, command: str) -> str:
        command = command.replace(".venv/bin/python manage.py", f"{sys.executable} {ROOT / 'manage.py'}")
        environment = {**os.environ, "DATABASE_URL": live.database_url()}
        done = subprocess.run(
            ["sh", "-c", command], cwd=self.folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    def call(self, words: list[str]) -> str:
        self.wait_for_jobs()
        [url] = [word for word in words if word.startswith(SITE)]
        response = self.client.request(read_call(words).method, url.removeprefix(SITE), **self.body(words))
        if response.content and response.headers["content-type"].startswith("application/json"):
            self.newest_job = response.json().get("job_id", self.newest_job)
        return response.text + (f"{response.status_code}\n" if "-w" in words else "")

    def body(self, words: list[str]) -> dict[str, Any]:
        """The headers and the body of a curl call, as httpx takes them."""
        given = list(pairwise(words))
        headers = dict(value.split(": ", 1) for option, value in given if option == "-H")
        fields = dict(value.split("=", 1) for option, value in given if option == "-F")
        files = {name: (value[1:], (self.folder / value[1:]).read_bytes()) for name, value in fields.items()
                 if value.startswith("@")}  # fmt: skip
        data = {name: value for name, value in fields.items() if name not in files}
        content = next((value for option, value in given if option == "-d"), None)
        return {"headers": headers, "content": content} if content else {"files": files, "data": data}

    def wait_for_jobs(self) -> None:
        """An import that has just been started would still be running."""
        for job in {self.newest_job, *self.jobs.values()} - {""}:
            live.wait_until(partial(self.is_settled, job), seconds=60)

    def is_settled(self, job: str) -> bool:
        response = self.client.get(f"/api/jobs/{job}")
        if response.status_code == 404:
            return True
        found = response.json()
        return found["status"] in SETTLED and (found["undo"] is None or found["undo"]["status"] in SETTLED)
