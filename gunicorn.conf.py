"""What gunicorn noord.wsgi reads by itself; the command line and GUNICORN_CMD_ARGS come after and win."""

import os

bind = os.environ.get("BIND", "0.0.0.0:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
timeout = 30
graceful_timeout = 30
keepalive = 5
control_socket_disable = True  # it wants a writable home, and nobody uses it
# Only TRUST_PROXY decides whether X-Forwarded-Proto is believed; gunicorn's own default believes this machine.
forwarded_allow_ips = ""
# No access log: a personal calendar feed has its key in its path. The proxy in front keeps one, see the README.
accesslog = None
