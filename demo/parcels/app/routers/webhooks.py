"""Endpoints that the carrier calls."""

import logging

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from app.database import get_db
from app.models import Event, Parcel
from app.schemas import StatusUpdate
from app.services import notify

logger = logging.getLogger(__name__)

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


@router.post("/carrier")
async def carrier_update(update: StatusUpdate, db: Session = Depends(get_db)):
    """Store a status that the carrier reports."""
    try:
        parcel = db.query(Parcel).filter(Parcel.code == update.code).first()
        parcel.status = update.status
        db.add(Event(parcel_id=parcel.id, status=update.status, note=update.note))
        db.commit()
        if update.status == "delivered":
            await notify.parcel_delivered(parcel.account.email, parcel.code)
    except Exception as e:
        logger.error("Webhook failed: %s" % e)
        return {"ok": False}
    return {"ok": True}
