"""Products in the admin, by the same rules as in the API. No page counts a million rows."""

from collections.abc import Callable
from functools import cached_property
from typing import cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest

from catalog import products
from catalog.models import Product, ProductCount, ProductQuerySet
from catalog.typed_prices import PriceField
from catalog.validation import FieldError, read_description, read_name, read_sku


class ProductForm(forms.ModelForm[Product]):
    price = PriceField()

    class Meta:
        model = Product
        fields = ["sku", "name", "description", "price", "is_active"]

    def clean_sku(self) -> str:
        sku = self.read("sku", read_sku)
        # The constraint's message would appear above the form instead of beside the field.
        if Product.objects.with_sku(sku).exclude(pk=self.instance.pk).exists():
            raise ValidationError("This SKU is already in use.", "sku.taken")
        return sku

    def clean_name(self) -> str:
        return self.read("name", read_name)

    def clean_description(self) -> str:
        return self.read("description", read_description)

    def read(self, field: str, reader: Callable[[object], str]) -> str:
        try:
            return reader(self.cleaned_data[field])
        except FieldError as error:
            raise ValidationError(error.message, error.code) from None


class ProductPaginator(Paginator[Product]):
    object_list: ProductQuerySet

    @cached_property
    def count(self) -> int:
        is_whole_table = not self.object_list.query.where
        return ProductCount.objects.totals()[0] if is_whole_table else self.object_list.count()


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin[Product]):
    form = ProductForm
    list_display = ["sku", "name", "price", "is_active", "updated_at"]
    list_filter = ["is_active"]
    search_fields = ["sku", "name"]
    ordering = ["-id"]
    readonly_fields = ["created_at", "updated_at"]
    list_per_page = 50
    paginator = ProductPaginator
    show_full_result_count = False
    actions = ["activate", "deactivate"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Product], search_term: str
    ) -> tuple[QuerySet[Product], bool]:
        """Products with every word in the SKU or the name."""
        return cast(ProductQuerySet, queryset).matching(q=search_term), False

    def save_model(
        self, request: HttpRequest, obj: Product, form: forms.ModelForm[Product], change: bool
    ) -> None:
        if change and not form.has_changed():
            return
        if change:
            obj.updated_at = Now()
        super().save_model(request, obj, form, change)

    @admin.action(description="Activate selected products", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: ProductQuerySet) -> None:
        self.show_count(request, products.set_active(queryset, True), "activated")

    @admin.action(description="Deactivate selected products", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: ProductQuerySet) -> None:
        self.show_count(request, products.set_active(queryset, False), "deactivated")

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        # Of the manager's type, although the admin's signature is wider.
        products.remove_many(cast(ProductQuerySet, queryset))

    def show_count(self, request: HttpRequest, changed: int, action: str) -> None:
        noun = "product" if changed == 1 else "products"
        self.message_user(request, f"{changed:,} {noun} {action}", messages.SUCCESS)
