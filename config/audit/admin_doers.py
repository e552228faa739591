"""Who did it, by name, on the console's lists of records that bear an ``actor``: the trail, the ledger."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from config.api.capped_paging import CappedChangeList
from config.audit.trail import names_of

_NAME = "doers_name"  # where a record on a list's page carries it


class DoersChangeList(CappedChangeList):
    """A page of such records with their doers' names: one query for all of them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        names = names_of({record.actor for record in self.result_list})
        for record in self.result_list:
            vars(record)[_NAME] = names.get(record.actor, record.actor)


def name_of_doer(record: Any) -> str:
    """The address of a user; anybody else as the record has them."""
    if _NAME not in vars(record):
        vars(record)[_NAME] = names_of([record.actor]).get(record.actor, record.actor)
    return str(vars(record)[_NAME])
