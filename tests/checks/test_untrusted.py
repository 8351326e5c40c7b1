"""Data from outside is known in every framework, and followed to where it does harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.findings import Finding
from harden.project import Project
from harden.registry import check_named
from harden.scan import Rules, scan_file
from tests.given import write

OUTSIDE = {
    "flask": """from flask import Flask, request
app=Flask(__name__)
@app.post('/x')
def v():
    d = request.get_data()
    return pickle.loads(base64.b64decode(d))
""",
    "cookie": """from flask import Flask, request as rq
app=Flask(__name__)
@app.post('/x')
def v():
    return helper(rq.cookies.get('s'))
def helper(s):
    return pickle.loads(s.encode())
""",
    "fastapi": """from fastapi import FastAPI, Request
app=FastAPI()
@app.post('/x')
async def v(request: Request):
    return pickle.loads(await request.body())
""",
    "fastapi body": """from fastapi import FastAPI
from pydantic import BaseModel
app=FastAPI()
class B(BaseModel):
    blob: str
    n: int
@app.post('/x')
async def v(b: B):
    pickle.loads(b.n)
    return pickle.loads(b.blob)
""",
    "fastapi upload": """from fastapi import FastAPI, UploadFile
app=FastAPI()
@app.post('/x')
async def v(f: UploadFile):
    data = await f.read()
    return pickle.loads(data)
""",
    "django": """from django.http import HttpResponse
def v(request):
    x = request.POST['a']
    pickle.loads(x)
    return HttpResponse()
""",
    "django cbv": """from django.views import View
class V(View):
    def post(self, request):
        return self.run(request.body)
    def run(self, data):
        return pickle.loads(data)
""",
    "drf": """from rest_framework.views import APIView
class V(APIView):
    def post(self, request):
        return pickle.loads(self.request.data['x'])
""",
    "aiohttp": """from aiohttp import web
async def v(request: web.Request):
    return pickle.loads(await request.read())
""",
    "tornado": """import tornado.web
class H(tornado.web.RequestHandler):
    def post(self):
        pickle.loads(self.get_argument('x'))
        pickle.loads(self.request.body)
""",
    "sanic": """from sanic import Sanic, Request
app=Sanic('x')
@app.post('/x')
async def v(request):
    return pickle.loads(request.body)
""",
    "bottle": """from bottle import request, route
@route('/x')
def v():
    return pickle.loads(request.body.read())
""",
    "falcon": """import falcon
class R:
    def on_post(self, req, resp):
        pickle.loads(req.bounded_stream.read())
""",
    "litestar": """from litestar import post, Request
@post('/x')
async def v(request: Request) -> None:
    pickle.loads(await request.body())
""",
    "starlette": """from starlette.requests import Request
async def v(request: Request):
    pickle.loads(await request.body())
""",
    "self attr": """from flask import Flask, request
app=Flask(__name__)
class S:
    def __init__(self, raw):
        self.raw = raw
    def go(self):
        return pickle.loads(self.raw)
@app.post('/x')
def v():
    return S(request.data).go()
""",
    "kafka": """from kafka import KafkaConsumer
def run():
    for m in KafkaConsumer('t'):
        pickle.loads(m.value)
""",
    "pika": """import pika
def on(ch, method, properties, body):
    pickle.loads(body)
""",
}
OWN = {
    "fastapi int": """from fastapi import FastAPI
app=FastAPI()
@app.post('/x/{n}')
async def v(n: int):
    return pickle.loads(n)
""",
    "int": """from flask import Flask, request
app=Flask(__name__)
@app.post('/x')
def v():
    return pickle.loads(cache[int(request.args['a'])])
""",
    "own": """def v(path):
    return pickle.loads(open(path,'rb').read())
""",
}


def findings(tmp_path: Path, code: str) -> tuple[Finding, ...]:
    write(tmp_path, {"app/views.py": "import base64\nimport pickle\n" + code})
    rules = Rules((check_named("unsafe-deserialisation"),))
    result = scan_file(Project(tmp_path, ("app/views.py",)), rules, "app/views.py")
    assert not result.problems
    return result.findings


@pytest.mark.parametrize("name", OUTSIDE)
def test_each_framework_brings_it_in(tmp_path: Path, name: str) -> None:
    found = findings(tmp_path, OUTSIDE[name])
    assert len(found) == OUTSIDE[name].count("pickle.loads(") - OUTSIDE[name].count("b.n")
    assert all(finding.steps for finding in found)


@pytest.mark.parametrize("name", OWN)
def test_own_data_is_left_alone(tmp_path: Path, name: str) -> None:
    assert findings(tmp_path, OWN[name]) == ()
