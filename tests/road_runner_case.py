"""Road Runner over REST, loaded: its people and deals, without what is large."""

from .live_case import LiveCase


class RoadRunnerCase(LiveCase):
    """A loaded Road Runner; each test changes its world and picks that up."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.store = cls.sources.world.road_runner
        cls.project = cls.connect()
        cls.switch_off(cls.project, "activity", "file", "task", "project", "equipment")
        cls.migrate(cls.project)
        cls.a_day_passes()

    @classmethod
    def choose_merge(cls):
        """Choose two people to be merged: a deal's own, who loses, and another one."""
        cls.deal = next(
            one
            for one in cls.store.listing("deal")
            if cls.has_person(cls.target(cls.project, "deal", one["id"]))
        )
        cls.loser = cls.deal["contact_id"]
        cls.winner = next(
            row.external_id
            for row in cls.project._object("contact").staged_record_ids
            if row.state == "created" and row.external_id != cls.loser
        )

    @staticmethod
    def has_person(lead):
        return lead and lead.partner_id and not lead.partner_id.is_company
