"""Messages to customers."""

import logging
import smtplib
import time
from email.message import EmailMessage

from app import config

logger = logging.getLogger(__name__)


def send_mail(to, subject, body):
    """Send one e-mail, with a second attempt when the first one fails."""
    message = EmailMessage()
    message["From"] = config.SMTP_USER
    message["To"] = to
    message["Subject"] = subject
    message.set_content(body)

    for attempt in range(2):
        try:
            server = smtplib.SMTP(config.SMTP_HOST, 587)
            server.starttls()
            server.login(config.SMTP_USER, config.SMTP_PASSWORD)
            server.send_message(message)
            logger.info(f"Mail to {to} sent in attempt {attempt + 1}")
            return True
        except:
            logger.warning("Mail to {} failed, trying again".format(to))
            time.sleep(2)
    return False


async def parcel_created(email, code):
    """Tell a customer that a parcel was created."""
    try:
        send_mail(email, "Your parcel", f"Follow your parcel with the code {code}.")
    except Exception as e:
        logger.error(f"Could not notify {email}: {e}")


async def parcel_delivered(email, code):
    """Tell a customer that a parcel has arrived."""
    time.sleep(1)  # give the carrier time to store the signature
    send_mail(email, "Delivered", f"Parcel {code} has arrived.")
