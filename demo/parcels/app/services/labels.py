"""Parcel labels."""

import os

from app import config


def write_label(code, recipient, city):
    """Write the label of a parcel and return its path."""
    if not os.path.exists(config.LABEL_FOLDER):
        os.makedirs(config.LABEL_FOLDER)

    path = os.path.join(config.LABEL_FOLDER, code + ".txt")
    label = open(path, "w")
    label.write(f"{recipient}\n{city}\n\n*{code}*\n")
    label.close()
    print("Label written to", path)
    return path


def remove_label(code):
    """Remove the label of a parcel."""
    path = os.path.join(config.LABEL_FOLDER, code + ".txt")
    if os.path.exists(path):
        os.remove(path)
