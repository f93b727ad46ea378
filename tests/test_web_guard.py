import datetime
import os
import socket
import threading
from unittest.mock import patch

import flask
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from odoo.addons.crm_migration.connectors.web.errors import Trouble
from odoo.addons.crm_migration.connectors.web.guard import (
    AddressGuard,
    origin_of,
    public_part,
)
from odoo.addons.crm_migration.exceptions import SourceError, UnsafeAddress

from .web_case import KEY, WebCase


def answering(*numbers):
    """A look-up that gives these addresses in turn, the last one for ever."""
    left = list(numbers)

    def resolve(host, port, *args, **kwargs):
        number = left.pop(0) if len(left) > 1 else left[0]
        family = socket.AF_INET6 if ":" in number else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (number, port))]

    return resolve


class TestAddresses(WebCase):
    def test_addresses_that_are_not_public_are_refused(self):
        for number in (
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:93.184.216.34",
            "::7f00:1",
            "2002:7f00:1::",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2001:0:53aa:64c::1",
            "fec0::1",
            "4000::1",
        ):
            guard = AddressGuard(resolve=answering(number))
            with self.assertRaisesRegex(UnsafeAddress, "not a public address"):
                guard.addresses("crm.example", 443)
            host = f"[{number}]" if ":" in number else number
            with self.assertRaises(UnsafeAddress, msg=number):
                guard.check(f"https://{host}/api")

    def test_a_public_address_is_fine(self):
        for number in ("93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"):
            guard = AddressGuard(resolve=answering(number))
            self.assertEqual(guard.addresses("crm.example", 443), [number])

    def test_one_unsafe_address_among_several_is_enough(self):
        def resolve(host, port, **kwargs):
            both = answering("93.184.216.34"), answering("10.0.0.1")
            return [entry for one in both for entry in one(host, port)]

        with self.assertRaises(UnsafeAddress):
            AddressGuard(resolve=resolve).addresses("crm.example", 443)

    def test_disguised_numbers_are_refused(self):
        for host in ("2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1"):
            with self.assertRaisesRegex(UnsafeAddress, "disguised number"):
                AddressGuard().check(f"https://{host}/")
        with self.assertRaises(UnsafeAddress):
            AddressGuard().check("https://１２７.0.0.1/")

    def test_addresses_that_parsers_read_differently_are_refused(self):
        for url in (
            "https://crm.example\\@10.0.0.1/",
            "https:// crm.example/",
            "https://crm.example\n/",
            "https:///path",
            "ftp://crm.example/",
            "file:///etc/passwd",
            "//crm.example/",
            "crm.example",
            "",
        ):
            with self.assertRaises(UnsafeAddress, msg=url):
                AddressGuard(allow_private=True).check(url)

    def test_user_names_are_refused(self):
        error = self.refused(
            UnsafeAddress, AddressGuard().check, f"https://me:{KEY}@crm.example/"
        )
        self.assertIn("has a user name in it", str(error))
        AddressGuard().check("https://crm.example/people/me@example.org?a=b@c")

    def test_http_needs_the_own_network(self):
        with self.assertRaisesRegex(UnsafeAddress, "Use https://"):
            AddressGuard().check("http://crm.example/")
        AddressGuard(allow_private=True).check("http://crm.example/")

    def test_the_own_network_does_not_open_the_metadata_service(self):
        guard = AddressGuard(allow_private=True)
        guard.check("http://10.0.0.1/")
        guard.check("http://[::1]:8000/")
        for host in (
            "169.254.169.254",
            "[::ffff:169.254.169.254]",
            "[fd00:ec2::254]",
            "[fd00:ec2::23]",
            "[fd00:c1::a9fe:a9fe]",
            "[64:ff9b::a9fe:a9fe]",
            "[2002:a9fe:a9fe::1]",
            "[::a9fe:a9fe]",
        ):
            with self.assertRaises(UnsafeAddress):
                guard.check(f"http://{host}/latest/meta-data")

    def test_an_origin_is_scheme_host_and_port(self):
        self.assertEqual(
            origin_of("HTTPS://CRM.Example.:443/x"), origin_of("https://crm.example")
        )
        self.assertNotEqual(
            origin_of("https://crm.example:8443"), origin_of("https://crm.example")
        )
        self.assertEqual(origin_of("https://bücher.example").host[:4], "xn--")

    def test_the_public_part_has_no_query(self):
        self.assertEqual(
            public_part(f"https://me:{KEY}@crm.example/a?sig={KEY}#x"),
            "https://crm.example/a",
        )


class TestPinned(WebCase):
    def test_the_connection_goes_to_the_address_that_was_judged(self):
        """A second look-up would answer something else."""
        asked = []

        def resolve(host, port, **kwargs):
            asked.append(host)
            return answering("127.0.0.1")(host, port)

        self.source.answers("/ok", {"ok": True})
        session = self.session(
            base_url=f"http://crm.example:{self.source.port}",
            options=self.options(resolve=resolve),
        )
        self.assertEqual(session.request("GET", "/ok").json(), {"ok": True})
        self.assertEqual(asked, ["crm.example"])
        host = self.source.seen[0].headers["host"]
        self.assertEqual(host, f"crm.example:{self.source.port}")

    def test_a_name_that_leads_inside_is_never_connected_to(self):
        self.source.answers("/ok", {"ok": True})
        session = self.session(
            base_url=f"https://crm.example:{self.source.port}",
            options=self.options(allow_private=False, resolve=answering("127.0.0.1")),
        )
        error = self.refused(UnsafeAddress, session.request, "GET", "/ok")
        self.assertIn("crm.example leads to 127.0.0.1", str(error))
        self.assertEqual(self.source.seen, [])

    def test_the_next_address_is_tried_when_one_does_not_answer(self):
        def resolve(host, port, **kwargs):
            both = answering("127.0.0.2"), answering("127.0.0.1")
            return [entry for one in both for entry in one(host, port)]

        self.source.answers("/ok", {"ok": True})
        session = self.session(
            base_url=f"http://crm.example:{self.source.port}",
            options=self.options(resolve=resolve),
        )
        self.assertEqual(session.request("GET", "/ok").status, 200)

    def test_a_host_that_is_not_there_says_what_to_do(self):
        def resolve(host, port, **kwargs):
            raise socket.gaierror(-2, "Name or service not known")

        session = self.session(
            base_url="https://crm.example", options=self.options(resolve=resolve)
        )
        with self.assertRaisesRegex(
            SourceError,
            r"https://crm.example cannot be reached for GET /ok \(.*Name or service not"
            r" known\). Check base URL and network",
        ):
            session.request("GET", "/ok", tries=1)

    def test_a_host_that_cannot_be_one(self):
        session = self.session(base_url=f"http://{'a' * 70}.example")
        error = self.refused(Trouble, session.request, "GET", "/ok", tries=1)
        self.assertIn("cannot be reached", str(error))

    def test_environment_proxies_are_ignored(self):
        self.source.answers("/ok", {"ok": True})
        self.addCleanup(os.environ.pop, "HTTP_PROXY", None)
        os.environ["HTTP_PROXY"] = "http://127.0.0.1:1"
        session = self.session()
        self.assertEqual(session.request("GET", "/ok").status, 200)


class TestCertificates(WebCase):
    def test_a_profile_tells_nothing_about_the_files_of_the_server(self):
        told = set()
        for path in ("/etc/passwd", "/no/such/file", "/dev/zero", "/", "a\0b"):
            with self.assertRaises(SourceError) as caught:
                self.session(tls={"ca_bundle": path})
            told.add(str(caught.exception))
        self.assertEqual(len(told), 1, told)

    def certificate(self, name):
        """Write a certificate for one name; return its path and the key's."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        start = datetime.datetime(2020, 1, 1)
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(start)
            .not_valid_after(start + datetime.timedelta(days=365 * 40))
            .add_extension(names, False)
            .sign(key, hashes.SHA256())
        )
        paths = os.path.join(self.folder, "cert"), os.path.join(self.folder, "key")
        with open(paths[0], "wb") as file:
            file.write(certificate.public_bytes(serialization.Encoding.PEM))
        with open(paths[1], "wb") as file:
            file.write(
                key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
        return paths

    def test_the_certificate_is_checked_against_the_name(self):
        paths = self.certificate("crm.example")
        source = self.serve(ssl_context=paths)
        source.answers("/ok", {"ok": True})
        parts = {
            "tls": {"ca_bundle": paths[0]},
            "options": self.options(resolve=answering("127.0.0.1")),
        }
        session = self.session(base_url=f"https://crm.example:{source.port}", **parts)
        self.assertEqual(session.request("GET", "/ok").status, 200)
        other = self.session(base_url=f"https://other.example:{source.port}", **parts)
        error = self.refused(SourceError, other.request, "GET", "/ok")
        self.assertRegex(str(error), "certificate of https://other.example.* not valid")
        self.assertIn("name the CA bundle under tls", str(error))

    def test_a_trickle_inside_tls_comes_to_an_end(self):
        over = threading.Event()

        def drops():
            yield b"[1]"
            while not over.wait(0.005):
                yield b" "

        paths = self.certificate("crm.example")
        source = self.serve(ssl_context=paths)
        self.addCleanup(over.set)
        source.answers("/slow", lambda: flask.Response(drops()))
        session = self.session(
            base_url=f"https://crm.example:{source.port}",
            tls={"ca_bundle": paths[0]},
            options=self.options(resolve=answering("127.0.0.1")),
            limits={"max_rps": 0, "max_retries": 1, "timeout_s": 10},
        )
        with patch(f"{AddressGuard.__module__}.BODY", 0.03):
            error = self.refused(Trouble, session.request, "GET", "/slow")
        self.assertEqual(error.kind, "timeout")

    def test_an_unknown_authority_is_not_trusted(self):
        source = self.serve(ssl_context=self.certificate("crm.example"))
        session = self.session(
            base_url=f"https://crm.example:{source.port}",
            options=self.options(resolve=answering("127.0.0.1")),
        )
        error = self.refused(SourceError, session.request, "GET", "/ok")
        self.assertIn("certificate", str(error))
        self.assertEqual(source.seen, [])
