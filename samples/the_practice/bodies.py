"""Bodies of notes as mail programs and coaches really leave them."""

OPENINGS = (
    "We looked back at the last two weeks.",
    "Arrived tired but in good spirits.",
    "Short check-in before the holiday.",
    "Started with what went well since last time.",
    "Came with a clear question about the new role.",
)
MIDDLES = (
    "The talk with the manager went better than expected.",
    "Saying no in meetings is still hard.",
    "Sleep is better since the phone stays in the kitchen.",
    "Two of three experiments were done, the third felt too large.",
    "The weekly plan helps; Fridays remain a problem.",
    "Wants to keep the Tuesday slot for the next month.",
    "Named three values: fairness, calm, curiosity.",
    "Asked for an example of a difficult conversation.",
)
CLOSINGS = (
    "Next step: write down one thing a day.",
    "Agreed to send the worksheet by Friday.",
    "Follow up in two weeks.",
    "Will bring the draft next time.",
    "Invoice sent, paid on the spot.",
)
UNICODE = (
    "Café à Zürich — «très bien», 12 € für Größe 42 ✔",
    "Great progress today 🎉👩🏽‍💻 keep going 💪",
    "שלום, נפגש ביום שלישי בשעה 10:00 ב־Zoom",
    "مرحبا، الجلسة القادمة يوم الخميس ٣٠/١١",
    "次回のセッションは火曜日の10時です。目標：毎日散歩する",
    "Zażółć gęślą jaźń · Ελληνικά · Привет · ภาษาไทย",
)

OUTLOOK = """<html xmlns:v="urn:schemas-microsoft-com:vml" \
xmlns:o="urn:schemas-microsoft-com:office:office" \
xmlns:w="urn:schemas-microsoft-com:office:word">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8">
<!--[if !mso]><style>v\\:* {behavior:url(#default#VML);}</style><![endif]-->
<style><!--
@font-face {font-family:Calibri; panose-1:2 15 5 2 2 2 4 3 2 4;}
p.MsoNormal, li.MsoNormal, div.MsoNormal
 {margin:0in; font-size:11.0pt; font-family:"Calibri",sans-serif;}
--></style>
<!--[if gte mso 9]><xml><o:shapedefaults v:ext="edit" spidmax="1026"/></xml><![endif]-->
</head>
<body lang="EN-US" link="#0563C1">
<div class="WordSection1">
<p class="MsoNormal">Hi {coach},<o:p></o:p></p>
<p class="MsoNormal"><o:p>&nbsp;</o:p></p>
<p class="MsoNormal" style="mso-margin-top-alt:auto">{one}<o:p></o:p></p>
<p class="MsoNormal"><span style="color:#1F497D">{two}<o:p></o:p></span></p>
<p class="MsoNormal"><o:p>&nbsp;</o:p></p>
<p class="MsoNormal">Kind regards,<br>{client}<o:p></o:p></p>
<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in">
<p class="MsoNormal"><b>From:</b> {coach} &lt;coach@example.com&gt;<br>
<b>Sent:</b> {day} 9:12 AM<br><b>Subject:</b> RE: Next session<o:p></o:p></p>
</div>
<p class="MsoNormal">{three}<o:p></o:p></p>
</div></body></html>"""

GMAIL = """<div dir="ltr">Hi {coach},<div><br></div><div>{one}</div>\
<div>{two}</div><div><br></div>-- <br><div dir="ltr" class="gmail_signature" \
data-smartmail="gmail_signature">{client}</div></div><br>\
<div class="gmail_quote"><div dir="ltr" class="gmail_attr">On {day} at 4:05 PM \
{coach} &lt;<a href="mailto:coach@example.com">coach@example.com</a>&gt; wrote:<br>\
</div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;\
border-left:1px solid rgb(204,204,204);padding-left:1ex"><div>{three}</div>\
</blockquote></div>"""

APPLE = """<html><head><meta http-equiv="content-type" content="text/html; \
charset=utf-8"></head><body style="overflow-wrap: break-word; \
-webkit-nbsp-mode: space; line-break: after-white-space;">{one}<div>\
<br class="Apple-interchange-newline"></div><div>{two}</div><div><br></div>\
<div>Sent from my iPhone</div><div><blockquote type="cite"><div>On {day}, at 08:40, \
{coach} &lt;coach@example.com&gt; wrote:</div><br class="Apple-interchange-newline">\
<div><span class="Apple-converted-space">&nbsp;</span>{three}</div></blockquote>\
</div></body></html>"""

QUOTED = """Thanks, that works for me.
{one}

{client}

On {day}, {coach} wrote:
> {two}
>
> {three}
>> Which day suits you?
>> Tuesday or Thursday"""

BULLETS = """Session with {client}
Goals:
 - {one}
 - {two}

Homework:
 1) {three}
 2) Five minutes of breathing, twice a day"""

LIST = """<p><strong>Summary</strong></p><ul><li>{one}</li><li>{two}</li></ul>\
<p><em>Homework:</em> {three}</p>"""

TABLE = """<h3>Scores for {client}</h3><table border="1"><tbody><tr><th>Area</th>\
<th>Before</th><th>Now</th></tr><tr><td>Focus</td><td>4</td><td>7</td></tr><tr>\
<td>Energy</td><td>3</td><td>6</td></tr></tbody></table><p>{one}</p>"""

TEMPLATES = {
    "outlook": OUTLOOK,
    "gmail": GMAIL,
    "apple_mail": APPLE,
    "quoted_plain": QUOTED,
    "bullets": BULLETS,
    "html_list": LIST,
    "html_table": TABLE,
    "plain": "{one} {two} {three}",
    "paragraphs": "{one}\n\n{two}\n\n{three}",
    "windows_newlines": "{one}\r\n{two}\r\n\r\n{three}",
    "unicode": "{unicode}\n{one}",
    "unicode_html": "<p>{unicode}</p><p>{three}</p>",
    "short": "{three}",
}
KINDS = {
    "Note": ("plain", "paragraphs", "html_list", "unicode", "bullets", "short"),
    "Session Note": ("bullets", "html_list", "html_table", "unicode_html", "plain"),
    "Call": ("plain", "short", "windows_newlines"),
    "Email": ("outlook", "gmail", "apple_mail", "quoted_plain"),
    "Message": ("short", "unicode", "plain"),
}

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
PIXEL += "awAAAABJRU5ErkJggg=="

SPECIAL = {
    "script": "<p>Before</p><script>window.ran = true;</script><p>After the script</p>",
    "onclick": '<p onclick="alert(1)">Click me <a href="https://practice.example/a" '
    'onmouseover="alert(2)">link</a></p>',
    "javascript_link": '<p><a href="javascript:alert(3)">Open the plan</a></p>',
    "iframe": '<p>Map:</p><iframe src="https://maps.example/embed"></iframe><p>End</p>',
    "form": '<form action="https://practice.example/post"><input name="pin">'
    "<button>Send</button></form><p>Text below the form</p>",
    "cid_image": '<p>See the picture:</p><img src="cid:image001.png@01DB3C5A.7F21" '
    'alt="whiteboard"><p>Kept from the mail.</p>',
    "data_image": f'<p>Inline:</p><img src="data:image/png;base64,{PIXEL}" alt="dot">',
    "remote_image": '<p>Logo <img src="https://practice.example/logo.png" width="1" '
    'height="1"></p>',
    "angle_plain": "Energy < 3 in the morning, > 6 after lunch. Ratio 1<2 & rising.",
    "entities": "<p>Fish &amp; chips &lt;3 &euro;5 &nbsp;&#128578; R&eacute;sum&eacute;"
    "</p>",
    "unclosed": "<p>First <b>bold <i>both</p><div>Second<br>Third",
    "formula_text": "=SUM(A1:A3) is what the client typed, kept as text",
    "at_text": "@Ravi please call back\n+1 555-555-0142 after 5 PM",
    "comma_quote": 'He said "no, not now", then; "maybe"\tlater',
    "emoji_only": "👍",
    "style_only": "<style>p {color:red}</style><p>Coloured</p>",
    "curly": "Use {{client_first_name}} and %(name)s and ${total} as they stand",
    "markdown": "# Plan\n* **bold** item\n* [link](https://practice.example/plan)",
}
LONG_SIZE = 20_000


def sentences(rand):
    return rand.choice(OPENINGS), rand.choice(MIDDLES), rand.choice(CLOSINGS)


def regular(kind, rand, client, coach, day):
    one, two, three = sentences(rand)
    values = {
        "one": one,
        "two": two,
        "three": three,
        "client": client,
        "coach": coach,
        "day": day,
        "unicode": rand.choice(UNICODE),
    }
    text = TEMPLATES[kind]
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


def long_body(rand):
    parts, size, number = [], 0, 0
    while size < LONG_SIZE:
        number += 1
        one, two, three = sentences(rand)
        parts.append(f"<p>{number}. {one} {two} {rand.choice(MIDDLES)} {three}</p>")
        size += len(parts[-1])
    return "".join(parts)


def special(number, rand):
    """(kind, body) of the special body of this position, or None."""
    names = [*SPECIAL, "long"]
    if number % 26 != 11 or number // 26 >= len(names):
        return None
    kind = names[number // 26]
    return kind, long_body(rand) if kind == "long" else SPECIAL[kind]
