"""``/api/orders``: placing, reading, and the way of an order through the house."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpResponseBase
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from config.api.conditional import not_modified, require_match, stamp
from config.api.envelope import EnvelopeRenderer
from config.api.idempotency import answer_once
from config.api.json import OrjsonRenderer
from config.api.paging import paginate
from config.api.private import PrivateAnswers
from config.api.reading import checked
from config.api.views import ApiViewSet
from config.identity.callers import actor_of, require_user, user_of
from config.identity.models import Role, Scope, User
from config.identity.permissions import may, require_duty
from config.kernel.actors import Actor
from config.kernel.errors import InvalidInput
from inventory.api.queries import moment_in
from orders import services
from orders.api.cart_views import TOKEN
from orders.api.checkout import ENDPOINT, check_out
from orders.api.order_bodies import (
    AssignBody,
    CancelBody,
    PlaceBody,
    ReturnBody,
    StatusBody,
    TailorStatusBody,
)
from orders.api.wishes import wish_of
from orders.dialects import shop_order
from orders.errors import OrderNotFound
from orders.flow import Status, TailorStatus
from orders.models import Disposition, Order
from orders.order_records import OrderRecord
from orders.selectors import OrderFilter, narrowed, order_records, visible_orders
from orders.services.order_changes import Expectation

_DEFAULT_LIMIT = 50

_readers = may(roles=list(Role), scopes=[Scope.ORDERS_READ], duty="orders.view_order")
_customers = may(roles=[Role.CUSTOMER])


class OrdersViewSet(PrivateAnswers, ApiViewSet):
    """Orders, as far as they are the caller's to see."""

    renderer_classes = (OrjsonRenderer, EnvelopeRenderer)
    enveloped_as = ("order", "orders")
    permissions: ClassVar[dict[str, type[BasePermission]]] = {
        "list": _readers,
        "retrieve": _readers,
        "create": _customers,
        "status": may(roles=[Role.ADMIN, Role.DELIVERY], duty="orders.step_order"),
        "cancel": may(roles=[Role.ADMIN, Role.CUSTOMER], duty="orders.cancel_order"),
        "take_back": may(roles=[Role.ADMIN], duty="orders.return_order"),
        "assign": may(roles=[Role.ADMIN], duty="orders.assign_order"),
        "tailor_status": may(roles=[Role.ADMIN, Role.TAILOR], duty="orders.tailor_order"),
    }

    def get_permissions(self) -> list[BasePermission]:
        return [self.permissions.get(self.action or "", _readers)()]

    # ---------------------------------------------------------------------------------------- reads

    def list(self, request: Request) -> Response:
        orders = narrowed(visible_orders(actor=self.actor, role=self.role), _filter(request))
        rows = orders.values("id", "created_at")
        page = paginate(request, rows, order=["-created_at", "-id"], default_limit=_DEFAULT_LIMIT)
        # Only ids are paged; the orders are read behind them, in as many queries for one as for all.
        ids = [row["id"] for row in page.items]
        found = {record.id: record for record in order_records(Order.objects.filter(id__in=ids))}
        populated = self.role == Role.ADMIN or self.actor.kind == "service"
        response = Response([shop_order(found[id_], populated=populated) for id_ in ids])
        if page.link is not None:
            response["Link"] = page.link
        return response

    def retrieve(self, request: Request, order_id: str) -> Response:
        found = order_records(visible_orders(actor=self.actor, role=self.role).filter(id=order_id))
        if not found:
            raise OrderNotFound
        (order,) = found
        return not_modified(request, etag=order.etag, last_modified=order.updated_at) or _answer(order)

    # --------------------------------------------------------------------------------------- writes

    def create(self, request: Request) -> HttpResponseBase:
        token = request.headers.get(TOKEN)
        if not token:
            return check_out(request, customer_id=self.user.pk, read=self._placing, answer=_placed)

        def effect() -> Response:
            placing = self._placing()
            services.merge_guest_cart(token=token, user_id=placing.customer.pk)
            return _placed(services.place_one(placing))

        return answer_once(request, endpoint=ENDPOINT, effect=effect)

    def _placing(self) -> services.Placing:
        body, customer = self.body(PlaceBody), self.user
        return services.Placing(
            customer=customer,
            terms=_terms(body, customer),
            wishes=[wish_of(item) for item in body.get("items") or ()],
            actor=self.actor,
        )

    def status(self, request: Request, order_id: str) -> HttpResponseBase:
        def effect() -> Response:
            body = self.body(StatusBody)
            tracking = body.get("tracking") or {}
            if body["status"] == Status.CANCELLED:
                require_duty(request, "orders.cancel_order")
            order = services.change_status(
                order_id=order_id,
                to=Status(body["status"]),
                actor=self.actor,
                role=self.role,
                note=body.get("note") or "",
                shipment=services.Shipment(
                    carrier=tracking.get("carrier"),
                    tracking_number=tracking.get("trackingNumber"),
                    estimated_delivery=body.get("estimatedDelivery"),
                ),
                expect=_expectation(request),
            )
            return _answer(order)

        return answer_once(request, endpoint="orders.status", effect=effect)

    def cancel(self, request: Request, order_id: str) -> HttpResponseBase:
        def effect() -> Response:
            note = self.body(CancelBody).get("note") or ""
            order = services.cancel_order(
                order_id=order_id, actor=self.actor, role=self.role, note=note, expect=_expectation(request)
            )
            return _answer(order)

        return answer_once(request, endpoint="orders.cancel", effect=effect)

    def take_back(self, request: Request, order_id: str) -> HttpResponseBase:
        def effect() -> Response:
            items = [
                services.Returned(
                    line_id=item.get("itemId"),
                    variant_id=item.get("variantId"),
                    quantity=item["quantity"],
                    disposition=Disposition(item["disposition"]),
                    sent=item["sent"],
                )
                for item in self.body(ReturnBody)["items"]
            ]
            order = services.return_items(order_id=order_id, items=items, actor=self.actor, role=self.role)
            return _answer(order)

        return answer_once(request, endpoint="orders.return", effect=effect)

    def assign(self, request: Request, order_id: str) -> Response:
        body = self.body(AssignBody)
        order = services.assign_order(
            order_id=order_id,
            actor=self.actor,
            role=self.role,
            tailor_id=body.get("tailor", services.UNCHANGED),
            delivery_partner_id=body.get("deliveryPartner", services.UNCHANGED),
            expect=_expectation(request),
        )
        return _answer(order)

    def tailor_status(self, request: Request, order_id: str) -> Response:
        body = self.body(TailorStatusBody)
        order = services.change_tailor_status(
            order_id=order_id,
            to=TailorStatus(body["status"]),
            actor=self.actor,
            role=self.role,
            note=body.get("note") or "",
            expect=_expectation(request),
        )
        return _answer(order)

    # -------------------------------------------------------------------------------------- the caller

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    @property
    def user(self) -> User:
        return require_user(self.request)

    @property
    def role(self) -> str | None:
        user = user_of(self.request)
        return user.role if user else None

    def body(self, serializer: type[Serializer[Any]]) -> dict[str, Any]:
        """The body, checked. Raises DRF's ``ValidationError``, which names each place."""
        return checked(serializer, self.request.data)


def _placed(order: OrderRecord) -> Response:
    response = _answer(order, status=201)
    response["Location"] = f"/api/orders/{order.id}"
    return response


def _answer(order: OrderRecord, *, status: int = 200) -> Response:
    response = Response(shop_order(order), status=status)
    return stamp(response, etag=order.etag, last_modified=order.updated_at)


def _expectation(request: Request) -> Expectation:
    """``If-Match``, judged under the order's lock."""
    return lambda version: require_match(request, etag=str(version))


def _terms(body: dict[str, Any], customer: User) -> services.Terms:
    phone = body.get("phone") or customer.phone
    if not phone:
        raise InvalidInput("phone: required", details={"phone": ["required"]})
    return services.Terms(
        shipping_address=body["shippingAddress"],
        phone=phone,
        notes=body.get("notes") or "",
        payment_method=body["paymentMethod"],
        total=body.get("totalPrice"),
    )


def _filter(request: Request) -> OrderFilter:
    status = request.query_params.get("status", "")
    if status and status not in list(Status):
        what = f"must be one of {', '.join(Status)}"
        raise InvalidInput(f"status: {what}", details={"status": [what]})
    return OrderFilter(
        status=status,
        user_id=request.query_params.get("user", ""),
        search=request.query_params.get("search", "").strip(),
        since=moment_in(request, "since"),
    )
