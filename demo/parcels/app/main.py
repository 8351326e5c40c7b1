"""Entry point of the Parcel Tracker API."""

import uvicorn
from fastapi import FastAPI

from app import config
from app.database import Base, engine
from app.routers import accounts, parcels, webhooks

app = FastAPI(title=config.APP_NAME, debug=True)

app.include_router(parcels.router)
app.include_router(accounts.router)
app.include_router(webhooks.router)


def start():
    """Create missing tables and start the server."""
    Base.metadata.create_all(bind=engine)
    print("🚀 Parcel Tracker is running on port 8000")
    uvicorn.run("app.main:app", host="0.0.0.0", port=8000, reload=True)


if __name__ == "__main__":
    start()
