"""A transaction stays open while another host takes its time.

Rows that were written stay locked, and the connection is gone from the pool, for as long as the payment
service, the model or the mail server needs. A slow peer so becomes a slow database: others wait for the
locks, requests for a connection, and when the peer hangs the whole service does. Write, commit, then call; or
call first and open the transaction with the answer at hand. What has to happen after the commit goes to
`transaction.on_commit` or a task.

Flagged are calls over HTTP, of SDKs and of mail servers, and sleeps, through the project's own functions too:
inside `transaction.atomic()`, `session.begin()` and the like; in a `with` block that holds a connection or
session once that was used in it; and between a write or a lock and the commit. Left out: sessions that only
read before, which a framework opens for each request, commands, and connections without transaction.

Flagged (shop/views.py):

    import requests
    from django.db import models, transaction
    from django.http import JsonResponse


    class Order(models.Model):
        status = models.CharField(max_length=20)
        reference = models.CharField(max_length=40)


    @transaction.atomic
    def pay(request, pk):
        order = Order.objects.select_for_update().get(pk=pk)
        response = requests.post("https://pay.example.com/charges", json={"order": pk}, timeout=10)
        order.reference = response.json()["id"]
        order.save()
        return JsonResponse({"status": order.status})

Fixed (shop/views.py):

    import requests
    from django.db import models, transaction
    from django.http import JsonResponse


    class Order(models.Model):
        status = models.CharField(max_length=20)
        reference = models.CharField(max_length=40)


    def pay(request, pk):
        response = requests.post("https://pay.example.com/charges", json={"order": pk}, timeout=10)
        with transaction.atomic():
            order = Order.objects.select_for_update().get(pk=pk)
            order.reference = response.json()["id"]
            order.save()
        return JsonResponse({"status": order.status})

Flagged (app/orders.py):

    import httpx
    from fastapi import Depends, FastAPI
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

    app = FastAPI()


    class Base(DeclarativeBase):
        pass


    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        charge: Mapped[str | None]


    def charge(order):
        return httpx.post("https://pay.example.com/charges", json={"order": order.id}, timeout=10).json()


    @app.post("/orders")
    def create(db: Session = Depends()):
        order = Order()
        db.add(order)
        db.flush()
        order.charge = charge(order)["id"]
        db.commit()
        return order.id

Fixed (app/orders.py):

    import httpx
    from fastapi import Depends, FastAPI
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

    app = FastAPI()


    class Base(DeclarativeBase):
        pass


    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        charge: Mapped[str | None]


    def charge(order):
        return httpx.post("https://pay.example.com/charges", json={"order": order.id}, timeout=10).json()


    @app.post("/orders")
    def create(db: Session = Depends()):
        order = Order()
        db.add(order)
        db.commit()
        order.charge = charge(order)["id"]
        db.commit()
        return order.id

Flagged (app/summaries.py):

    from openai import AsyncOpenAI
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine

    client = AsyncOpenAI()
    engine = create_async_engine("postgresql+asyncpg://db/app")


    async def summarise(article_id):
        async with engine.begin() as connection:
            row = (await connection.execute(text("SELECT body FROM articles"))).first()
            answer = await client.responses.create(model="gpt-5-mini", input=row.body)
            await connection.execute(text("UPDATE articles SET summary = :s"), {"s": answer.output_text})

Fixed (app/summaries.py):

    from openai import AsyncOpenAI
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine

    client = AsyncOpenAI()
    engine = create_async_engine("postgresql+asyncpg://db/app")


    async def summarise(article_id):
        async with engine.connect() as connection:
            row = (await connection.execute(text("SELECT body FROM articles"))).first()
        answer = await client.responses.create(model="gpt-5-mini", input=row.body)
        async with engine.begin() as connection:
            await connection.execute(text("UPDATE articles SET summary = :s"), {"s": answer.output_text})

Flagged (app/stock.py):

    import time

    import psycopg2


    def reserve(dsn, sku):
        connection = psycopg2.connect(dsn)
        cursor = connection.cursor()
        cursor.execute("UPDATE stock SET reserved = reserved + 1 WHERE sku = %s", (sku,))
        time.sleep(5)
        connection.commit()
        connection.close()

Fixed (app/stock.py):

    import time

    import psycopg2


    def reserve(dsn, sku):
        connection = psycopg2.connect(dsn)
        cursor = connection.cursor()
        cursor.execute("UPDATE stock SET reserved = reserved + 1 WHERE sku = %s", (sku,))
        connection.commit()
        connection.close()
        time.sleep(5)

Fine (app/orders.py):

    import asyncio

    import httpx
    from fastapi import BackgroundTasks, Depends, FastAPI
    from sqlalchemy import select
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

    app = FastAPI()
    make_session = sessionmaker()


    class Base(DeclarativeBase):
        pass


    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        charge: Mapped[str | None]


    async def notify(order_id):
        async with httpx.AsyncClient(timeout=5) as client:
            await client.post("https://hooks.example.com/orders", json={"id": order_id})


    @app.post("/orders")
    def create(tasks: BackgroundTasks, db: Session = Depends()):
        rates = httpx.get("https://rates.example.com", timeout=5).json()
        order = Order(charge=rates["id"])
        db.add(order)
        db.commit()
        httpx.post("https://hooks.example.com/orders", json={"id": order.id}, timeout=5)
        tasks.add_task(notify, order.id)
        return order.id


    @app.post("/orders/later")
    async def later(db: Session = Depends()):
        order = Order()
        db.add(order)
        task = asyncio.create_task(notify(1))
        db.commit()
        await task


    @app.get("/orders/{order_id}")
    def show(order_id: int, db: Session = Depends()):
        order = db.scalar(select(Order).where(Order.id == order_id))
        status = httpx.get("https://pay.example.com/charges", timeout=5).json()
        return {"order": order.id, "status": status}


    def refresh():
        with make_session() as session:
            charges = session.scalars(select(Order.charge)).all()
        return [httpx.get(f"https://pay.example.com/charges/{one}", timeout=5).json() for one in charges]

Fine (shop/views.py):

    import requests
    from django.core.mail import send_mail
    from django.db import models, transaction


    class Order(models.Model):
        status = models.CharField(max_length=20)


    def confirm(request, pk):
        with transaction.atomic():
            order = Order.objects.select_for_update().get(pk=pk)
            order.status = "confirmed"
            order.save()
            transaction.on_commit(lambda: send_mail("Confirmed", "", None, [request.user.email]))
        order.status = requests.get("https://status.example.com", timeout=5).text
        order.save()
        requests.post("https://hooks.example.com/orders", json={"id": pk}, timeout=5)

Pattern (django):

    from django.db import transaction


    def confirm(order, notify):
        with transaction.atomic():
            order.status = "confirmed"
            order.save()
            transaction.on_commit(lambda: notify(order.pk))

Pattern:

    def confirm(session, order, charge):
        reference = charge(order.id)  # outside of the transaction, with an idempotency key
        with session.begin():
            order.reference = reference

When to ignore: the call is quick and its peer near, and the work has to be taken back together with it.

References:
    https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT
    https://docs.djangoproject.com/en/5.2/topics/db/transactions/#performing-actions-after-commit
    https://docs.sqlalchemy.org/en/20/orm/session_basics.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.database.held_connections import Held, held_blocks, held_until_commit, own_commits
from harden.checklists.database.races import DATABASES
from harden.checklists.reached_calls import Reached
from harden.checklists.remote_calls import PACKAGES, remote_of, sleeps
from harden.checks import Check
from harden.findings import Finding, Severity
from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode, own_nodes

check = Check(
    id="connection-during-io",
    title="Connection held while another host is waited for",
    severity=Severity.MEDIUM,
)


@check.module
def waits_in_transaction(module: Module) -> Iterator[Finding]:
    """Flag the first call to another host that each transaction or held connection waits for."""
    if module.project.imported.isdisjoint(DATABASES) or module.project.imported.isdisjoint(PACKAGES):
        return
    functions: list[FunctionNode] = [*module.nodes(ast.FunctionDef), *module.nodes(ast.AsyncFunctionDef)]
    for function in functions:
        if module.role(function) in (Role.CLI, Role.TEST):
            continue
        seen: set[ast.Call] = set()
        for held, call, remote in _waits(module, function):
            if call not in seen:
                seen.add(call)
                yield check.found(module, call, _message(remote, held), steps=remote.steps)


def _waits(module: Module, function: FunctionNode) -> Iterator[tuple[Held, ast.Call, Reached]]:
    """Yield the stretches for which a function holds a connection, each with the first remote call in it."""
    calls = [node for node in own_nodes(function) if isinstance(node, ast.Call)]
    for held in held_blocks(module, function):
        for call in calls:
            remote = remote_of(module, call) if held.covers(call) else None
            if remote is not None and (held.locks or not sleeps(remote)):
                yield held, call, remote
                break
    commits = own_commits(function)
    before = [call for call in calls if commits and (call.lineno, call.col_offset) < commits[-1]]
    remotes = [(call, remote) for call in before if (remote := remote_of(module, call)) is not None]
    for held in held_until_commit(module, function) if remotes else ():
        found = next((item for item in remotes if held.covers(item[0])), None)
        if found is not None:
            yield held, *found


def _message(remote: Reached, held: Held) -> str:
    waits = "waits" if sleeps(remote) else "waits for another host"
    return f"{held.said} stays open while {remote.said} {waits}"
