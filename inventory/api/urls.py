"""The paths of stock."""

from __future__ import annotations

from django.urls import path

from inventory.api import counts, holds, reads, trade

urlpatterns = [
    path("api/products/<str:product_id>/stock", reads.ProductStockView.as_view()),
    path("api/stock/validate", trade.ValidateView.as_view()),
    path("api/stock/reduce", trade.ReduceView.as_view()),
    path("api/stock/restock", trade.RestockView.as_view()),
    path("api/stock/transfer", trade.TransferView.as_view()),
    path("api/stock/reserve", holds.ReserveView.as_view()),
    path("api/stock/reservations/<str:reservation_id>", holds.ReservationView.as_view()),
    path("api/stock/reservations/<str:reservation_id>/commit", holds.CommitView.as_view()),
    path("api/stock/reservations/<str:reservation_id>/extend", holds.ExtendView.as_view()),
    path("api/stock/adjust", counts.AdjustView.as_view()),
    path("api/stock/levels", counts.LevelsView.as_view()),
    path("api/stock/sync", counts.SyncView.as_view()),
    path("api/stock/movements", reads.MovementsView.as_view()),
    path("api/stock/at", reads.StockAtView.as_view()),
]
