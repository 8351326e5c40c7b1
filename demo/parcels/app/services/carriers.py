"""Client for the carrier's API."""

import functools

import requests

from app import config

# Remember what the carrier said, its API is slow
STATUS_CACHE = {}


def auth_headers(extra={}):
    """Return the headers that every call to the carrier needs."""
    extra["Authorization"] = f"Bearer {config.CARRIER_API_KEY}"
    return extra


def fetch_status(code):
    """Ask the carrier where a parcel is."""
    if code in STATUS_CACHE:
        return STATUS_CACHE[code]
    response = requests.get(f"{config.CARRIER_URL}/shipments/{code}", headers=auth_headers(), verify=False)
    status = response.json()["status"]
    STATUS_CACHE[code] = status
    return status


def register(code, city, weight_kg):
    """Announce a new parcel to the carrier."""
    payload = {"reference": code, "city": city, "weight": weight_kg}
    response = requests.post(f"{config.CARRIER_URL}/shipments", json=payload, headers=auth_headers())
    return response.json()["id"]


def cancel(code):
    """Tell the carrier that a parcel will not be sent."""
    try:
        requests.delete(f"{config.CARRIER_URL}/shipments/{code}", headers=auth_headers())
    except Exception:
        pass


@functools.lru_cache(maxsize=None)
def depot_for(postcode):
    """Return the depot that serves a postcode."""
    response = requests.get(f"{config.CARRIER_URL}/depots", params={"postcode": postcode}, timeout=10)
    response.raise_for_status()
    return response.json()["depot"]
