"""Values of one environment leave the code with today's value as default; reads become required."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

ENDPOINT, BIND, CORS = "hardcoded-endpoint", "bind-all", "cors-wildcard"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "BROKER_URL = 'amqp://localhost:5672//'\n",
            "BROKER_URL = os.getenv('BROKER_URL', 'amqp://localhost:5672//')\n",
        ),
        (
            'CACHES = {"default": {"LOCATION": "redis://cache:6379/1"}}  # shared\n',
            'CACHES = {\n    "default": {"LOCATION": os.getenv("REDIS_URL", "redis://cache:6379/1")}\n'
            "}  # shared\n",
        ),
        (
            'if os.name: STOCK_URL = ("http://stock.internal" "/v1"); x = 1\n',
            'if os.name: STOCK_URL = os.getenv("STOCK_URL", "http://stock.internal" "/v1"); x = 1\n',
        ),
        (
            "class Worker:\n\tdef __init__(self):\n\t\tself.broker_url = 'redis://cache/0'\n",
            "class Worker:\n\tdef __init__(self):\n"
            "\t\tself.broker_url = os.getenv('BROKER_URL', 'redis://cache/0')\n",
        ),
        (
            'A = Redis(\n    host="cache",  # the small one\n    port=6380,\n)\n',
            'A = Redis(\n    host=os.getenv("REDIS_HOST", "cache"),  # the small one\n'
            '    port=int(os.getenv("REDIS_PORT", "6380")),\n)\n',
        ),
        ('A = Redis("cache", 6380)\n', None),
        ('server = SMTP("mail.acme.io", 587)\n', None),
    ],
)
def test_addresses_become_variables(mend: Mend, before: str, after: str | None) -> None:
    head = "import os\nfrom smtplib import SMTP\n\nfrom redis import Redis\n\n"
    mended = mend(ENDPOINT, head + before)
    assert mended.text != head + before
    if after is not None:
        assert mended.text == head + after
    assert mend(ENDPOINT, mended.text).text == mended.text


def test_calls_of_one_service_share_a_constant(mend: Mend) -> None:
    head = '"""Users."""\n\nfrom __future__ import annotations\n\nimport os\n\nimport requests\n'
    before = (
        '\n\ndef user(key):\n    return requests.get(f"http://user-service:8000/users/{key}", timeout=5)\n'
        '\n\ndef users():\n    return requests.get("http://user-service:8000/users", timeout=5)\n'
    )
    after = (
        '\nUSER_SERVICE_URL = os.getenv("USER_SERVICE_URL", "http://user-service:8000")\n'
        '\n\ndef user(key):\n    return requests.get(f"{USER_SERVICE_URL}/users/{key}", timeout=5)\n'
        '\n\ndef users():\n    return requests.get(f"{USER_SERVICE_URL}/users", timeout=5)\n'
    )
    mended = mend(ENDPOINT, head + before)
    assert mended.text == head + after
    assert mended.others[".env.example"] == "USER_SERVICE_URL=http://user-service:8000\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"http://movies:5001/movies/{}".format(key)', '(MOVIES_URL + "/movies/{}").format(key)'),
        ('"http://movies:5001/movies/%s" % key', '(MOVIES_URL + "/movies/%s") % key'),
        ('"http://movies:5001/movies/" + key', 'f"{MOVIES_URL}/movies/" + key'),
    ],
)
def test_templates_keep_their_placeholders(mend: Mend, before: str, after: str) -> None:
    head = "import os\nimport requests\n\n\ndef movie(key):\n    return requests.get("
    assert f"requests.get({after}, timeout=5)\n" in mend(ENDPOINT, f"{head}{before}, timeout=5)\n").text


def test_a_constant_with_the_same_address_serves_calls(mend: Mend) -> None:
    before = (
        'import os\nimport requests\n\nPAY_SERVICE_URL = os.getenv("PAY_SERVICE_URL", "http://pay-service:80")\n\n\n'
        'def pay():\n    return requests.post("http://pay-service:80/charge", timeout=5)\n'
    )
    after = before.replace('"http://pay-service:80/charge"', 'f"{PAY_SERVICE_URL}/charge"')
    mended = mend(ENDPOINT, before)
    assert mended.text == after or "already read" in mended.refused[0]


def test_lists_of_hosts_become_one_variable(mend: Mend) -> None:
    head = "import os\n\nfrom kafka import KafkaProducer\n\n"
    mended = mend(ENDPOINT, head + 'p = KafkaProducer(bootstrap_servers=["k1:9092", "k2:9092"])\n')
    read = 'os.getenv("KAFKA_BOOTSTRAP_SERVERS", "k1:9092,k2:9092").split(",")'
    assert read in mended.text
    assert mended.others[".env.example"] == "KAFKA_BOOTSTRAP_SERVERS=k1:9092,k2:9092\n"


def test_the_reader_of_the_file_is_used(mend: Mend) -> None:
    head = "from decouple import config\n\n"
    mended = mend(ENDPOINT, head + 'REDIS_URL = "redis://cache/0"\n')
    assert mended.text == head + 'REDIS_URL = config("REDIS_URL", default="redis://cache/0")\n'


def test_encoding_and_line_ends_survive(mend: Mend) -> None:
    code = "\ufeffimport os\r\n\r\nname = 'Zoë'\r\nREDIS_URL = 'redis://cache/0'\r\n".encode()
    expected = code.replace(b"'redis://cache/0'", b"os.getenv('REDIS_URL', 'redis://cache/0')")
    assert mend(ENDPOINT, code).data == expected


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ('import os\nA = os.getenv("REDIS_URL")\nREDIS_URL = "redis://cache/0"\n', "already read"),
        (
            'import redis\nA = redis.Redis(host="one")\nB = redis.Redis(host="two")\n',
            "",
        ),
    ],
)
def test_variables_for_two_values_are_refused(mend: Mend, code: str, reason: str) -> None:
    mended = mend(ENDPOINT, code)
    assert reason in " ".join(mended.refused)
    assert not mended.refused or mended.text.count("getenv") <= 1


@pytest.mark.parametrize(
    "code",
    [
        'URL = "https://api.stripe.com/v1"\n',
        'import os\nURL = os.environ.get("URL", "http://localhost:8000")\n',
        'def f(url="redis://localhost/0"):\n    return url\n',
        'print("See http://localhost:8000/docs")\n',
        'URL = "redis://shop:pa55word-8841@cache/0"\n',
        'import redis\n\nclient = redis.Redis()\nclient.get("subjects")\nclient.set("host", "cache")\n',
        'import memcache\n\ncache = memcache.Client(servers)\ncache.get("subjects")\n',
        'from app import config\n\nif not config.PRODUCTION:\n    LOGIN_URL = "http://localhost:3000/login"\n',
        'from app import mail\n\nmail.send_invitation("Hello", sender=config.SENDER)\n',
        'ADDRESS = "postmaster@acme.io"\n',
    ],
)
def test_what_is_no_address_in_use_stays(mend: Mend, code: str) -> None:
    assert mend(ENDPOINT, code).text == code


RUN = 'from flask import Flask\n\napp = Flask(__name__)\napp.run("0.0.0.0", 8000)\n'


def test_listening_falls_back_to_this_machine(mend: Mend) -> None:
    assert 'app.run(os.getenv("HOST", "127.0.0.1"), 8000)' in mend(BIND, RUN).text


@pytest.mark.parametrize(
    ("files", "options"),
    [({"Dockerfile": "FROM python:3.12\n"}, {}), ({}, {"default": "unchanged"})],
)
def test_listening_stays_open_where_an_image_is_built(
    mend: Mend, files: dict[str, str], options: dict[str, str]
) -> None:
    assert 'app.run(os.getenv("HOST", "0.0.0.0"), 8000)' in mend(BIND, RUN, files=files, **options).text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('s.bind(("0.0.0.0", 80))\n', 's.bind((os.getenv("HOST", "127.0.0.1"), 80))\n'),
        (
            'grpc.server(None).add_insecure_port("[::]:50051")\n',
            'grpc.server(None).add_insecure_port(os.getenv("LISTEN_ADDRESS", "[::1]:50051"))\n',
        ),
        ("uvicorn.run(app, host='0.0.0.0')\n", "uvicorn.run(app, host=os.getenv('HOST', '127.0.0.1'))\n"),
        ('s.bind(("127.0.0.1", 80))\n', None),
        ('s.bind(("0.0.0.0" if os.getenv("OPEN") else "127.0.0.1", 80))\n', None),
        ('s.connect(("0.0.0.0", 80))\n', None),
    ],
)
def test_servers_of_all_kinds(mend: Mend, before: str, after: str | None) -> None:
    head = "import os\nimport socket\n\nimport grpc\nimport uvicorn\n\ns = socket.socket()\n"
    assert mend(BIND, head + before).text == head + (before if after is None else after)


def test_origins_are_not_changed_under_tests_that_look_at_them(mend: Mend) -> None:
    code = "from flask_cors import CORS\n\nCORS(app)\n"
    test = (
        'def test_open(client):\n    assert client.get("/").headers["access-control-allow-origin"] == "*"\n'
    )
    mended = mend(CORS, code, files={"tests/test_cors.py": test})
    assert mended.text == code
    assert "tests/test_cors.py" in mended.refused[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("CORS_ORIGIN_ALLOW_ALL = True\n", "CORS_ORIGIN_WHITELIST = [\n    item for item in os.getenv("),
        (
            "CORS_ALLOWED_ORIGINS = []\nCORS_ALLOW_ALL_ORIGINS = True\n",
            "CORS_ALLOWED_ORIGINS = []\nCORS_ALLOW_ALL_ORIGINS = False\n",
        ),
    ],
)
def test_switches_of_django_become_lists(mend: Mend, before: str, after: str) -> None:
    assert after in mend(CORS, "import os\n\n" + before).text


@pytest.mark.parametrize(
    "code",
    [
        "from flask_cors import CORS\n\nCORS(app, **options)\n",
        'from flask_cors import CORS\n\nCORS(app, origins=["https://shop.acme.io", "*"])\n',
        "from flask_cors import CORS\n\ncors = CORS()\n",
        'import os\nfrom flask_cors import CORS\n\nCORS(app, origins=os.getenv("ORIGINS", "*"))\n',
        'app.config["CORS_ORIGINS"] = config.ORIGINS\n',
    ],
)
def test_origins_from_elsewhere_stay(mend: Mend, code: str) -> None:
    assert mend(CORS, code).text == code


def test_reads_in_functions_give_tests_a_value(mend: Mend) -> None:
    code = 'import os\n\nimport jwt\n\nKEY = os.getenv("KEY")\n\n\ndef f(x):\n    return jwt.encode(x, KEY)\n'
    files = {"tests/conftest.py": "import pytest\n", "tests/test_f.py": "from app.main import f\n"}
    mended = mend("env-unchecked", code, files=files)
    assert 'KEY = os.environ["KEY"]' in mended.text
    assert 'os.environ.setdefault("KEY", ' in mended.others["tests/conftest.py"]
    assert mended.others[".env.example"] == "KEY=\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("PORT = int(os.getenv('PORT'))  # http\n", "PORT = int(os.environ['PORT'])  # http\n"),
        (
            'A, B = int(os.getenv("A")), float(os.getenv("B"))\n',
            'A, B = int(os.environ["A"]), float(os.environ["B"])\n',
        ),
        ('PORT = int(\n    os.environ.get("PORT")\n)\n', 'PORT = int(\n    os.environ["PORT"]\n)\n'),
        ('PORT = int(os.getenv("PORT", 80))\n', None),
        ('PORT = os.getenv("PORT")\nassert PORT\nport = int(PORT)\n', None),
        ('PORT = os.getenv("PORT")\nPORT = PORT or "80"\nport = int(PORT)\n', None),
        ('port = int(os.getenv("PORT")) if "PORT" in os.environ else 80\n', None),
        (
            'import contextlib\nwith contextlib.suppress(TypeError):\n    port = int(os.getenv("PORT"))\n',
            None,
        ),
        ('DIRS = os.getenv("PATH").split(":")\n', None),
    ],
)
def test_reads_become_required(mend: Mend, before: str, after: str | None) -> None:
    head = "import os\n\n"
    assert mend("env-unchecked", head + before).text == head + (before if after is None else after)


@pytest.mark.parametrize(
    "code",
    [
        'SYMBOLS = "C:\\\\Program Files\\\\Debugging"\n',
        'ROUTE = "/home/dashboard"\n',
        'import os\nDATA = os.getenv("DATA", "/home/anna/data")\n',
        'print("/home/anna/data.csv")\n',
        'MESSAGE = "Put it into /home/anna"\n',
    ],
)
def test_paths_that_are_no_machine_s_stay(mend: Mend, code: str) -> None:
    assert mend("absolute-path", code).text == code


def test_a_file_of_the_project_is_told_from_the_module(mend: Mend) -> None:
    code = 'import os\n\nPRICES = open("/home/anna/shop/data/prices.json")\n'
    mended = mend("absolute-path", code, files={"data/prices.json": "{}"})
    assert "".join(mended.text.split()) == (
        'importosPRICES=open(os.path.join(os.path.dirname(os.path.abspath(__file__)),"..","data","prices.json"))'
    )
    assert mended.others == {}


def test_two_paths_on_one_line(mend: Mend) -> None:
    code = 'import os\n\nINPUT_DIR, x = "/home/anna/in", open("/home/anna/out.csv")\n'
    mended = mend("absolute-path", code)
    assert 'open(os.getenv("OUT_PATH", "/home/anna/out.csv"))' in mended.text


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"Dockerfile": "FROM python:3.12\n"}, True),
        ({"Dockerfile": "FROM python:3.12\nENV DATABASE_URL=postgresql://db/shop\n"}, False),
        ({"Dockerfile": "FROM python:3.12\n", ".env.example": "DATABASE_URL=\n"}, False),
        ({"Procfile": "web: gunicorn app.main:app\n"}, False),
        ({}, False),
    ],
)
def test_fallbacks_to_sqlite_count_where_nothing_else_is_said(
    mend: Mend, files: dict[str, str], found: bool
) -> None:
    code = (
        "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
        'app.config["SQLALCHEMY_DATABASE_URI"] = os.getenv("DATABASE_URL", "sqlite:///shop.db")\n'
    )
    mended = mend("sqlite-in-production", code, files=files)
    assert mended.text == code
    assert bool(mended.refused) is found


@pytest.mark.parametrize(
    "code",
    [
        'from sqlalchemy import create_engine\n\nengine = create_engine("sqlite:///tool.db")\n',
        'import flask\nfrom sqlalchemy import create_engine\n\nengine = create_engine("sqlite://")\n',
        'import flask\nSQLALCHEMY_DATABASE_URI = "postgresql://db/shop"\n',
        'import flask\nimport sqlite3\n\n\ndef f():\n    return sqlite3.connect(":memory:")\n',
    ],
)
def test_other_databases_and_tools_stay(mend: Mend, code: str) -> None:
    mended = mend("sqlite-in-production", code)
    assert (mended.text, mended.refused) == (code, ())


@pytest.mark.parametrize(
    ("value", "after"),
    [
        (
            "'sqlite:///' + os.path.join(BASE, 'a.db')",
            "os.getenv('DATABASE_URL', 'sqlite:///' + os.path.join(BASE, 'a.db'))",
        ),
        ('f"sqlite:///{BASE}/a.db"', 'os.getenv("DATABASE_URL", f"sqlite:///{BASE}/a.db")'),
        ('"sqlite:///{}".format(BASE)', 'os.getenv("DATABASE_URL", "sqlite:///{}".format(BASE))'),
    ],
)
def test_addresses_that_are_put_together(mend: Mend, value: str, after: str) -> None:
    head = "import os\n\nimport flask\n\nBASE = os.getcwd()\nSQLALCHEMY_DATABASE_URI = "
    mended = mend("sqlite-in-production", f"{head}{value}\n")
    assert mended.text.replace("\n    ", "").replace("(\n", "(").replace("\n)", ")") == f"{head}{after}\n"


def test_a_database_of_an_image_is_named_somewhere(mend: Mend) -> None:
    code = 'import os\n\nimport flask\n\nSQLALCHEMY_DATABASE_URI = "sqlite:///a.db"\n'
    files = {"Dockerfile": "FROM python:3.12\n"}
    mended = mend("sqlite-in-production", code, files=files, template=False)
    assert "template" in mended.refused[0]
    mended = mend("sqlite-in-production", code, files=files)
    assert mended.others == {".env.example": "DATABASE_URL=sqlite:///a.db\n"}
