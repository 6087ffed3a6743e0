"""The payload of the event import.completed. Payloads of products are written by SQL (catalog.event_payloads)."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class ImportPayload(BaseModel):
    """The job and its counts. `/jobs/{job_id}` has the details."""

    model_config = ConfigDict(from_attributes=True)

    job_id: UUID = Field(validation_alias="pk")
    filename: str
    status: Literal["completed", "failed", "cancelled"]
    total_rows: int
    created_count: int
    updated_count: int
    deactivated_count: int
    unchanged_count: int
    error_count: int
