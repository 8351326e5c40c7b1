"""Endpoints to open and look at accounts."""

import random
import string
from datetime import datetime

from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy.orm import Session

from app.database import get_db
from app.models import Account, Parcel
from app.schemas import AccountIn, AccountOut

router = APIRouter(prefix="/accounts", tags=["accounts"])


def generate_token(length=32):
    """Generate a random API token."""
    alphabet = string.ascii_letters + string.digits
    return "".join(random.choice(alphabet) for _ in range(length))


def account_summary(account, parcels, labels=[]):
    """Describe an account and mark the ones worth a call."""
    if len(parcels) > 100:
        labels.append("important")
    age = datetime.now() - account.created_at
    return {
        "name": account.name,
        "parcels": len(parcels),
        "spent": sum(parcel.price for parcel in parcels),
        "days": age.days,
        "labels": labels,
    }


@router.post("", status_code=201)
def open_account(payload: AccountIn, db: Session = Depends(get_db)):
    """Open an account and return its token once."""
    if db.query(Account).filter(Account.email == payload.email).first():
        raise HTTPException(status_code=409, detail="This e-mail address is taken")
    account = Account(email=payload.email, name=payload.name, api_token=generate_token())
    db.add(account)
    db.commit()
    db.refresh(account)
    print(f"New account: {account.email}")
    return {"id": account.id, "api_token": account.api_token}


@router.get("", response_model=list[AccountOut])
def list_accounts(db: Session = Depends(get_db)):
    """Return every account, newest first."""
    accounts = db.query(Account).order_by(Account.id.desc()).all()
    return accounts


@router.get("/{account_id}/summary")
def get_summary(account_id: int, db: Session = Depends(get_db)):
    """Return what an account has sent and spent."""
    account = db.get(Account, account_id)
    if account is None:
        raise HTTPException(status_code=404, detail="Account not found")
    parcels = db.query(Parcel).filter(Parcel.account_id == account_id).all()
    return account_summary(account, parcels)
