"""Views and paths that only the tests have: one for each thing that the kit does."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError, connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.urls import path
from django.views.decorators.csrf import csrf_protect
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.api import fields
from config.api.conditional import not_modified, require_match, stamp
from config.api.idempotency import answer_once
from config.api.json import write_json
from config.api.paging import paginate
from config.api.streaming import json_array
from config.api.views import BATCH_BODY, ApiView, ApiViewSet, read_body
from config.identity.callers import actor_of
from config.identity.models import Role, Scope, User
from config.identity.permissions import anyone, may
from config.kernel import clock
from config.kernel.errors import Conflict, ConflictingItems, InvalidItems, ItemError, StockwireError

#: What `/raise` raises; a test puts it there.
raised: list[Callable[[], Exception]] = []


class Line(serializers.Serializer[Any]):
    sku = fields.StrictCharField(max_length=20)
    quantity = fields.QuantityField()


class Lines(serializers.Serializer[Any]):
    lines = Line(many=True)
    note = fields.StrictCharField(required=False, multiline=True, allow_blank=True)


class Echo(ApiView):
    permission_classes = (anyone,)

    def get(self, request: Request, name: str = "") -> Response:
        return Response({"name": name, "query": request.query_params.dict()})

    def post(self, request: Request) -> Response:
        return Response({"data": request.data, "bytes": len(read_body(request))})


class BatchEcho(Echo):
    max_body = BATCH_BODY


class Validated(ApiView):
    permission_classes = (anyone,)

    def post(self, request: Request) -> Response:
        lines = Lines(data=request.data)
        lines.is_valid(raise_exception=True)
        return Response(lines.validated_data)


class Raises(ApiView):
    permission_classes = (anyone,)

    def get(self, request: Request) -> Response:
        raise raised[0]()  # noqa: RSE102  it is a function


class Refuses(ApiView):
    permission_classes = (anyone,)

    def post(self, request: Request, kind: str) -> Response:
        items = [ItemError({"sku": "a"}, "Item out of stock", "out_of_stock", {"available": 1})]
        errors: dict[str, StockwireError] = {
            "invalid": InvalidItems(items),
            "conflicting": ConflictingItems(items, "Two items are out of stock"),
        }
        raise errors[kind]


class Guarded(ApiView):
    permission_classes = (may(roles=(Role.ADMIN,), scopes=(Scope.STOCK_WRITE,), open_writes=True),)

    def post(self, request: Request) -> Response:
        return Response({"actor": str(actor_of(request))})

    get = post


class StaffOnly(ApiView):
    permission_classes = (may(roles=(Role.ADMIN,)),)

    def get(self, request: Request) -> Response:
        return Response({"actor": str(actor_of(request))})


class Users(ApiViewSet):
    """Pages through users by whatever `?order=` says."""

    permission_classes = (anyone,)

    def list(self, request: Request) -> HttpResponseBase:
        order = request.query_params.get("order", "email").split(",")
        page = paginate(request, User.objects.all(), order=order, default_limit=50)
        return Response([user.pk for user in page.items], headers={"Link": page.link} if page.link else {})

    def stream(self, request: Request) -> HttpResponseBase:
        page = paginate(request, User.objects.all(), order=["email"], default_limit=None)
        answer = json_array(write_json(user.email) for user in page.items)
        if page.link:
            answer["Link"] = page.link
        return answer


class Versioned(ApiView):
    permission_classes = (anyone,)
    etag = "v7"
    changed = clock.parse_iso("2026-11-21T10:00:00.900Z")

    def get(self, request: Request) -> Response:
        fresh = not_modified(request, etag=self.etag, last_modified=self.changed)
        return fresh or stamp(Response({"version": 7}), etag=self.etag, last_modified=self.changed)

    def put(self, request: Request) -> Response:
        require_match(request, etag=self.etag)
        return Response({"version": 8})

    delete = put


#: What the effect behind `/once` does beside making a user; a test puts it there.
while_running: list[Callable[[], None]] = []


class Once(ApiView):
    """Makes a user for each time that its effect happens."""

    permission_classes = (anyone,)

    def post(self, request: Request, name: str = "x") -> HttpResponseBase:
        def effect() -> Response:
            user = User.objects.create_user(f"user{User.objects.count()}-{id(request)}@example.com")
            for run in while_running:
                run()
            asked: Any = request.data
            outcome = asked.get("outcome")
            if outcome == "raise":
                raise Conflict("not now")
            if outcome == "answer":
                return Response({"error": "not now"}, status=409)
            return Response(
                {"id": user.pk, "at": clock.now()}, status=201, headers={"Location": f"/u/{user.pk}"}
            )

        return answer_once(request, endpoint="test.once", effect=effect)


def plain(request: HttpRequest, kind: str) -> HttpResponse:
    """A view that knows nothing of the kit."""
    if kind == "405":
        return HttpResponseNotAllowed(["PUT"])
    if kind == "html":
        return HttpResponse("<h1>no</h1>", status=418)
    errors: dict[str, Exception] = {
        "404": Http404("SELECT 1"),
        "403": PermissionDenied("secret"),
        "400": SuspiciousOperation("secret"),
        "413": RequestDataTooBig("secret"),
        "500": RuntimeError("secret"),
        "503": OperationalError("connection to server at 10.0.0.1 failed"),
        "closed": InterfaceError("connection already closed"),
    }
    raise errors[kind]


class Database(ApiView):
    permission_classes = (anyone,)

    def get(self, request: Request) -> Response:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return Response({})


@csrf_protect
def form(request: HttpRequest) -> HttpResponse:
    return HttpResponse("done")


urlpatterns = [
    path("admin/plain/<str:kind>", plain),
    path("admin/form", form),
    path("admin/", admin.site.urls),
    path("echo", Echo.as_view()),
    path("echo/<str:name>", Echo.as_view()),
    path("batch", BatchEcho.as_view()),
    path("validated", Validated.as_view()),
    path("raise", Raises.as_view()),
    path("refuse/<str:kind>", Refuses.as_view()),
    path("guarded", Guarded.as_view()),
    path("staff", StaffOnly.as_view()),
    path("users", Users.as_view({"get": "list"})),
    path("others", Users.as_view({"get": "list"})),
    path("stream", Users.as_view({"get": "stream"})),
    path("versioned", Versioned.as_view()),
    path("once", Once.as_view()),
    path("once/<str:name>", Once.as_view()),
    path("plain/<str:kind>", plain),
    path("database", Database.as_view()),
    path("form", form),
]
handler400 = "config.api.errors.bad_request"
handler403 = "config.api.errors.permission_denied"
handler404 = "config.api.errors.not_found"
handler500 = "config.api.errors.server_error"
