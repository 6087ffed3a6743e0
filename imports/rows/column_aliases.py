"""Aliases of column names, in English, German, French and Spanish.

Names are compared by letters and digits only, so "item no" also matches "Item-No." and "Item #", and "prix" matches
"Prix (EUR)". An alias must be unambiguous: a cost is not a price, and an EAN is not a SKU."""

ALIASES = {
    "sku": """
        stock keeping unit, sku code, sku id, sku no, sku nr, sku number, product sku, item sku, variant sku,
        item code, item id, item no, item nr, item number, article code, article id, article no, article nr,
        article number, product code, product id, product no, product nr, product number, product ref,
        product reference, part code, part no, part nr, part number, material no, material number, model number,
        catalog number, catalogue number, code, identifier, ref, reference,
        Artikelcode, Artikel-ID, Artikelnr, Artikelnummer, Art.-Nr., Bestellnr, Bestellnummer, Materialnr,
        Materialnummer, Produktcode, Produkt-ID, Produktnr, Produktnummer, Teilenr, Teilenummer,
        UGS, code article, code de l'article, code produit, code du produit, numéro article, numéro d'article,
        numéro de l'article, numéro de produit, réf article, réf produit, référence article, référence de l'article,
        référence produit, référence du produit,
        código, código de artículo, código artículo, código del artículo, código de producto, código producto,
        código del producto, número de artículo, número de producto, ref producto, referencia, referencia producto,
        referencia de producto, referencia del producto""",
    "name": """
        article name, display name, item name, item title, product, product name, product title, title,
        Artikelbezeichnung, Artikelname, Artikeltitel, Benennung, Bezeichnung, Produkt, Produktbezeichnung,
        Produktname, Produkttitel, Titel,
        désignation, intitulé, libellé, nom, nom article, nom de l'article, nom produit, nom du produit, produit,
        titre, titre du produit,
        denominación, nombre, nombre artículo, nombre de artículo, nombre del artículo, nombre producto,
        nombre de producto, nombre del producto, producto, título, título del producto""",
    "description": """
        article description, body, desc, details, item description, long description,
        product description,
        Artikelbeschreibung, Beschreibung, Beschreibungstext, Langbeschreibung, Langtext, Produktbeschreibung,
        descriptif, description article, description de l'article, description longue, description produit,
        description du produit,
        descripción, descripción artículo, descripción del artículo, descripción larga, descripción producto,
        descripción de producto, descripción del producto, detalle, detalles""",
    "price": """
        amount, gross price, item price, list price, MSRP, net price, product price, regular price, retail price,
        RRP, sales price, selling price, unit price, variant price,
        Bruttopreis, Einzelpreis, Listenpreis, Nettopreis, Preis, Stückpreis, Stueckpreis, UVP, Verkaufspreis, VK,
        VK-Preis,
        montant, prix, prix de vente, prix HT, prix public, prix TTC, prix unitaire, prix unitaire HT,
        prix unitaire TTC, tarif,
        importe, precio, precio de lista, precio de venta, precio neto, precio unitario, PVP, tarifa""",
    "is_active": """
        active, available, enabled, is available, is enabled, is published, is visible, online, published, status,
        visible,
        aktiv, aktiviert, freigegeben, ist aktiv, sichtbar, verfügbar, verfuegbar, veröffentlicht, veroeffentlicht,
        actif, activé, disponible, en ligne, est actif, publié, statut,
        activo, es activo, está activo, estado, habilitado, publicado""",
}
# Read-only columns of our own exports, ignored without a warning.
EXPORTED = ("id", "created_at", "updated_at")
