"""`manage.py serve`: one command for every server process."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from config.settings import environment


class Command(BaseCommand):
    """Starts a server process and stays until it is ended."""

    help = "Serve: everything in one process (all), or one part of it (web, live, worker)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the role and the address."""
        parser.add_argument("--role", choices=("all", "web", "live", "worker"), default="all")
        parser.add_argument("--host", default=environment.HOST.read(), help="the address (HOST)")
        parser.add_argument("--port", type=int, default=environment.PORT.read(), help="the port (PORT)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Check what must not be, then serve."""
        role, host, port = options["role"], options["host"], options["port"]
        if settings.STOCKWIRE_OPEN_WRITES:
            if not environment.is_loopback(host):
                raise CommandError(
                    f"STOCKWIRE_OPEN_WRITES=1 lets anyone write: that is for loopback only, not for {host}."
                )
            self.stderr.write(self.style.WARNING("Open mode: anyone on this machine may write products."))
        self._check_payments()
        if role in {"live", "web"} and not settings.REDIS_URL:
            raise CommandError("Several processes need a Redis: set REDIS_URL, or install redis-server.")
        # Processes that are started from here read it from the environment.
        os.environ[environment.HOST.name] = host
        if not environment.ALLOWED_HOSTS.is_given():
            settings.ALLOWED_HOSTS[:] = environment.local_hosts(host)
        {"all": self._all, "web": self._web, "live": self._live, "worker": self._worker}[role](host, port)

    def _check_payments(self) -> None:
        """Whoever has set a provider's keys means to be paid by it: better now than at the first customer."""
        from orders.providers import keys

        if problems := keys.problems():
            raise CommandError("Payments can't be made like this:\n  " + "\n  ".join(problems))
        for warning in keys.warnings():
            self.stderr.write(self.style.WARNING(warning))

    def _all(self, host: str, port: int) -> None:
        from config.jobs.running import worker
        from config.serving.first_start import demo_accounts, load_demo_once, migrate
        from config.serving.listening import CannotListenError, address_of, listen
        from config.serving.live import serve_live
        from realtime.runtime import delivering

        try:
            listener = listen(host, port)
        except CannotListenError as error:
            raise CommandError(str(error)) from error
        migrate()
        if environment.DEMO.read():
            if load_demo_once(settings.STOCKWIRE_HOME):
                self.stdout.write("The demo shop is loaded.")
            for account in demo_accounts(settings.STOCKWIRE_HOME):
                self.stdout.write(f"  {account.role:<10} {account.email:<36} {account.password}")
            self.stdout.write(f"The admin signs in on {address_of(listener)}/admin/, the others in the shop.")
        connection.close()
        self.stdout.write(self.style.SUCCESS(f"Stockwire is on {address_of(listener)}  (Ctrl-C ends it)"))
        self.stdout.flush()
        serve_live(listener, threads=settings.STOCKWIRE_THREADS, companions=[worker, delivering])

    def _live(self, host: str, port: int) -> None:
        from config.serving.listening import CannotListenError, address_of, listen
        from config.serving.live import serve_live

        try:
            listener = listen(host, port)
        except CannotListenError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"live on {address_of(listener)}")
        self.stdout.flush()
        serve_live(listener, threads=settings.STOCKWIRE_THREADS)

    def _web(self, host: str, port: int) -> None:
        from config.serving.listening import CannotListenError, address_of, listen
        from config.serving.web import serve_web

        try:
            with listen(host, port) as listener:
                self.stdout.write(f"web on {address_of(listener)}")
                self.stdout.flush()
        except CannotListenError as error:
            raise CommandError(str(error)) from error
        serve_web(host, port, processes=settings.STOCKWIRE_WEB_PROCESSES, threads=settings.STOCKWIRE_THREADS)

    def _worker(self, _host: str, _port: int) -> None:
        from config.serving.worker import serve_worker

        self.stdout.write("worker")
        self.stdout.flush()
        serve_worker()
