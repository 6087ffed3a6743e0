"""The options of POST /api/upload: in a form and in the query, kept on the job, and rejected when they are invalid."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pydantic import ValidationError

from imports.models import ImportJob, StoredFile
from imports.option_values import Given, read
from imports.options import Options, OptionsInvalid, UploadOptions
from project.api.api import api
from tests.factories import make_csv, make_job

pytestmark = pytest.mark.django_db

ALL = {
    "dry_run": "true", "mode": "update_only", "on_error": "reject", "max_errors": "5", "max_missing": "20", "blank": "clear",
    "mapping": '{"Artikelnr": "sku"}', "delimiter": "tab", "decimal": ",", "encoding": "Latin1",
    "html": "strip",
}  # fmt: skip
AS_KEPT = {
    "dry_run": True, "mode": "update_only", "on_error": "reject", "max_errors": 5, "max_missing": 20, "blank": "clear",
    "mapping": {"Artikelnr": "sku"}, "delimiter": "tab", "decimal": ",", "encoding": "iso8859-1",
    "html": "strip",
}  # fmt: skip
CSV = "Artikelnr\tname\nA1\tMüg\n".encode("latin-1")


def send(
    client: Client, content: bytes = CSV, query: str = "", **fields: object
) -> tuple[int, dict[str, Any]]:
    answer = client.post(f"/api/upload{query}", {"file": SimpleUploadedFile("a.csv", content), **fields})
    return answer.status_code, answer.json()


def errors(told: dict[str, Any]) -> list[tuple[str, str, str]]:
    assert not ImportJob.objects.exists()
    assert not StoredFile.objects.exists()
    return [(error["pointer"], error["code"], error["detail"]) for error in told["errors"]]


def test_options_of_a_form_are_kept_on_the_job(client: Client) -> None:
    assert send(client, CSV, "", **ALL)[0] == 202
    assert ImportJob.objects.get().options.items() >= AS_KEPT.items()


def test_options_of_a_query_are_kept_on_the_job(client: Client) -> None:
    answer = client.post("/api/upload?filename=a.csv", CSV, content_type="text/csv", query_params=ALL)
    assert answer.status_code == 202
    assert ImportJob.objects.get().options.items() >= AS_KEPT.items()


def test_form_may_have_options_in_the_query_too(client: Client) -> None:
    assert send(client, make_csv(), "?mode=sync", blank="clear")[0] == 202
    chosen = ImportJob.objects.get().parsed_options
    assert (chosen.mode, chosen.blank) == ("sync", "clear")


def test_options_may_come_before_the_file_and_behind_it(client: Client) -> None:
    form = {"mode": "sync", "file": SimpleUploadedFile("a.csv", make_csv()), "blank": "clear"}
    assert client.post("/api/upload", form).status_code == 202
    chosen = ImportJob.objects.get().parsed_options
    assert (chosen.mode, chosen.blank) == ("sync", "clear")


def test_upload_without_options_has_the_usual_ones(client: Client) -> None:
    send(client, make_csv())
    assert ImportJob.objects.get().parsed_options == Options()


def test_blank_option_is_none(client: Client) -> None:
    assert send(client, make_csv(), max_errors="", mode=" ")[0] == 202
    assert ImportJob.objects.get().parsed_options == Options()


def test_tab_may_be_a_tab(client: Client) -> None:
    assert send(client, b"sku\tname\n", delimiter="\t")[0] == 202
    assert ImportJob.objects.get().file_delimiter == "\t"


def test_wrong_options_are_reported_all_at_once(client: Client) -> None:
    status, told = send(
        client, mode="replace", max_errors="-1", max_missing="101", mapping="{", encoding="klingon"
    )
    assert (status, told["type"], told["detail"]) == (
        422, "urn:problem:option.invalid", "5 options are invalid. See errors.",
    )  # fmt: skip
    assert errors(told) == [
        ("/mode", "option.invalid", "mode must be 'upsert', 'create_only', 'update_only' or 'sync'."),
        (
            "/max_errors",
            "option.invalid",
            "max_errors must be a number from 0 to 1,000,000,000, or a percentage such as 5%.",
        ),
        ("/max_missing", "option.invalid", "max_missing must be less than or equal to 100."),
        (
            "/mapping",
            "option.invalid",
            'mapping must be a JSON object from headers to fields, such as {"Artikelnr": "sku"}.',
        ),
        ("/encoding", "option.invalid", "encoding must be a known text encoding; 'klingon' is not."),
    ]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("5", 5),
        ("0", 0),
        ("1000000000", 10**9),
        ("5%", "5%"),
        ("0%", "0%"),
        ("2.5%", "2.5%"),
        ("100%", "100%"),
    ],
)
def test_error_limit_is_a_number_or_a_percentage(client: Client, sent: str, kept: object) -> None:
    assert send(client, make_csv(), max_errors=sent)[0] == 202
    assert ImportJob.objects.get().options["max_errors"] == kept
    assert client.get("/api/jobs").json()["results"][0]["options"]["max_errors"] == kept


@pytest.mark.parametrize(
    "value",
    ["101%", "-5%", "5 %", "%", "5.123%", "1000000001", "1.5", "five", "٣", "1" * 5_000, True, 5.0, None],
)
def test_any_other_error_limit_is_rejected(value: object) -> None:
    with pytest.raises(
        ValidationError, match="must be a number from 0 to 1,000,000,000, or a percentage such as 5%"
    ):
        Options.model_validate({"max_errors": value})


def test_wrong_option_of_a_query_is_reported_with_its_place(client: Client) -> None:
    answer = client.post("/api/upload?dry_run=perhaps", make_csv(), content_type="text/csv")
    assert answer.status_code == 422
    assert errors(answer.json()) == [("/query/dry_run", "option.invalid", "dry_run must be a valid boolean.")]


def test_mapping_that_no_header_could_answer_is_rejected(client: Client) -> None:
    status, told = send(client, mapping=json.dumps({"x" * 65_534: "sku"}))
    detail = "mapping must not be longer than 64 kB."
    assert (status, errors(told)) == (422, [("/mapping", "option.invalid", detail)])


@pytest.mark.parametrize(
    ("query", "pointer"), [("?colour=red", "/query/colour"), ("?a~b/c=1", "/query/a~0b~1c")]
)
def test_unknown_option_is_rejected(client: Client, query: str, pointer: str) -> None:
    status, told = send(client, make_csv(), query)
    name = query[1:].partition("=")[0]
    assert (status, told["type"]) == (422, "urn:problem:option.unknown")
    assert errors(told) == [(pointer, "option.unknown", f"Unknown option {name!r}.")]


def test_option_with_two_values_is_rejected(client: Client) -> None:
    status, told = send(client, make_csv(), mode=["upsert", "sync"])
    assert (status, told["type"]) == (422, "urn:problem:option.conflict")
    assert errors(told) == [
        ("/mode", "option.conflict", "mode has two values: 'upsert' and 'sync'."),
    ]


def test_form_and_query_must_not_contradict_each_other(client: Client) -> None:
    status, told = send(client, make_csv(), "?mode=upsert&max_errors=abc", mode="sync", max_errors="5")
    assert status == 422
    assert errors(told) == [
        ("/mode", "option.conflict", "mode has two values: 'upsert' and 'sync'."),
        ("/max_errors", "option.conflict", "max_errors has two values: 'abc' and '5'."),
    ]


def test_form_and_query_may_say_the_same(client: Client) -> None:
    query = "?mode=sync&dry_run=true&max_errors=&mapping=%7B%22a%22:%22sku%22%7D"
    status, _ = send(
        client, b"a,name\n", query, mode="sync", dry_run="True", max_errors="5", mapping='{"a": "sku"}'
    )
    chosen = ImportJob.objects.get().parsed_options
    assert (status, chosen.mode, chosen.dry_run, chosen.max_errors) == (202, "sync", True, 5)


def test_all_defaults_may_be_sent_in_form_and_query(client: Client) -> None:
    defaults = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in Options().model_dump().items()
    }
    assert send(client, make_csv(), f"?{urlencode(defaults)}", **defaults)[0] == 202
    assert ImportJob.objects.get().parsed_options == Options()


def test_defaults_are_documented_for_the_form_alone() -> None:
    operation = api.get_openapi_schema()["paths"]["/api/upload"]["post"]
    form = operation["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    assert form["mode"]["default"] == "upsert"
    options = [parameter for parameter in operation["parameters"] if parameter["name"] in form]
    assert not [option["name"] for option in options if "default" in option["schema"]]


@pytest.mark.parametrize(
    "mapping",
    ["sku", '["sku"]', '{"a": 1}', '{"a": null}', '{"a": "sku", "a": "name"}', "[" * 100_000],
    ids=lambda mapping: mapping[:20],
)
def test_mapping_that_is_no_object_of_texts_is_rejected(client: Client, mapping: str) -> None:
    status, told = send(client, make_csv(), mapping=mapping)
    assert status == 422
    assert [code for _, code, _ in errors(told)] == ["option.invalid"]


@pytest.mark.parametrize("mapping", ['{"a\\u0000": "sku"}', '{"a": "\\ud800"}'])
def test_mapping_that_cannot_be_kept_is_rejected(client: Client, mapping: str) -> None:
    status, told = send(client, make_csv(), mapping=mapping)
    assert (status, told["detail"]) == (
        422,
        "mapping must not contain NUL characters or unpaired surrogates.",
    )


def test_header_that_no_option_helps_leaves_nothing(client: Client) -> None:
    status, told = send(client, b"x" * 5 + b",name\n" + b"A,B\n" * 100_000, mapping='{"y": "sku"}')
    assert (status, told["type"]) == (422, "urn:problem:mapping.unknown_header")
    assert not StoredFile.objects.exists()


def test_delimiter_of_the_option_is_the_only_one_tried(client: Client) -> None:
    status, told = send(
        client, b"name;sku\nMug large;A1\nMug large;A1\nMug large;A1\nMug large;A1\n", delimiter=","
    )
    assert (status, told["type"]) == (422, "urn:problem:header.sku_missing")
    assert told["detail"] == "No column is named sku or one of its aliases. The header reads: name;sku"


def test_encoding_of_the_option_is_no_guess() -> None:
    job = make_job("sku,name,price\nA1,Müg,1\n".encode("cp850"), encoding="cp850")
    assert (job.file_encoding, job.warnings) == ("cp850", [])


def test_every_option_is_documented_for_both_kinds_of_body() -> None:
    operation = json.loads(json.dumps(api.get_openapi_schema()))["paths"]["/api/upload"]["post"]
    in_query = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"}
    form = operation["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    assert in_query == {"filename", *UploadOptions.model_fields}
    assert set(form) == {"file", *UploadOptions.model_fields}
    assert all(form[name]["description"] for name in UploadOptions.model_fields)


def test_options_may_come_from_elsewhere() -> None:
    assert read([Given("--mode", "mode", "sync")]).mode == "sync"
    with pytest.raises(OptionsInvalid) as refusal:
        read([Given("--mode", "mode", "x"), Given("--blank", "blank", "y")])
    assert [error.pointer for error in refusal.value.invalid_values()] == ["--mode", "--blank"]


def test_options_of_a_job_are_documented_as_they_are_told(client: Client) -> None:
    job = make_job(b"a,name\n", mapping={"a": "sku"})
    told = client.get(f"/api/jobs/{job.pk}").json()["options"]
    documented = api.get_openapi_schema()["components"]["schemas"]["JobOptions"]
    assert set(told) == set(documented["required"]) == set(documented["properties"])
    assert told["mapping"] == {"a": "sku"}
    mapping = documented["properties"]["mapping"]
    assert (mapping["type"], mapping["additionalProperties"]) == ("object", {"type": "string"})
