"""Amounts in a currency that is not the company's."""

from odoo import fields

from ...exceptions import MappingError

#: Custom fields of the rule "keep", with their types.
KEPT_FIELDS = {
    "x_source_amount": "float",
    "x_source_currency": "char",
    "x_source_rate_date": "date",
}
#: Signs that several currencies share: they mean the source's own currency.
_SHARED_SIGNS = {
    "$": {"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP"},
    "¥": {"JPY", "CNY"},
    "KR": {"SEK", "NOK", "DKK", "ISK", "CZK"},
    "KR.": {"SEK", "NOK", "DKK", "ISK", "CZK"},
    "RS": {"INR", "PKR", "LKR", "NPR", "MUR"},
    "RS.": {"INR", "PKR", "LKR", "NPR", "MUR"},
}


class CurrencyTable:
    """The currencies that Odoo knows, and what one unit is worth to the company."""

    def __init__(self, project):
        self.env = project.env
        self.company = project.company_id
        self.own = self.company.currency_id
        self._source = project.source_currency_id or self.own
        self._currencies, self._rates = {}, {}

    def code(self, text):
        """Return the ISO code that a code or sign means; "" is the source's own.

        A sign that the source's own currency does not bear stays as it is: Odoo then
        has no such currency, and nothing is guessed.
        """
        text = (text or "").strip().upper()
        if not text or self._source.name in _SHARED_SIGNS.get(text, ()):
            return self._source.name
        return text

    def rate(self, code, day):
        """Return what one unit was worth on a day, None where Odoo has no rate."""
        if code == self.own.name:
            return 1.0
        if (code, day) not in self._rates:
            currency = self._currency(code)
            self._rates[code, day] = (
                currency._get_conversion_rate(currency, self.own, self.company, day)
                if currency
                else None
            )
        return self._rates[code, day]

    def _currency(self, code):
        """Return the currency of a code if it has a rate for this company."""
        if code not in self._currencies:
            currencies = self.env["res.currency"].with_context(active_test=False)
            found = currencies.search([("name", "=", code)], limit=1)
            rates = found.rate_ids.filtered(
                lambda rate: not rate.company_id or rate.company_id == self._rate_owner
            )
            self._currencies[code] = found if rates else None
        return self._currencies[code]

    @property
    def _rate_owner(self):
        """Branches use the rates of the company they belong to."""
        return self.company.root_id


class AmountRule:
    """What becomes of a deal's amount, by the project's rule.

    ``convert``: the amount at the rate of the deal's day; without a rate the record
    fails. ``keep``: amount and currency are kept in fields of their own as well;
    without a rate the expected revenue is 0 and a finding says so. Currencies are
    never mixed.
    """

    def __init__(self, target):
        self.target = target
        self.env = target.env
        self.project = target.project
        self._table = CurrencyTable(self.project)
        self._keeps = self.project.currency_rule == "keep"

    def apply(self, mapped, vals):
        """Turn ``expected_revenue`` of ``vals`` into the company's currency."""
        if "expected_revenue" not in vals:
            return
        amount, code = vals["expected_revenue"], self._code(mapped)
        day = vals.get("date_deadline") or fields.Date.context_today(self.project)
        rate = self._table.rate(code, day)
        if self._keeps:
            vals |= {"x_source_amount": amount, "x_source_currency": code}
        if code == self._table.own.name:
            return
        if rate is None:
            self._without_rate(mapped, vals, amount, code)
            return
        vals["expected_revenue"] = self._table.own.round(amount * rate)
        if self._keeps:
            vals["x_source_rate_date"] = day
        message = self.env._("Converted at the rate of %s", day)
        self._remark(mapped, message, "converted", amount, code)

    def _code(self, mapped):
        """Return the currency: that of its own field, else that beside the number."""
        given = mapped.pop("_currency") or ""
        sign = mapped.pop("_currency_sign") or ""
        code = self._table.code(given or sign)
        if given and sign and code != self._table.code(sign):
            message = self.env._("The amount says %(sign)s: read as %(code)s.")
            self.target.remark(
                mapped,
                "expected_revenue",
                message % {"sign": sign, "code": code},
                "unclear",
                f"{sign} / {given}",
            )
        return code

    def _without_rate(self, mapped, vals, amount, code):
        names = {"code": code, "own": self._table.own.name}
        if not self._keeps:
            raise MappingError(
                self.env._(
                    "The amount is in %(code)s, for which Odoo has no rate: add one "
                    "under Accounting or Settings, then retry. Or let the project keep "
                    "amounts in their own currency.",
                    **names,
                ),
                self.target.source_of("expected_revenue"),
            )
        vals["expected_revenue"] = 0.0
        message = self.env._(
            "Odoo has no rate from %(code)s to %(own)s: the expected revenue is 0, the "
            "amount is kept beside it.",
            **names,
        )
        self._remark(mapped, message, "no_rate", amount, code)

    def _remark(self, mapped, message, kind, amount, code):
        value = f"{amount} {code}"
        self.target.remark(mapped, "expected_revenue", message, kind, value)
