from datetime import date, datetime

from .common import MigrationCommon, table

ORGANIZATIONS = table(
    {
        "Organization ID": "O-1",
        "Organization Name": "Acme",
        "Type": "Organization",
        "Email": "hello@acme.example; billing@acme.example",
        "Phone": "'+1 217 555 0100",
        "Website": "acme.example",
        "Industry": "Coaching",
        "Employee Count": "1,250",
        "Address": "1 Main Street",
        "City": "Springfield",
        "State": "IL",
        "Zip": "62701",
        "Country": "USA",
        "Team Members": "ravi@practice.example; Ana Ruiz",
        "Notes": "First line\nSecond line",
        "Created At": "2019-03-04 05:06",
    },
    {
        "Organization ID": "O-2",
        "Organization Name": "The Smiths",
        "Type": "Family",
        "Employee Count": "a few",
    },
    {"Organization ID": "O-3", "Organization Name": "Bolt"},
    {"Organization ID": "O-4", "Organization Name": "Twin"},
    {"Organization ID": "O-5", "Organization Name": "Twin"},
    {"Organization ID": "O-6", "Organization Name": "Big", "Employee Count": "9" * 12},
)
CONTACTS = table(
    {
        "Client ID": "C-own",
        "Full Name": "Olive Own",
        "Organization": "Acme",
        "Address": "9 Home Road",
        "City": "Chicago",
        "State": "Illinois",
        "Country": "United States",
        "Date of Birth": "1980-02-29",
        "Created At": "2020-01-02 10:00",
    },
    {"Client ID": "C-none", "Full Name": "Nora None", "Organization": "O-1"},
    {
        "Client ID": "C-same",
        "Full Name": "Sam Same",
        "Organization": "ACME ",
        "Address": "1 Main Street",
        "City": "Springfield",
        "State": "IL",
        "Zip": "62701",
        "Country": "us",
    },
    {"Client ID": "C-parts", "First Name": "Pia", "Last Name": "Parts"},
    {"Client ID": "C-mail", "Email": "mia@mail.example"},
    {"Client ID": "C-empty", "Phone": "1234567"},
    {
        "Client ID": "C-coaches",
        "Full Name": "Cleo",
        "Coach": "ana@practice.example; Ravi Menon",
    },
    {"Client ID": "C-phone", "Full Name": "Phil", "Phone": "'+44 20 7946 0958"},
    {"Client ID": "C-lost-phone", "Full Name": "Lou", "Phone": "4.42079E+11"},
    {
        "Client ID": "C-tags",
        "Full Name": "Tara",
        "Tags": "VIP; Alumni; vip",
        "Groups": "Spring cohort",
    },
    {
        "Client ID": "C-state",
        "Full Name": "Stan",
        "Country": "U.S.A.",
        "State": "texas",
    },
    {
        "Client ID": "C-nowhere",
        "Full Name": "Una",
        "Country": "Atlantis",
        "City": "Deep",
    },
    {
        "Client ID": "C-mails",
        "Full Name": "Mel",
        "Email": "Mel <mel@one.example>, mel@two.example",
        "Secondary Email": "mel@three.example",
    },
    {"Client ID": "C-badmail", "Full Name": "Bo", "Email": "ask Bo"},
    {"Client ID": "C-orphan", "Full Name": "Otto", "Organization": "Nowhere Ltd"},
    {"Client ID": "C-twin", "Full Name": "Tom", "Organization": "Twin"},
    {"Client ID": "C-child", "Full Name": "Bea", "Organization": "Big"},
    {"Client ID": "C-free", "Full Name": "Fred", "Address": "5 Free Lane"},
    {
        "Client ID": "C-alike",
        "Full Name": "Joanna",
        "Email": "jo@one.example, joanna@one.example",
        "Secondary Email": "anna@one.example",
    },
)
MEMBERS = table(
    {"Organization ID": "O-3", "Client ID": "C-own", "Role": "Advisor"},
    {"Organization ID": "O-1", "Client ID": "C-own", "Role": "Chair"},
    {"Organization ID": "O-3", "Client ID": "C-free"},
    {"Organization ID": "O-9", "Client ID": "C-free"},
)


class TestLoadPartners(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vip = cls.env["res.partner.category"].create({"name": "Vip"})
        cls.files = {
            "organizations.csv": ORGANIZATIONS,
            "contacts.csv": CONTACTS,
            "organization_members.csv": MEMBERS,
        }
        cls.project = cls.migrated(cls.files)

    def contact(self, external_id):
        return self.target(self.project, "contacts", external_id)

    def organization(self, external_id):
        return self.target(self.project, "organizations", external_id)

    # -- companies and their people

    def test_an_organization_is_a_company_and_a_family_is_not(self):
        acme, family = self.organization("O-1"), self.organization("O-2")
        self.assertTrue(acme.is_company)
        self.assertFalse(family.is_company)
        self.assertEqual(acme.website, "https://acme.example")
        self.assertEqual(acme.phone, "+1 217-555-0100")
        self.assertEqual(acme.industry_id.name, "Coaching")

    def test_a_family_may_be_a_company(self):
        project = self.migrated(self.files, families="company", match_rule_ids=[])
        self.assertTrue(self.target(project, "organizations", "O-2").is_company)

    def test_plain_text_notes_keep_their_lines(self):
        self.assertIn(
            "First line<br>Second line", str(self.organization("O-1").comment)
        )

    def test_employee_count_is_a_whole_number_of_its_own(self):
        field = self.env["res.partner"]._fields["x_employee_count"]
        self.assertEqual(field.type, "integer")
        self.assertEqual(self.organization("O-1").x_employee_count, 1250)

    def test_an_unreadable_number_leaves_the_field_empty_and_a_finding(self):
        self.assertEqual(self.organization("O-2").x_employee_count, 0)
        finding = self.findings(self.project, "unreadable", field="Employee Count")
        self.assertEqual(
            (finding.file, finding.line, finding.value),
            ("organizations.csv", 4, "a few"),
        )

    def test_a_contact_finds_its_company_by_name_or_id(self):
        for external_id in ("C-own", "C-none", "C-same"):
            self.assertEqual(
                self.contact(external_id).parent_id, self.organization("O-1")
            )
        self.assertFalse(self.contact("C-parts").parent_id)

    def test_a_contact_with_its_own_address_keeps_it(self):
        contact = self.contact("C-own")
        self.assertEqual(contact.type, "other")
        self.assertRecordValues(
            contact, [{"street": "9 Home Road", "city": "Chicago", "zip": False}]
        )

    def test_a_contact_without_address_has_that_of_its_company(self):
        contact = self.contact("C-none")
        self.assertEqual(contact.type, "contact")
        self.assertEqual(contact.street, "1 Main Street")
        self.assertEqual(contact.state_id, self.organization("O-1").state_id)
        self.assertEqual(contact.country_id.code, "US")

    def test_a_contact_with_the_address_of_its_company_shares_it(self):
        self.assertEqual(self.contact("C-same").type, "contact")

    def test_a_company_that_moves_takes_along_who_shares_its_address(self):
        self.organization("O-1").with_user(self.manager).street = "2 New Street"
        self.assertEqual(self.contact("C-none").street, "2 New Street")
        self.assertEqual(self.contact("C-same").street, "2 New Street")
        self.assertEqual(self.contact("C-own").street, "9 Home Road")

    def test_the_company_keeps_its_address_when_people_join_it(self):
        self.assertEqual(self.organization("O-1").street, "1 Main Street")
        self.assertFalse(self.organization("O-3").street)

    def test_an_unknown_organization_fails_the_contact(self):
        record = self.assertBucket(
            self.project, "contacts", "C-orphan", "failed", "bad_reference"
        )
        self.assertIn("Nowhere Ltd", record.reason)
        finding = self.findings(self.project, "bad_reference", external_id="C-orphan")
        self.assertEqual(
            (finding.file, finding.line, finding.field, finding.value),
            ("contacts.csv", 16, "Organization", "Nowhere Ltd"),
        )

    def test_a_name_that_two_organizations_share_is_not_guessed(self):
        record = self.assertBucket(self.project, "contacts", "C-twin", "failed")
        self.assertIn("use the id", record.reason)

    def test_a_record_that_odoo_refuses_costs_only_itself_and_its_people(self):
        record = self.assertBucket(
            self.project, "organizations", "O-6", "failed", "refused"
        )
        self.assertIn("out of range", record.reason)
        child = self.assertBucket(self.project, "contacts", "C-child", "failed")
        self.assertIn("has not been loaded", child.reason)
        self.assertBucket(self.project, "organizations", "O-5", "created")

    def test_a_further_organization_is_listed_on_the_contact(self):
        self.assertEqual(self.contact("C-own").x_other_organizations, "Bolt (Advisor)")
        self.assertBucket(self.project, "organization_members", "O-1|C-own", "merged")

    def test_a_member_without_company_gets_it_and_keeps_the_own_address(self):
        contact = self.contact("C-free")
        self.assertEqual(contact.parent_id, self.organization("O-3"))
        self.assertEqual((contact.street, contact.type), ("5 Free Lane", "other"))

    def test_a_membership_of_nothing_fails(self):
        self.assertBucket(
            self.project,
            "organization_members",
            "O-9|C-free",
            "failed",
            "bad_reference",
        )

    # -- names, addresses, numbers

    def test_a_name_is_built_from_its_parts_or_the_email(self):
        self.assertEqual(self.contact("C-parts").name, "Pia Parts")
        self.assertEqual(self.contact("C-mail").name, "mia@mail.example")

    def test_a_contact_without_name_and_email_fails(self):
        record = self.assertBucket(self.project, "contacts", "C-empty", "failed")
        self.assertIn("neither a name nor an e-mail", record.reason)
        self.assertIsNone(self.contact("C-empty"))
        finding = self.findings(self.project, "unmappable", external_id="C-empty")
        self.assertEqual((finding.file, finding.line), ("contacts.csv", 7))

    def test_the_apostrophe_of_a_spreadsheet_is_no_part_of_a_phone(self):
        self.assertEqual(self.contact("C-phone").phone, "+44 20 7946 0958")

    def test_a_phone_with_lost_digits_is_not_made_up(self):
        self.assertFalse(self.contact("C-lost-phone").phone)
        finding = self.findings(self.project, "unreadable", field="Phone")
        self.assertEqual(finding.value, "4.42079E+11")

    def test_further_emails_are_kept(self):
        contact = self.contact("C-mails")
        self.assertEqual(contact.email, "mel@one.example")
        self.assertEqual(
            set(contact.x_other_emails.split("; ")),
            {"mel@two.example", "mel@three.example"},
        )
        self.assertEqual(
            self.organization("O-1").x_other_emails, "billing@acme.example"
        )

    def test_an_email_that_is_the_end_of_another_is_kept_too(self):
        self.assertEqual(
            self.contact("C-alike").x_other_emails,
            "joanna@one.example; anna@one.example",
        )

    def test_text_that_is_no_email_leaves_a_finding(self):
        self.assertFalse(self.contact("C-badmail").email)
        finding = self.findings(self.project, "unreadable", field="Email")
        self.assertEqual((finding.value, finding.external_id), ("ask Bo", "C-badmail"))

    def test_countries_and_states_are_known_by_every_usual_spelling(self):
        countries = {
            self.contact(name).country_id.code
            for name in ("C-own", "C-same", "C-state")
        }
        self.assertEqual(countries, {"US"})
        self.assertEqual(self.contact("C-state").state_id.code, "TX")
        self.assertEqual(self.contact("C-own").state_id.code, "IL")

    def test_an_unknown_country_leaves_a_finding_and_the_record_lands(self):
        contact = self.contact("C-nowhere")
        self.assertFalse(contact.country_id)
        self.assertEqual(contact.city, "Deep")
        self.assertEqual(contact.x_country_as_written, "Atlantis")
        finding = self.findings(self.project, "unplaced", field="Country")
        self.assertEqual(
            (finding.file, finding.line, finding.value, finding.severity),
            ("contacts.csv", 13, "Atlantis", "2_warning"),
        )

    def test_the_read_back_does_not_forget_what_never_got_as_far_as_a_field(self):
        row = self.project.difference_ids.filtered(
            lambda row: row.source_value == "4.42079E+11"
        )
        self.assertEqual((row.verdict, row.source_field), ("unread", "Phone"))

    def test_tags_and_groups_become_tags_and_known_ones_are_used(self):
        tags = self.contact("C-tags").category_id
        self.assertEqual(set(tags.mapped("name")), {"Vip", "Alumni", "Spring cohort"})
        self.assertIn(self.vip, tags)

    def test_a_date_of_birth_is_a_day(self):
        self.assertEqual(self.contact("C-own").x_date_of_birth, date(1980, 2, 29))

    # -- owners and dates

    def test_the_first_of_two_coaches_owns_the_contact(self):
        contact = self.contact("C-coaches")
        self.assertEqual(contact.user_id, self.ana)
        self.assertEqual(contact.x_other_owners, "Ravi Menon")
        self.assertEqual(self.organization("O-1").user_id, self.ravi)

    def test_a_record_without_owner_goes_to_the_fallback_user(self):
        self.assertEqual(self.contact("C-parts").user_id, self.fallback)

    def test_records_show_the_day_they_were_created_at_the_source(self):
        contact = self.contact("C-own")
        self.assertEqual(contact.create_date, datetime(2020, 1, 2, 10, 0))
        self.assertEqual(contact.x_source_created_on, datetime(2020, 1, 2, 10, 0))
        self.assertEqual(
            self.organization("O-1").create_date, datetime(2019, 3, 4, 5, 6)
        )

    def test_times_are_read_in_the_time_zone_of_the_source(self):
        project = self.migrated(
            self.files, source_timezone="America/New_York", match_rule_ids=[]
        )
        contact = self.target(project, "contacts", "C-own")
        self.assertEqual(contact.create_date, datetime(2020, 1, 2, 15, 0))
        self.assertEqual(contact.x_date_of_birth, date(1980, 2, 29))

    def test_the_creation_date_may_be_todays(self):
        project = self.migrated(self.files, keep_create_date=False, match_rule_ids=[])
        contact = self.target(project, "contacts", "C-own")
        self.assertEqual(contact.create_date, self.env.cr.now())
        self.assertEqual(contact.x_source_created_on, datetime(2020, 1, 2, 10, 0))

    def test_contacts_belong_to_a_company_only_where_there_are_several(self):
        self.assertFalse(self.contact("C-own").company_id)
        self.env["res.company"].create({"name": "Second"})
        project = self.migrated(self.files, match_rule_ids=[])
        contact = self.target(project, "contacts", "C-own")
        self.assertEqual(contact.company_id, self.company)
