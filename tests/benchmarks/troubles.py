"""Others' trouble: a handler that waits for the database, a client that has stopped; and what everybody else
has of it.

Both on Stockwire's Socket.IO door, with events at a steady rate.
"""

import json
import os
import signal
import time
from dataclasses import replace

import psutil
import psycopg

from tests.benchmarks.contestants import SOCKETIO, Place, StockwireSocketIO
from tests.benchmarks.figures import Trouble
from tests.benchmarks.processes import Child
from tests.benchmarks.rounds import SETTLE, WARM_UP, Plan, connect, listeners, steady, wait_for_the_last

CALM = "nothing is wrong"
SLOW_DATABASE = "handlers wait 2 s for the database"
STOPPED = "one client more has stopped (SIGSTOP)"

LOCKED_SECONDS = 2.0
#: Clients that ask for something that the database has to answer, while it doesn't.
ASKING = 10
LOOK_EACH = 0.5
FILLING_EVENTS = 500
#: Until the server has given it up, and cut it.
STOPPED_SECONDS = 15.0


class Troubles:
    """One Stockwire with so many Socket.IO clients."""

    def __init__(self, place: Place, plan: Plan, *, token: str) -> None:
        self._place = place
        self._plan = plan
        self._token = token
        self._contestant = StockwireSocketIO(place)

    def measure(self) -> dict[str, Trouble]:
        """Measure without any trouble, and then with each."""
        with self._contestant, listeners(pinned=self._place.pinned) as load:
            load.answer()
            connect(self._contestant, load, clients=self._plan.clients)
            self._contestant.begin_flood(WARM_UP)
            self._contestant.end_flood()
            wait_for_the_last(load, self._contestant.sent)
            time.sleep(SETTLE)
            return {
                CALM: self._calm(load),
                SLOW_DATABASE: self._slow_database(load),
                STOPPED: self._stopped(load),
            }

    def _calm(self, load: Child) -> Trouble:
        late = steady(self._contestant, load, self._plan)
        return Trouble(late.p50, late.p99, late.most, grown=0, lasted=0)

    def _slow_database(self, load: Child) -> Trouble:
        asked = f'420["authenticate",{json.dumps({"token": self._token})}]'
        before = self._contestant.resident()
        waited = 0.0

        def wait_for_the_database() -> None:
            nonlocal waited
            time.sleep(SETTLE)
            with psycopg.connect(self._place.env["DATABASE_URL"]) as connection:
                connection.execute("LOCK TABLE identity_user IN ACCESS EXCLUSIVE MODE")
                asking = time.monotonic()
                load.ask(do="say", text=asked, clients=ASKING)
                time.sleep(LOCKED_SECONDS)
                if early := load.ask(do="answers")["moments"]:
                    raise SystemExit(f"{len(early)} handlers did not have to wait for the database")
            time.sleep(SETTLE)
            answers = load.ask(do="answers")["moments"]
            if len(answers) != ASKING:
                raise SystemExit(f"{len(answers)} of {ASKING} handlers have answered")
            waited = min(answers) / 1e6 - asking

        late = steady(self._contestant, load, self._plan, meanwhile=wait_for_the_database)
        return Trouble(
            late.p50, late.p99, late.most, grown=self._contestant.resident() - before, lasted=waited
        )

    def _fill(self, load: Child) -> None:
        """Send more than the kernel keeps for the stopped one: the rest waits in the server."""
        enough = self._contestant.sent + FILLING_EVENTS
        while self._contestant.sent < enough:
            self._contestant.begin_flood(SETTLE)
            self._contestant.end_flood()
        wait_for_the_last(load, self._contestant.sent)

    def _stopped(self, load: Child) -> Trouble:
        contestant = self._contestant
        server = psutil.Process(contestant.server.pid)
        before = contestant.resident()
        grown, lasted = 0, 0.0

        def look() -> None:
            nonlocal grown, lasted
            began = time.monotonic()
            while (passed := time.monotonic() - began) < STOPPED_SECONDS:
                grown = max(grown, contestant.server.resident() - before)
                if not lasted and not _is_connected(server, port):
                    lasted = passed
                time.sleep(LOOK_EACH)

        with listeners(pinned=self._place.pinned) as stopped:
            stopped.answer()
            port = stopped.ask(
                do="connect",
                port=contestant.port,
                door=SOCKETIO._asdict(),
                clients=1,
                is_narrow=True,
            )["port"]
            os.kill(stopped.pid, signal.SIGSTOP)
            try:
                self._fill(load)
                late = steady(
                    contestant, load, replace(self._plan, rate_seconds=STOPPED_SECONDS), meanwhile=look
                )
            finally:
                os.kill(stopped.pid, signal.SIGCONT)
        return Trouble(late.p50, late.p99, late.most, grown=grown, lasted=lasted)


def _is_connected(server: psutil.Process, port: int) -> bool:
    return any(getattr(end.raddr, "port", None) == port for end in server.net_connections("tcp4"))
