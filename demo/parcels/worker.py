"""Background worker: prints labels and mails the daily report."""

import os
import queue
import subprocess
import threading
import time
from datetime import datetime

import psycopg2

from app import config
from app.services.notify import send_mail

jobs = queue.Queue()


def print_labels():
    """Send labels to the printer as they arrive."""
    while True:
        path = jobs.get()
        try:
            subprocess.run(["lp", "-d", "labels", path])
            os.remove(path)
        except Exception as e:
            print(f"Error printing {path}: {e}")


def watch_folder():
    """Queue every label that is not queued yet."""
    seen = set()
    while True:
        for name in os.listdir(config.LABEL_FOLDER):
            if name not in seen:
                seen.add(name)
                jobs.put(os.path.join(config.LABEL_FOLDER, name))
        time.sleep(5)


def daily_report():
    """Mail the number of parcels per status."""
    connection = psycopg2.connect(
        host=os.getenv("DB_HOST", "localhost"),
        dbname="parcels",
        user="parcels",
        password=os.getenv("DB_PASSWORD", "parcels123"),
    )
    cursor = connection.cursor()
    cursor.execute("SELECT status, COUNT(*) FROM parcels GROUP BY status ORDER BY status")
    lines = [f"{status}: {count}" for status, count in cursor.fetchall()]
    send_mail("office@mail.example", f"Parcels on {datetime.now():%d.%m.%Y}", "\n".join(lines))


def main():
    """Start the printer and the folder watch."""
    printer = threading.Thread(target=print_labels)
    watcher = threading.Thread(target=watch_folder)
    printer.start()
    watcher.start()
    daily_report()
    printer.join()
    watcher.join()


if __name__ == "__main__":
    main()
