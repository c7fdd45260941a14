"""A real IMAP server for the inbox's tests: Dovecot, run by nobody in particular, with TLS and one mailbox."""

import getpass
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from imapclient import IMAPClient

from tests.conftest import DOVECOT, find_port

USER, PASSWORD, TOKEN = "agenda@noord.example", "geheim/vraag?1", "token-van-een-uur"
ACCOUNT = "nobody" if os.geteuid() == 0 else None

CONFIG = """
base_dir = {home}/run
state_dir = {home}/run
log_path = {home}/log.txt
protocols = imap
listen = 127.0.0.1
default_internal_user = {account}
default_internal_group = {group}
default_login_user = {account}
ssl = required
ssl_cert = <{home}/cert.pem
ssl_key = <{home}/key.pem
mail_location = maildir:{home}/mail
mail_uid = {account}
mail_gid = {group}
first_valid_uid = 1
auth_mechanisms = plain xoauth2
disable_plaintext_auth = yes
auth_failure_delay = 0
passdb {{
  driver = static
  args = password={password} user={user}
  mechanisms = plain login
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {home}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid={account} gid={group} home={home}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {starttls_port}
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


class Tokens(BaseHTTPRequestHandler):
    """The side of an OAuth2 server that says whether a token is good (RFC 7662)."""

    def do_GET(self) -> None:
        good = self.path.endswith(f"={TOKEN}")
        answer = json.dumps({"active": True, "email": USER} if good else {"active": False}).encode()
        self.send_response(200 if good else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        """Say nothing on standard error."""


class Dovecot:
    """A running server. `certificate` is the path of what vouches for it; `tls` checks it in the tests' own client."""

    def __init__(self, home: Path, token_port: int) -> None:
        self.home, self.port, self.starttls_port = home, find_port(), find_port()
        self.certificate = home / "cert.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", "/CN=imap.noord.example", "-addext", "subjectAltName=IP:127.0.0.1",
             "-keyout", home / "key.pem", "-out", self.certificate],
            check=True, capture_output=True,
        )  # fmt: skip
        account = ACCOUNT or getpass.getuser()
        group = subprocess.run(["id", "-gn", account], check=True, capture_output=True, text=True).stdout.strip()
        (home / "dovecot.conf").write_text(
            CONFIG.format(
                home=home, account=account, group=group, user=USER, password=PASSWORD,
                port=self.port, starttls_port=self.starttls_port,
            )
        )  # fmt: skip
        (home / "oauth2.conf").write_text(
            f"tokeninfo_url = http://127.0.0.1:{token_port}/token?access_token=\n"
            "username_attribute = email\nactive_attribute = active\nactive_value = true\n"
        )
        (home / "run").mkdir()
        (home / "mail").mkdir()
        if ACCOUNT:
            for path in [home, *home.rglob("*")]:
                shutil.chown(path, account, group)
        self.tls = ssl.create_default_context(cafile=str(self.certificate))
        login = {"user": account, "group": group, "extra_groups": []} if ACCOUNT else {}
        self.process = subprocess.Popen([DOVECOT, "-F", "-c", home / "dovecot.conf"], **login)

    def wait(self) -> None:
        """Return when it answers; raises RuntimeError with its log when it does not."""
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        log = self.home / "log.txt"
        raise RuntimeError(f"Dovecot did not start:\n{log.read_text() if log.exists() else ''}")

    @contextmanager
    def client(self) -> Iterator[IMAPClient]:
        """Log in as a mail programme would."""
        with IMAPClient("127.0.0.1", self.port, ssl_context=self.tls, timeout=10) as client:
            client.login(USER, PASSWORD)
            yield client

    def empty(self) -> None:
        """Forget all messages and folders."""
        with self.client() as client:
            for _flags, _delimiter, name in client.list_folders():
                if name != "INBOX":
                    client.delete_folder(name)
            client.select_folder("INBOX")
            client.delete_messages(client.search())
            client.expunge()

    def deliver(self, *messages: bytes) -> None:
        """Put messages in the mailbox, unread."""
        with self.client() as client:
            for message in messages:
                client.append("INBOX", message)

    def unread(self, folder: str = "INBOX") -> int:
        """Count what nobody has read."""
        with self.client() as client:
            client.select_folder(folder, readonly=True)
            return len(client.search("UNSEEN"))

    def count(self, folder: str = "INBOX") -> int:
        """Count all messages."""
        with self.client() as client:
            return client.select_folder(folder, readonly=True)[b"EXISTS"]


@contextmanager
def running_dovecot() -> Iterator[Dovecot]:
    """Start a server of one's own in a folder of its own, and stop it in the end."""
    tokens = ThreadingHTTPServer(("127.0.0.1", 0), Tokens)
    threading.Thread(target=tokens.serve_forever, daemon=True).start()
    # Not pytest's own folder: that is closed to the account which the server runs under. And short, for its sockets.
    home = Path(tempfile.mkdtemp(prefix="noord-imap-"))
    server = Dovecot(home, tokens.server_port)
    try:
        server.wait()
        yield server
    finally:
        server.process.terminate()
        server.process.wait(timeout=10)
        tokens.shutdown()
        tokens.server_close()
        shutil.rmtree(home, ignore_errors=True)
