"""The demo shop's clothes."""

from __future__ import annotations

from catalog.demo.building import counts, goods, prices, sized
from catalog.services import ProductDraft, VariantDraft

SIZES = ("S", "M", "L", "XL")
WAISTS = ("30", "32", "34", "36")


def _in_colors(sku: str, colors: tuple[str, ...], units: tuple[int, ...]) -> tuple[VariantDraft, ...]:
    """What comes in one size."""
    return tuple(
        VariantDraft(sku=f"{sku}-{color.upper()}", attributes={"color": color}, stock=counts(number))
        for color, number in zip(colors, units, strict=True)
    )


CLOTHES: tuple[ProductDraft, ...] = (
    goods(
        sku="CL-TEE-PLAIN",
        title="Everyday T-shirt",
        swedish="T-shirt för varje dag",
        image="tee-white",
        category="Clothes",
        subcategory="Tops",
        description="Long-staple cotton, 180 grams, side seams that stay where they are.",
        prices=prices("390", "149", "890", "13.00"),
        variants=sized(
            sku="CL-TEE-PLAIN", sizes=SIZES, colors=("White", "Black", "Grey"), units=(60, 44, 38, 25, 12)
        ),
        featured=True,
    ),
    goods(
        sku="CL-TEE-STRIPE",
        title="Breton Striped T-shirt",
        image="tee-stripe",
        category="Clothes",
        subcategory="Tops",
        description="Twenty-one stripes, as it should be.",
        prices=prices("490", "199", "1090", "16.00"),
        variants=sized(sku="CL-TEE-STRIPE", sizes=SIZES, colors=("Navy", "Red"), units=(16, 9, 4, 0, 21)),
    ),
    goods(
        sku="CL-HOD-FOG",
        title="Fog Hoodie",
        image="hoodie-grey",
        category="Clothes",
        subcategory="Knitwear",
        description="Brushed inside, heavy outside, a hood that holds its shape.",
        prices=prices("990", "399", "2290", "34.00"),
        variants=sized(sku="CL-HOD-FOG", sizes=SIZES, colors=("Grey",), units=(14, 20, 11, 5)),
    ),
    goods(
        sku="CL-HOD-PINE",
        title="Pine Hoodie",
        image="hoodie-green",
        category="Clothes",
        subcategory="Knitwear",
        description="The same hoodie for people who like trees.",
        prices=prices("990", "399", "2290", "34.00"),
        variants=sized(sku="CL-HOD-PINE", sizes=SIZES, colors=("Green",), units=(3, 2, 0, 4)),
    ),
    goods(
        sku="CL-JKT-DENIM",
        title="Workshop Denim Jacket",
        swedish="Jeansjacka Workshop",
        image="jacket-denim",
        category="Clothes",
        subcategory="Jackets",
        description="Selvedge denim with two chest pockets and a long break-in.",
        prices=prices("1890", "699", "4290", "62.00"),
        variants=sized(sku="CL-JKT-DENIM", sizes=SIZES, colors=("Blue", "Black"), units=(8, 6, 3, 10)),
        featured=True,
    ),
    goods(
        sku="CL-JKT-MUSTARD",
        title="Mustard Rain Jacket",
        image="jacket-mustard",
        category="Clothes",
        subcategory="Jackets",
        description="Taped seams, a peaked hood, visible from the other side of the harbour.",
        prices=prices("2190", "849", "4990", "73.00"),
        variants=sized(sku="CL-JKT-MUSTARD", sizes=SIZES, colors=("Mustard",), units=(5, 1, 4, 2)),
    ),
    goods(
        sku="CL-SHT-LINEN",
        title="Linen Shirt",
        image="shirt-linen",
        category="Clothes",
        subcategory="Shirts",
        description="Garment-washed linen. Creases are part of it.",
        prices=prices("1090", "429", "2490", "37.00"),
        variants=sized(sku="CL-SHT-LINEN", sizes=SIZES, colors=("Natural", "White"), units=(9, 13, 6, 3, 0)),
    ),
    goods(
        sku="CL-SHT-OXFORD",
        title="Oxford Shirt",
        image="shirt-sky",
        category="Clothes",
        subcategory="Shirts",
        description="Button-down collar, pearl buttons, good with a tie and better without.",
        prices=prices("890", "349", "1990", "29.50"),
        variants=sized(sku="CL-SHT-OXFORD", sizes=SIZES, colors=("Sky", "White"), units=(17, 22, 8, 12)),
    ),
    goods(
        sku="CL-TRS-KHAKI",
        title="Field Chinos",
        image="trousers-khaki",
        category="Clothes",
        subcategory="Trousers",
        description="Cotton twill with a little stretch and pockets that hold things.",
        prices=prices("1190", "449", "2690", "39.00"),
        variants=sized(sku="CL-TRS-KHAKI", sizes=WAISTS, colors=("Khaki", "Navy"), units=(11, 7, 2, 15)),
    ),
    goods(
        sku="CL-TRS-INK",
        title="Ink Tailored Trousers",
        image="trousers-ink",
        category="Clothes",
        subcategory="Trousers",
        description="Wool from a mill in Biella, cut straight, hemmed on request.",
        prices=prices("1990", "749", "4490", "66.00"),
        variants=sized(sku="CL-TRS-INK", sizes=WAISTS, colors=("Ink",), units=(4, 3, 1, 0)),
    ),
    goods(
        sku="CL-DRS-PLUM",
        title="Plum Evening Dress",
        swedish="Aftonklänning Plum",
        image="dress-plum",
        category="Clothes",
        subcategory="Dresses",
        description="Bias-cut satin that moves when you do.",
        prices=prices("2790", "1049", "6290", "91.00"),
        variants=sized(sku="CL-DRS-PLUM", sizes=("S", "M", "L"), colors=("Plum",), units=(2, 3, 1)),
        featured=True,
    ),
    goods(
        sku="CL-DRS-SUN",
        title="Marigold Sun Dress",
        image="dress-sun",
        category="Clothes",
        subcategory="Dresses",
        description="Cotton poplin, wide straps, two real pockets.",
        prices=prices("1390", "549", "3190", "46.00"),
        variants=sized(
            sku="CL-DRS-SUN", sizes=("S", "M", "L"), colors=("Marigold", "White"), units=(8, 5, 12)
        ),
    ),
    goods(
        sku="CL-SCF-EMBER",
        title="Ember Wool Scarf",
        image="scarf-red",
        category="Clothes",
        subcategory="Accessories",
        description="Lambswool, two metres long, fringed by hand.",
        prices=prices("690", "279", "1590", "23.00"),
        variants=_in_colors("CL-SCF-EMBER", ("Red", "Green", "Grey"), (9, 4, 0)),
    ),
    goods(
        sku="CL-CAP-MARINA",
        title="Marina Cap",
        image="cap-navy",
        category="Clothes",
        subcategory="Accessories",
        description="Six panels, brass buckle, one size for most heads.",
        prices=prices("390", "159", "890", "13.50"),
        variants=_in_colors("CL-CAP-MARINA", ("Navy", "Sand"), (26, 14)),
    ),
    goods(
        sku="CL-SOX-MINT",
        title="Mint Crew Socks",
        image="socks-mint",
        category="Clothes",
        subcategory="Accessories",
        description="Three pairs. The toes are linked by hand, so there is no seam to feel.",
        prices=prices("190", "79", "440", "6.50"),
        variants=sized(sku="CL-SOX-MINT", sizes=("36-40", "41-45"), colors=("Mint", "Black"), units=(80, 55)),
    ),
)
