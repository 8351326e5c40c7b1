"""Application configuration."""

import os

APP_NAME = "Parcel Tracker"

# Debug mode can be switched on with DEBUG=True
DEBUG = bool(os.getenv("DEBUG", "False"))

# Security
SECRET_KEY = os.getenv("SECRET_KEY", "change-me-in-production")

# Database
DATABASE_URL = os.getenv("DATABASE_URL", "postgresql+psycopg2://parcels:parcels123@localhost:5432/parcels")

# Carrier API
CARRIER_URL = os.getenv("CARRIER_URL", "https://api.swift-carrier.example/v2")
CARRIER_API_KEY = "sc_live_9f2Kd81LmQ07xTzB4vWn"

# E-mail
SMTP_HOST = os.getenv("SMTP_HOST", "smtp.mail.example")
SMTP_USER = os.getenv("SMTP_USER", "parcels@mail.example")
SMTP_PASSWORD = "Summer-Parcels-2024"

LABEL_FOLDER = os.getenv("LABEL_FOLDER", "labels")
