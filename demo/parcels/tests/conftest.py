"""Shared test set-up: an in-memory database and no outside world."""

import os

os.environ["SECRET_KEY"] = "test"
os.environ["DATABASE_URL"] = "postgresql+psycopg2://test:test@localhost/test"
os.environ["CARRIER_API_KEY"] = "test"
os.environ["SMTP_PASSWORD"] = "test"

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import StaticPool

from app import config
from app.database import Base, get_db
from app.main import app
from app.services import carriers, notify


@pytest.fixture
def mails(monkeypatch):
    """Collect mails instead of sending them."""
    sent = []
    monkeypatch.setattr(notify, "send_mail", lambda to, subject, body: sent.append((to, subject)))
    return sent


@pytest.fixture
def client(tmp_path, monkeypatch, mails):
    """Return a client of the API with an empty database."""
    engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
    Base.metadata.create_all(engine)
    factory = sessionmaker(bind=engine)

    def override():
        db = factory()
        try:
            yield db
        finally:
            db.close()

    monkeypatch.setattr(config, "LABEL_FOLDER", str(tmp_path / "labels"))
    monkeypatch.setattr(carriers, "register", lambda code, city, weight_kg: "1")
    monkeypatch.setattr(carriers, "fetch_status", lambda code: "in transit")
    app.dependency_overrides[get_db] = override
    with TestClient(app) as test_client:
        yield test_client
    app.dependency_overrides.clear()
    engine.dispose()
