"""What `make run` does after the installation: python -m noord.develop.

Compiles the messages, migrates, loads the demo network once and serves. One process does it all,
because a second start must take seconds.
"""

import os

import django
from django.contrib.auth import get_user_model
from django.core.management import call_command

from noord.messages import compile_catalogue

ACCOUNTS = {
    "lid": "a member",
    "collega": "a member of the same organisation",
    "voorzitter": "chair of Overheden",
    "programmamanager": "programme manager of Overheden",
    "beheerder": "administrator, also of /beheer/",
}


def prepare() -> None:
    """Bring messages, database and demo network up to date."""
    compile_catalogue()
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    if not get_user_model().objects.filter(email="lid@noord.example").exists():
        print("Loading the demo network (only this first time)...", flush=True)
        call_command("load_demo", verbosity=0)


def main() -> None:
    """Prepare and serve; the server's own reloading child only serves."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "noord.settings")
    os.environ.setdefault("DEBUG", "on")
    if os.environ["DEBUG"] == "on":  # demo accounts have no phone; production refuses to start with this off
        os.environ.setdefault("STAFF_MFA_REQUIRED", "off")
    port = os.environ.get("PORT") or "8000"
    if os.environ.get("RUN_MAIN") != "true":
        prepare()
        print(f"\nThe portal:  http://127.0.0.1:{port}")
        print("Demo accounts, all with the password noord-demo:")
        for name, role in ACCOUNTS.items():
            print(f"  {name + '@noord.example':32}{role}")
        if os.environ.get("STAFF_MFA_REQUIRED") == "off":
            print("/beheer/ asks no second factor here; STAFF_MFA_REQUIRED=on make run asks it.")
        print("Stop with Ctrl-C.\n", flush=True)
    else:
        django.setup()
    call_command("runserver", f"127.0.0.1:{port}", skip_checks=True)


if __name__ == "__main__":
    main()
