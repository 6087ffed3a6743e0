"""An upload whose columns are unclear: refused with the candidates, and nothing of it is kept."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from imports.models import ImportJob, StoredFile
from tests.factories import make_csv

pytestmark = pytest.mark.django_db(transaction=True)


def upload(client: Client, content: bytes, **options: str) -> Any:
    return client.post("/api/upload", {"file": SimpleUploadedFile("list.csv", content), **options})


def test_upload_with_an_open_question_is_refused(client: Client) -> None:
    answer = upload(client, b"sku;VK netto;VK brutto\nA-1;10,00;11,90\n")
    told = answer.json()
    assert (answer.status_code, told["type"]) == (422, "urn:problem:columns.unclear")
    assert told["detail"] == (
        "Which column has the price? Without one, new products get the price 0.00. 'VK netto' or 'VK brutto'? Choose with "
        "the option mapping."
    )


def test_refusal_has_the_candidates_as_data(client: Client) -> None:
    [question] = upload(client, b"sku;VK netto;VK brutto\nA-1;10,00;11,90\n").json()["questions"]
    assert question["field"] == "price"
    assert question["candidates"][0] == {
        "number": 2, "key": "VK netto", "header": "VK netto", "samples": ["10,00"],
        "reason": "Its name fits, and so does the name of another column.",
    }  # fmt: skip


def test_nothing_of_it_is_kept(client: Client) -> None:
    upload(client, b"sku;VK netto;VK brutto\nA-1;10,00;11,90\n")
    assert (ImportJob.objects.count(), StoredFile.objects.count()) == (0, 0)


def test_answered_upload_is_accepted(client: Client) -> None:
    content = b"sku;VK netto;VK brutto\nA-1;10,00;11,90\n"
    assert upload(client, content, mapping='{"VK brutto": "price"}').status_code == 202
    assert upload(client, content, mapping='{"VK brutto": "", "VK netto": ""}').status_code == 202


def test_file_of_the_contract_has_no_questions(client: Client) -> None:
    assert upload(client, make_csv("SKU001,Product 1,Description 1,29.99,true")).status_code == 202


def test_unknown_column_refuses_the_file_on_request(client: Client) -> None:
    answer = upload(client, b"sku;Farbe;id;_note\nA-1;rot;1;x\n", unknown_columns="error")
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:problem:header.unknown_columns")
    assert answer.json()["detail"] == "These columns match no field: Farbe"
    assert not StoredFile.objects.exists()


def test_column_that_is_ignored_on_purpose_does_not_refuse_it(client: Client) -> None:
    answer = upload(client, b"sku;Farbe\nA-1;rot\n", unknown_columns="error", mapping='{"Farbe": ""}')
    assert answer.status_code == 202
