"""The demo shop's shoes."""

from __future__ import annotations

from catalog.demo.building import goods, prices, sized
from catalog.services import ProductDraft

MEN = ("40", "41", "42", "43", "44", "45")
WOMEN = ("36", "37", "38", "39", "40")
ALL = ("37", "39", "41", "43")

SHOES: tuple[ProductDraft, ...] = (
    goods(
        sku="SH-RUN-TIDE",
        title="Tide Running Shoe",
        swedish="Löparsko Tide",
        image="runner-blue",
        category="Shoes",
        subcategory="Running",
        description="A light daily runner with a springy midsole and a knit upper that dries overnight.\n\n"
        "For roads and park paths, from the first five kilometres on.",
        prices=prices("2450", "899", "5490", "79.00"),
        variants=sized(
            sku="SH-RUN-TIDE", sizes=MEN, colors=("Blue", "White"), units=(14, 9, 22, 4, 0, 11, 3)
        ),
        featured=True,
    ),
    goods(
        sku="SH-TRL-FERN",
        title="Fern Trail Shoe",
        swedish="Terrängsko Fern",
        image="runner-lime",
        category="Shoes",
        subcategory="Running",
        description="Deep lugs, a rock plate and a collar that keeps the gravel out.",
        prices=prices("2890", "1049", "6490", "92.00"),
        variants=sized(sku="SH-TRL-FERN", sizes=MEN, colors=("Lime", "Black"), units=(6, 2, 0, 8, 5)),
    ),
    goods(
        sku="SH-CVS-DUNE",
        title="Dune Canvas Sneaker",
        image="sneaker-sand",
        category="Shoes",
        subcategory="Sneakers",
        description="Washed cotton canvas on a vulcanised sole. Softer with every summer.",
        prices=prices("1290", "499", "2890", "42.00"),
        variants=sized(sku="SH-CVS-DUNE", sizes=ALL, colors=("Sand", "Olive", "Navy"), units=(18, 25, 12, 7)),
        featured=True,
    ),
    goods(
        sku="SH-CRT-NOIR",
        title="Noir Court Sneaker",
        image="sneaker-black",
        category="Shoes",
        subcategory="Sneakers",
        description="Full-grain leather, a flat cup sole and nothing that needs explaining.",
        prices=prices("2190", "799", "4890", "71.00"),
        variants=sized(sku="SH-CRT-NOIR", sizes=MEN, colors=("Black",), units=(10, 16, 3, 1, 0, 5)),
    ),
    goods(
        sku="SH-PLT-ROSE",
        title="Rosé Platform Sneaker",
        image="sneaker-rose",
        category="Shoes",
        subcategory="Sneakers",
        description="Four centimetres of height, none of the weight.",
        prices=prices("1790", "649", "3990", "58.00"),
        variants=sized(sku="SH-PLT-ROSE", sizes=WOMEN, colors=("Rose", "Cream"), units=(5, 0, 9, 13, 2)),
    ),
    goods(
        sku="SH-ANK-UMBER",
        title="Umber Ankle Boot",
        swedish="Stövlett Umber",
        image="boot-tan",
        category="Shoes",
        subcategory="Boots",
        description="Vegetable-tanned leather with an elastic gusset; resoles for years.",
        prices=prices("3490", "1299", "7890", "112.00"),
        variants=sized(sku="SH-ANK-UMBER", sizes=WOMEN, colors=("Tan", "Black"), units=(4, 7, 2, 6)),
        featured=True,
    ),
    goods(
        sku="SH-HIK-MOSS",
        title="Moss Hiking Boot",
        image="boot-olive",
        category="Shoes",
        subcategory="Boots",
        description="Waterproof nubuck, a stiff shank and room for thick socks.",
        prices=prices("3990", "1490", "8990", "128.00"),
        variants=sized(sku="SH-HIK-MOSS", sizes=MEN, colors=("Olive",), units=(3, 5, 8, 2, 4, 1)),
    ),
    goods(
        sku="SH-RAIN-POPPY",
        title="Poppy Rain Boot",
        image="boot-red",
        category="Shoes",
        subcategory="Boots",
        description="Natural rubber for puddles of any depth. Also in sizes for small feet.",
        prices=prices("890", "349", "1990", "29.00"),
        variants=sized(
            sku="SH-RAIN-POPPY",
            sizes=("28", "30", "32", "36", "38"),
            colors=("Red", "Yellow"),
            units=(20, 15, 6),
        ),
    ),
    goods(
        sku="SH-SDL-LAGOON",
        title="Lagoon Sandal",
        image="sandal-teal",
        category="Shoes",
        subcategory="Sandals",
        description="Two straps, a cork footbed, and the beach.",
        prices=prices("990", "399", "2290", "33.00"),
        variants=sized(sku="SH-SDL-LAGOON", sizes=WOMEN, colors=("Teal", "Brown"), units=(11, 4, 17, 9, 6)),
    ),
    goods(
        sku="SH-SLD-CORAL",
        title="Coral Slide",
        image="sandal-coral",
        category="Shoes",
        subcategory="Sandals",
        description="Slip in, walk off. Sold out until the next delivery.",
        prices=prices("490", "199", "1090", "16.00"),
        variants=sized(sku="SH-SLD-CORAL", sizes=ALL, colors=("Coral",), units=(0,)),
    ),
    goods(
        sku="SH-LOF-WALNUT",
        title="Walnut Penny Loafer",
        image="loafer-brown",
        category="Shoes",
        subcategory="Formal",
        description="Hand-sewn apron, leather lining, a heel that clicks just enough.",
        prices=prices("2990", "1090", "6690", "96.00"),
        variants=sized(sku="SH-LOF-WALNUT", sizes=MEN, colors=("Brown",), units=(7, 9, 4, 2, 3, 0)),
    ),
    goods(
        sku="SH-MOC-HARBOR",
        title="Harbor Moccasin",
        image="loafer-navy",
        category="Shoes",
        subcategory="Formal",
        description="Unlined suede on a driving sole. As light as a slipper, allowed outdoors.",
        prices=prices("1990", "749", "4490", "65.00"),
        variants=sized(sku="SH-MOC-HARBOR", sizes=MEN, colors=("Navy", "Sand"), units=(5, 3, 8)),
    ),
)
