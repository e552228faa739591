"""Finding orders by what somebody on the telephone says: a number, an id, a name, an address, a phone."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from config.identity.models import User
from orders.models import Order


def matching(orders: QuerySet[Order], text: str) -> QuerySet[Order]:
    """Those that ``text`` may mean. One that is called so in full is meant, and no other.

    Customers are looked for in their own table first: a join would have each order carry its customer along,
    only to be thrown away.
    """
    exact = orders.filter(Q(id=text) | Q(number=text.upper()))
    if exact.exists():
        return exact
    customers = User.objects.filter(Q(email__icontains=text) | Q(name__icontains=text))
    meant = Q(user__in=customers.values("pk"))
    # What has an @ in it is neither a number nor a phone.
    if "@" not in text:
        meant |= Q(number__icontains=text) | Q(phone__icontains=text)
    return orders.filter(meant)
