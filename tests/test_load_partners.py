from .common import MigrationCommon, table

import time

class TestLoadPartners(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        t=time.time()
        cls.project = cls.make_project({"organizations.csv": table({"Organization ID":"O-1","Organization Name":"Acme","Employee Count":"12"}),
          "contacts.csv": table({"Client ID":"C-1","Full Name":"Ann","Organization":"Acme","Status":"Active","Coach":"ana@practice.example"})})
        print("mk", time.time()-t)
        cls.stage(cls.project); print("stage", time.time()-t)
        cls.confirm_all(cls.project); print("confirm", time.time()-t)
        cls.apply_schema(cls.project); print("schema", time.time()-t)
        cls.load(cls.project); print("load", time.time()-t)
        cls.a_day_passes(); print("day", time.time()-t)

    def test_x(self):
        self.assertEqual(self.target(self.project,"contacts","C-1").parent_id.name, "Acme")
        print(self.env["res.partner"]._fields.get("x_employee_count"))
        t=time.time()
        self.project.action_rollback(background=False)
        print("rollb", time.time()-t, self.env["res.partner"]._fields.get("x_employee_count"))

class TestLoadPartners2(MigrationCommon):
    def test_y(self):
        print("Y", self.env["res.partner"]._fields.get("x_employee_count"))
