"""What the libraries for mail, shells, directories, brokers and sockets call their timeout."""

from __future__ import annotations

from harden.checklists.waiting import Limit

STANDARD = {
    "smtplib.SMTP": Limit(at=3),
    "smtplib.SMTP_SSL": Limit(at=5),
    "smtplib.LMTP": Limit(at=4),
    "ftplib.FTP": Limit(at=4),
    "ftplib.FTP_TLS": Limit(at=7),
    "imaplib.IMAP4": Limit(at=2),
    "imaplib.IMAP4_SSL": Limit(at=5),
    "poplib.POP3": Limit(at=2),
    "poplib.POP3_SSL": Limit(at=4),
    "nntplib.NNTP": Limit(),
    "nntplib.NNTP_SSL": Limit(),
    "telnetlib.Telnet": Limit(at=2),
    "socket.create_connection": Limit(at=1),
    "imap_tools.MailBox": Limit(at=2),
    "imap_tools.MailBoxUnencrypted": Limit(at=2),
}
"""Calls that wait as long as the socket does: a default timeout of all sockets serves them too."""
LATER = {"ftplib.FTP": ("connect", 2), "ftplib.FTP_TLS": ("connect", 2), "telnetlib.Telnet": ("open", 2)}
"""Methods that take the timeout instead, and the number of the argument."""

OTHERS = {
    "paramiko.SSHClient.connect": Limit(at=6),
    "paramiko.client.SSHClient.connect": Limit(at=6),
    "paramiko.SSHClient.exec_command": Limit(at=2, form="slow"),
    "paramiko.client.SSHClient.exec_command": Limit(at=2, form="slow"),
    "ldap3.Server": Limit("connect_timeout", at=7, form="connect"),
    "ldap3.Connection": Limit("receive_timeout"),
    "fabric.Connection": Limit("connect_timeout", at=6, form="connect"),
    "fabric.connection.Connection": Limit("connect_timeout", at=6, form="connect"),
    "imapclient.IMAPClient": Limit(at=6),
    "websocket.create_connection": Limit(at=1),
    "websocket.WebSocket.connect": Limit(),
    "pika.ConnectionParameters": Limit("blocked_connection_timeout", form="slow"),
    "aio_pika.connect": Limit(at=9),
    "aio_pika.connect_robust": Limit(at=9),
    "kafka.KafkaProducer.send.get": Limit(at=0),
    "grpc.channel_ready_future.result": Limit(at=0),
}
FLUSHES = {
    "kafka.KafkaProducer.flush": Limit(at=0, waits="until all is sent"),
    "confluent_kafka.Producer.flush": Limit(at=0, waits="for five minutes"),
}
"""Calls that matter where somebody waits for them; at the end of a program they are meant to wait."""
WEBSOCKETS = tuple(
    f"websockets.{place}connect"
    for place in ("", "client.", "asyncio.client.", "legacy.client.", "sync.client.")
)
READS = frozenset({"read", "readline", "readuntil", "readexactly"})
