"""Shared helpers: fixed randomness, moments as text, words to make records of."""

import base64
from datetime import datetime, timedelta, timezone
from random import Random

SEED = "sample-sources-1"
#: The day the sample sources live in; a change at run time is later than this.
TODAY = datetime(2026, 11, 22, 9, 0, tzinfo=timezone.utc)
FIRST_DAY = datetime(2023, 1, 2, 8, 0, tzinfo=timezone.utc)

FIRST_NAMES = (
    "Maria Ines Omar Lea Sam Noor Jonas Priya Tomas Alice Kofi Hana Luis Greta Amir"
    " Beth Carlos Dana Elif Femi Gina Hugo Iris Jamal Karin Leo Mona Nils Olga Paul"
).split()
LAST_NAMES = (
    "Lopez Moreau Saleh Petit Reyes Khan Weber Nair Silva Hart Mensah Sato Ortiz Lind"
    " Haddad Cole Vega Frost Demir Bello Rossi Blanc Quinn Diallo Berg Marsh Aziz Holm"
    " Popov Drake"
).split()
COMPANY_WORDS = (
    "Northwind Contoso Fabrikam Lakeside Summit Harbor Prairie Granite Cedar Union"
    " Beacon Sterling Juniper Meridian Falcon Orchard Keystone Pioneer Atlas Willow"
).split()
TRADES = ("Heating", "Logistics", "Foods", "Dental", "Properties", "Schools", "Hotels")
STREETS = ("Oak St", "Lake Ave", "Mill Rd", "Second St", "Canal Row", "Hill Dr")


def rng(*key):
    """A generator of its own for every record: one change never shifts the others."""
    return Random(":".join(map(str, key)))


def iso(moment):
    """RFC 3339 in UTC with whole seconds, as the sources write it."""
    moment = moment.astimezone(timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(text):
    """The aware moment of an RFC 3339 text, or None; a naive one counts as UTC."""
    try:
        moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def between(rand, low, high):
    """A moment of whole seconds within [low, high]."""
    span = max(int((high - low).total_seconds()), 0)
    return low + timedelta(seconds=int(rand.random() * span))


def life(rand):
    """When a record was created and when it was last changed."""
    created = between(rand, FIRST_DAY, TODAY - timedelta(days=10))
    return created, between(rand, created, TODAY - timedelta(days=1))


def dates(rand):
    """The two columns that every record has."""
    created, updated = life(rand)
    return {"created_at": iso(created), "updated_at": iso(updated)}


def day(moment):
    return moment.strftime("%Y-%m-%d")


def money(rand, low, high):
    """A decimal amount, written with two places."""
    return f"{rand.randrange(low * 100, high * 100) / 100:.2f}"


def company_name(number):
    """A name of its own for every company."""
    word = COMPANY_WORDS[number % len(COMPANY_WORDS)]
    trade = TRADES[(number // len(COMPANY_WORDS)) % len(TRADES)]
    lap = number // (len(COMPANY_WORDS) * len(TRADES))
    return f"{word} {trade}" + (f" {lap + 1}" if lap else "")


def opaque(kind, number):
    """A global id that gives nothing away: base64 of `Kind:number`."""
    return base64.b64encode(f"{kind}:{number}".encode()).decode()
