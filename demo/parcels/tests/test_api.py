"""Tests of the API."""

import pytest


@pytest.fixture
def parcel(client):
    """Create an account and a parcel."""
    account = client.post("/accounts", json={"email": "ada@mail.example", "name": "Ada"}).json()
    payload = {"account_id": account["id"], "recipient": "Grace", "city": "Bremen", "weight_kg": 3}
    response = client.post("/parcels", json=payload)
    assert response.status_code == 201
    return response.json()


def test_create(parcel):
    assert parcel["status"] == "created"
    assert parcel["price"] == 6.9
    assert len(parcel["code"]) == 12


def test_customer_is_told(parcel, mails):
    assert mails == [("ada@mail.example", "Your parcel")]


def test_list(client, parcel):
    assert [row["code"] for row in client.get("/parcels").json()] == [parcel["code"]]


def test_search(client, parcel):
    assert client.get("/parcels/search", params={"city": "Bremen"}).json()[0]["recipient"] == "Grace"
    assert client.get("/parcels/search", params={"city": "Essen"}).json() == []


def test_tracking(client, parcel):
    response = client.get(f"/parcels/{parcel['code']}/tracking")
    assert response.json() == {"code": parcel["code"], "status": "in transit"}


def test_unknown_parcel(client):
    assert client.get("/parcels/NOPE/tracking").status_code == 404


def test_email_is_unique(client):
    payload = {"email": "ada@mail.example", "name": "Ada"}
    assert client.post("/accounts", json=payload).status_code == 201
    assert client.post("/accounts", json=payload).status_code == 409


def test_summary(client, parcel):
    summary = client.get("/accounts/1/summary").json()
    assert summary["parcels"] == 1
    assert summary["spent"] == 6.9


def test_carrier_reports_delivery(client, parcel, mails):
    update = {"code": parcel["code"], "status": "delivered"}
    assert client.post("/webhooks/carrier", json=update).json() == {"ok": True}
    assert ("ada@mail.example", "Delivered") in mails
