"""Request and response models."""

from pydantic import BaseModel, ConfigDict, Field


class AccountIn(BaseModel):
    """What is needed to open an account."""

    email: str
    name: str


class AccountOut(BaseModel):
    """An account as its owner sees it."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    email: str
    name: str


class ParcelIn(BaseModel):
    """What is needed to send a parcel."""

    account_id: int
    recipient: str
    city: str
    weight_kg: float = Field(gt=0, le=30)


class ParcelOut(BaseModel):
    """A parcel as the API returns it."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    recipient: str
    city: str
    price: float
    status: str


class StatusUpdate(BaseModel):
    """A status that the carrier reports."""

    code: str
    status: str
    note: str = ""
