"""Endpoints to create, list and track parcels."""

import asyncio
import logging
import random
import string

from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.database import get_db
from app.models import Account, Event, Parcel
from app.schemas import ParcelIn, ParcelOut
from app.services import carriers, labels, notify, rates

logger = logging.getLogger(__name__)

router = APIRouter(prefix="/parcels", tags=["parcels"])


def new_code():
    """Generate a tracking code; whoever knows it can follow the parcel."""
    return "".join(random.choices(string.ascii_uppercase + string.digits, k=12))


@router.get("", response_model=list[ParcelOut])
def list_parcels(db: Session = Depends(get_db)):
    """Return all parcels."""
    return db.query(Parcel).all()


@router.get("/search")
def search_parcels(city: str, db: Session = Depends(get_db)):
    """Find the parcels that go to a city."""
    query = f"SELECT code, recipient, status FROM parcels WHERE city = '{city}' ORDER BY id LIMIT 50"
    rows = db.execute(text(query))
    return [dict(row._mapping) for row in rows]


@router.post("", response_model=ParcelOut, status_code=201)
async def create_parcel(payload: ParcelIn, db: Session = Depends(get_db)):
    """Create a parcel, print its label and tell the customer."""
    account = db.get(Account, payload.account_id)
    if account is None:
        raise HTTPException(status_code=404, detail="Account not found")

    parcel = Parcel(
        code=new_code(),
        account_id=account.id,
        recipient=payload.recipient,
        city=payload.city,
        weight_kg=payload.weight_kg,
        price=rates.price_for(payload.weight_kg),
        status="created",
    )
    db.add(parcel)
    db.commit()

    # Keep a history of everything that happens
    db.add(Event(parcel_id=parcel.id, status="created"))
    db.commit()
    db.refresh(parcel)

    carriers.register(parcel.code, parcel.city, parcel.weight_kg)
    labels.write_label(parcel.code, parcel.recipient, parcel.city)
    asyncio.create_task(notify.parcel_created(account.email, parcel.code))
    logger.info(f"Parcel {parcel.code} created for account {account.id}")
    return parcel


@router.get("/{code}/tracking")
async def track_parcel(code: str, db: Session = Depends(get_db)):
    """Return the latest status, as the carrier knows it."""
    parcel = db.query(Parcel).filter(Parcel.code == code).first()
    if parcel is None:
        raise HTTPException(status_code=404, detail="Parcel not found")

    status = carriers.fetch_status(code)
    if status and status != parcel.status:
        parcel.status = status
        db.commit()
    return {"code": parcel.code, "status": parcel.status}


@router.delete("/{code}", status_code=204)
async def cancel_parcel(code: str, db: Session = Depends(get_db)):
    """Cancel a parcel that has not left yet."""
    parcel = db.query(Parcel).filter(Parcel.code == code).first()
    if parcel is None:
        raise HTTPException(status_code=404, detail="Parcel not found")
    carriers.cancel(code)
    parcel.status = "cancelled"
    db.commit()
    logger.warning("Parcel %s cancelled", code)
