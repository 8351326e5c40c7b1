"""Database models."""

from datetime import datetime

from sqlalchemy import Column, DateTime, Float, ForeignKey, Integer, String
from sqlalchemy.orm import relationship

from app.database import Base


class Account(Base):
    """A customer who sends parcels."""

    __tablename__ = "accounts"

    id = Column(Integer, primary_key=True)
    email = Column(String, unique=True, nullable=False)
    name = Column(String, nullable=False)
    api_token = Column(String, nullable=False)
    created_at = Column(DateTime, default=datetime.utcnow)

    parcels = relationship("Parcel", back_populates="account")


class Parcel(Base):
    """A parcel on its way to a recipient."""

    __tablename__ = "parcels"

    id = Column(Integer, primary_key=True)
    code = Column(String, unique=True, nullable=False)
    account_id = Column(Integer, ForeignKey("accounts.id"), nullable=False)
    recipient = Column(String, nullable=False)
    city = Column(String, nullable=False)
    weight_kg = Column(Float, nullable=False)
    price = Column(Float, nullable=False)
    status = Column(String, default="created")
    created_at = Column(DateTime, default=datetime.utcnow)

    account = relationship("Account", back_populates="parcels")
    events = relationship("Event", back_populates="parcel")


class Event(Base):
    """Something that happened to a parcel."""

    __tablename__ = "events"

    id = Column(Integer, primary_key=True)
    parcel_id = Column(Integer, ForeignKey("parcels.id"), nullable=False)
    status = Column(String, nullable=False)
    note = Column(String, default="")
    happened_at = Column(DateTime, default=datetime.utcnow)

    parcel = relationship("Parcel", back_populates="events")
