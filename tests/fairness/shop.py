"""A site with every value that a rule file by chance may name, and its traffic."""

import generate
from tables import ABOVE, ANY, OTHER

COUNTRIES = sorted(ABOVE["country"])
LANGUAGES = ["de", "en", "fr", "it"]
CAMPAIGNS = ["autumn", "spring"]
TOPICS = ["boots", "tents", "packs"]

# What its visitors can be, generalized values included.
VALUES = {
    "country": [*COUNTRIES, OTHER, *sorted(set(ABOVE["country"].values()))],
    "device": [*ABOVE["device"], "bot", OTHER, "handheld", "stationary"],
    "language": [*LANGUAGES, OTHER],
    "referrer": [*ABOVE["referrer"], "internal", "external"],
    "campaign": [*CAMPAIGNS, "none"],
    "daypart": ["night", "morning", "afternoon", "evening"],
    "os": ["android", "ios", "windows", "macos", "linux", OTHER],
    "weekpart": ["workday", "weekend"],
    "save_data": ["on", "off"],
    "color_scheme": ["dark", "light", OTHER],
    "visit": ["new", "returning"],
    "interest": [*TOPICS, "none"],
}

MAIN = '[listen]\nhttp = "127.0.0.1:8080"\n[sites]\npaths = ["shop"]\n[store]\npath = "data"\n'
SITE = f"""
hosts = ["shop.example"]
origin = ["http://127.0.0.1:9000"]
[signals]
country = {COUNTRIES}
language = {LANGUAGES}
campaign = {{ parameter = "utm_campaign", values = {CAMPAIGNS} }}
[signals.interest]
topics = [{", ".join(f'{{ name = "{topic}", paths = ["/{topic}"] }}' for topic in TOPICS)}]
[audit]
traffic = "traffic.toml"
[[plugin]]
name = "made"
[[route]]
path = "/"
mode = "personalize"
plugins = ["made"]
"""


def write(folder, traffic):
    """The arguments with which a plugin is audited for the site with this traffic."""
    (folder / "shop").mkdir(exist_ok=True)
    (folder / "cloakroom.toml").write_text(MAIN)
    (folder / "shop/site.toml").write_text(SITE.replace("'", '"'))
    (folder / "shop/traffic.toml").write_text(generate.as_toml(traffic))
    return ["--site", "shop", "--as", "made", "--config", folder / "cloakroom.toml"]


def told(table, signal):
    """What a plugin can be told of a visitor of the site."""
    return {table.seen_as(signal, value) for value in [*VALUES[signal], ANY]}
