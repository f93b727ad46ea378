"""Equipment of Road Runner."""

from datetime import timedelta

from ..common import TODAY, dates, day, iso, money, rng
from .people import address

EQUIPMENT = 35
MAKERS = (("Carrier", "48TC-D12"), ("Trane", "XR14"), ("Lennox", "ML180"))


def unit(seed, number, companies):
    rand = rng(seed, "rr equipment", number)
    installed = TODAY - timedelta(days=rand.randrange(200, 3000))
    maker, model = rand.choice(MAKERS)
    return {
        "id": f"eq_{number}",
        "name": f"Rooftop unit {number}",
        "category": rand.choice(("RTU", "Furnace", "Heat pump")),
        "serial_number": f"SN-{4400 + number}",
        "barcode": f"{12345 + number:07d}",
        "manufacturer": maker,
        "model": model,
        "customer_id": f"ct_{rand.randrange(1, companies + 1)}",
        "location_name": rand.choice(("Roof east", "Roof west", "Basement")),
        "site_address": {k: v for k, v in address(rand).items() if k != "street2"},
        "installed_on": day(installed),
        "purchased_on": day(installed - timedelta(days=15)),
        "warranty_start": day(installed),
        "warranty_end": day(installed + timedelta(days=3652)),
        "service_interval_days": 180,
        "last_service_at": iso(TODAY - timedelta(days=rand.randrange(1, 180))),
        "next_service_at": iso(TODAY + timedelta(days=rand.randrange(1, 180))),
        "status": "retired" if number % 11 == 0 else "active",
        "cost": money(rand, 900, 12000),
        "technician_user_id": f"us_{rand.choice((5, 6))}",
        "notes": "<p>Belt B-48</p>",
        "custom_properties": {"tonnage": rand.randrange(2, 20)},
        **dates(rand),
    }


def equipment(store, seed, scale, companies):
    for number in range(1, EQUIPMENT * scale + 1):
        store.add("equipment", unit(seed, number, companies))
    return EQUIPMENT * scale
