"""A column that was read is summed up in the UPDATE, or its row is locked; all else is left alone."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

ID = "lost-update"

DJANGO = (
    "from django.db import models, transaction\nfrom django.db.models import F\n\n\n"
    "class Post(models.Model):\n    views = models.IntegerField()\n    score = models.FloatField()\n"
    "    note = models.TextField()\n\n\n"
)
ALCHEMY = (
    "from sqlalchemy import Column, Integer, select\n"
    "from sqlalchemy.orm import DeclarativeBase, Session\n\n\n"
    "class Base(DeclarativeBase):\n    pass\n\n\nclass Item(Base):\n    __tablename__ = 'items'\n"
    "    id = Column(Integer, primary_key=True)\n    stock = Column(Integer)\n\n\n"
)

DONE = [
    pytest.param(
        DJANGO,
        "def f(pk):\n    p = Post.objects.get(pk=pk)\n    p.views += 1; p.score -= a + b\n"
        "    p.save()  # now\n",
        "def f(pk):\n    p = Post.objects.get(pk=pk)\n"
        '    p.views = F("views") + 1; p.score = F("score") - (a + b)\n'
        "    p.save()  # now\n",
        id="two in a line",
    ),
    pytest.param(
        DJANGO,
        "def f(pk):\n    p = Post.objects.get(pk=pk)\n    p.views = (\n        p.views  # old\n"
        "        + 1\n    )\n"
        "    p.score -= 1\n    p.save()\n    return p\n",
        'def f(pk):\n    p = Post.objects.get(pk=pk)\n    p.views = (\n        F("views")  # old\n'
        "        + 1\n    )\n"
        '    p.score = F("score") - 1\n    p.save()\n    p.refresh_from_db(fields=["views", "score"])\n'
        "    return p\n",
        id="read again together",
    ),
    pytest.param(
        DJANGO,
        "def f(pk, n):\n    # the post\n    p = Post.objects.get(pk=pk)\n    if p.views < n: return None\n"
        "    p.views -= n  # taken\n    p.save()\n    # done\n    return p\n",
        "def f(pk, n):\n    # the post\n    with transaction.atomic():\n"
        "        p = Post.objects.select_for_update().get(pk=pk)\n"
        "        if p.views < n: return None\n"
        "        p.views -= n  # taken\n        p.save()\n    # done\n    return p\n",
        id="locked in a transaction",
    ),
    pytest.param(
        DJANGO,
        "@transaction.atomic\ndef f(pk):\n    p = Post.objects.select_related('x').get(pk=pk)\n    n = 3\n"
        "    if p.views < n:\n        return None\n    p.views -= n\n    p.save()\n",
        "@transaction.atomic\ndef f(pk):\n"
        "    p = Post.objects.select_for_update(of=('self',)).select_related('x').get(pk=pk)\n    n = 3\n"
        "    if p.views < n:\n        return None\n    p.views -= n\n    p.save()\n",
        id="joined",
    ),
    pytest.param(
        DJANGO,
        "def f(a, b, n):\n    x = Post.objects.get(pk=a)\n    y = Post.objects.get(pk=b)\n"
        "    left = x.views - n\n"
        "    x.views = left\n    y.views = max(y.views, 0) + n\n    x.save()\n    y.save()\n",
        "def f(a, b, n):\n    with transaction.atomic():\n"
        "        x = Post.objects.select_for_update().get(pk=a)\n"
        "        y = Post.objects.select_for_update().get(pk=b)\n        left = x.views - n\n"
        "        x.views = left\n        y.views = max(y.views, 0) + n\n        x.save()\n"
        "        y.save()\n",
        id="two rows in one transaction",
    ),
    pytest.param(
        ALCHEMY,
        "async def f(session, pk, n):\n    result = await session.execute(\n"
        "        select(Item).where(Item.id == pk),\n    )\n"
        "    item = result.scalar_one()\n    item.stock -= n\n    await session.commit()\n"
        "    return item.stock\n",
        "async def f(session, pk, n):\n    result = await session.execute(\n"
        "        select(Item).where(Item.id == pk).with_for_update(),\n    )\n"
        "    item = result.scalar_one()\n    item.stock -= n\n    await session.commit()\n"
        "    return item.stock\n",
        id="async reads back",
    ),
    pytest.param(
        ALCHEMY,
        "def f(session: Session, pk, n):\n"
        "    if (item := session.get(Item, pk)) is None or item.stock < n:\n"
        "        return\n    item.stock -= n\n    session.commit()\n",
        "def f(session: Session, pk, n):\n"
        "    if (item := session.get(Item, pk, with_for_update=True)) is None or item.stock < n:\n"
        "        return\n    item.stock -= n\n    session.commit()\n",
        id="walrus",
    ),
    pytest.param(
        ALCHEMY,
        "def f(session: Session, pk, n):\r\n\titem = session.get(Item, pk)\r\n\titem.stock *= n\r\n"
        "\tsession.commit()\r\n",
        "def f(session: Session, pk, n):\r\n\titem = session.get(Item, pk)\r\n"
        "\titem.stock = Item.stock * n\r\n"
        "\tsession.commit()\r\n",
        id="tabs",
    ),
    pytest.param(
        ALCHEMY,
        "async def f(db: Session, item: Item, n):\n    print(n)\n\n    # enough?\n"
        "    if item.stock < n:\n        return\n"
        "    item.stock -= n\n    await db.commit()\n",
        "async def f(db: Session, item: Item, n):\n    print(n)\n"
        "    await db.refresh(item, with_for_update=True)\n\n"
        "    # enough?\n    if item.stock < n:\n        return\n    item.stock -= n\n"
        "    await db.commit()\n",
        id="read again where it was loaded elsewhere",
    ),
    pytest.param(
        "import psycopg2\n\n\n",
        "def f(cur, pk, n):\n    cur.execute('SELECT stock FROM items WHERE id = %s', (pk,))\n"
        "    (stock,) = cur.fetchone()\n"
        "    cur.execute(\n        'UPDATE items '\n        'SET stock = %s, seen = %s '\n"
        "        'WHERE id = %s',\n"
        "        (stock + n, True, pk),\n    )\n",
        None,
        id="text in pieces",
    ),
    pytest.param(
        "import pymongo\n\nitems = pymongo.MongoClient().shop.items\n\n\n",
        "def f(pk, a, b):\n    item = items.find_one({'_id': pk})\n"
        "    items.update_one({'_id': pk}, {'$set': {'stock': item['stock'] - (a + b)}})\n",
        "def f(pk, a, b):\n    item = items.find_one({'_id': pk})\n"
        "    items.update_one({'_id': pk}, {'$inc': {'stock': -(a + b)}})\n",
        id="mongo",
    ),
]


@pytest.mark.parametrize(("head", "before", "after"), DONE)
def test_is_mended(mend: Mend, head: str, before: str, after: str | None) -> None:
    done = mend(ID, head + before)
    if after is None:
        assert done.text == head + before
        return
    assert done.data.decode() == head + after
    assert mend(ID, head + after).data == done.data


LEFT = [
    pytest.param(
        ALCHEMY,
        "def f(db: Session, item: Item, n):\n    if item is None or item.stock < n:\n        return\n"
        "    item.stock -= n\n    db.commit()\n",
        id="it may be None",
    ),
    pytest.param(
        "import sqlite3\n\n\n",
        "def f(conn, pk, n):\n"
        "    stock = conn.execute('SELECT stock FROM items WHERE id = ?', (pk,)).fetchone()[0]\n"
        "    stock -= n\n    conn.execute('UPDATE items SET stock = ? WHERE id = ?', (stock, pk))\n",
        id="changed in place",
    ),
    pytest.param(
        DJANGO,
        "def f(post: Post, n):\n    if post.views > n:\n        post.views -= n\n        post.save()\n",
        id="passed",
    ),
    pytest.param(
        DJANGO,
        "async def f(pk, n):\n    p = await Post.objects.aget(pk=pk)\n    if p.views > n:\n"
        "        p.views -= n\n"
        "        await p.asave()\n",
        id="async Django",
    ),
    pytest.param(
        DJANGO,
        "def g(pk):\n    return Post.objects.get(pk=pk)\n\n\ndef f(pk, n):\n    p = g(pk)\n"
        "    if p.views > n:\n"
        "        p.views -= n\n        p.save()\n",
        id="loaded elsewhere",
    ),
    pytest.param(
        DJANGO,
        "def f(pk, n):\n    for p in Post.objects.distinct():\n"
        "        p.views = min(p.views, n) + 1\n        p.save()\n",
        id="distinct rows",
    ),
    pytest.param(
        DJANGO,
        "def f(pk, n):\n    x = 1; p = Post.objects.get(pk=pk)\n    if p.views > n:\n"
        "        p.views -= n\n        p.save()\n",
        id="shared line",
    ),
    pytest.param(
        ALCHEMY,
        "def f(session: Session, pk, n):\n    item = session.get(Item, pk)\n    session.commit()\n"
        "    if item.stock < n:\n"
        "        return\n    item.stock -= n\n    session.commit()\n",
        id="commit between",
    ),
    pytest.param(
        ALCHEMY,
        "class Store:\n    def __init__(self, item: Item):\n        self.item = item\n\n"
        "    def f(self, n):\n"
        "        item = self.item\n        item.stock = max(item.stock - n, 0)\n",
        id="kept",
    ),
    pytest.param(
        "import sqlite3\n\n\n",
        "def f(conn, pk, n):\n"
        "    stock = conn.execute('SELECT stock FROM items WHERE id = ?', (pk,)).fetchone()[0]\n"
        "    stock = max(0, stock - n)\n"
        "    conn.execute('UPDATE items SET stock = ? WHERE id = ?', (stock, pk))\n",
        id="more than a sum",
    ),
    pytest.param(
        "import sqlite3\n\nSQL = 'UPDATE items SET stock = ? WHERE id = ?'\n\n\n",
        "def f(conn, pk, n):\n"
        "    stock = conn.execute('SELECT stock FROM items WHERE id = ?', (pk,)).fetchone()[0]\n"
        "    conn.execute(SQL, (stock - n, pk))\n",
        id="SQL elsewhere",
    ),
    pytest.param(
        "import sqlite3\n\n\n",
        "def f(conn, pk, n):\n"
        "    stock = conn.execute('SELECT stock FROM items WHERE id = ?', (pk,)).fetchone()[0]\n"
        "    left = stock - n\n    n = 0\n"
        "    conn.execute('UPDATE items SET stock = ? WHERE id = ?', (left, pk))\n",
        id="bound anew",
    ),
    pytest.param(
        "import pymongo\n\nitems = pymongo.MongoClient().shop.items\n\n\n",
        "def f(pk):\n    item = items.find_one({'_id': pk})\n"
        "    items.update_one({'_id': pk}, {'$set': {'stock': item['stock'] - 1, 'seen': True}})\n",
        id="other fields",
    ),
]


@pytest.mark.parametrize(("head", "code"), LEFT)
def test_is_left_alone(mend: Mend, head: str, code: str) -> None:
    assert mend(ID, head + code).data.decode() == head + code


@pytest.mark.parametrize("word", ["save", "clean"])
def test_a_model_that_looks_at_the_value_is_locked(mend: Mend, word: str) -> None:
    method = f"    note = models.TextField()\n\n    def {word}(self, *args):\n        print(self.views > 3)\n"
    head = DJANGO.replace("    note = models.TextField()\n", method)
    code = "def f(pk):\n    p = Post.objects.get(pk=pk)\n    p.views += 1\n    p.save()\n"
    assert "select_for_update()" in mend(ID, head + code).text


def test_a_long_stretch_is_not_indented_anew(mend: Mend) -> None:
    code = "def f(pk, n):\n    p = Post.objects.get(pk=pk)\n    if p.views < n:\n        return\n"
    code += "    n += 1\n" * 24 + "    p.views -= n\n    p.save()\n"
    done = mend("lost-update", DJANGO + code)
    assert done.text == DJANGO + code
    assert "@transaction.atomic on f()" in done.refused[0]


SQL = (
    "import sqlite3\n\n\ndef f(conn: sqlite3.Connection, pk, n):\n"
    "    stock = conn.execute('SELECT stock FROM items WHERE id = ?', (pk,)).fetchone()[0]\n"
    "    left = stock - n\n"
)
UPDATE = "conn.execute('UPDATE items SET stock = ? WHERE id = ?', (stock - n, pk))"
MONGO = (
    "import pymongo\n\nitems = pymongo.MongoClient().shop.items\n\n\n"
    "def f(pk, n):\n    item = items.find_one({'_id': pk})\n"
)
INC = "items.update_one({'_id': pk}, {'$set': {'stock': item['stock'] - n}})"
VALUES = "s.execute(update(Item).where(Item.id == pk).values(stock=i.stock - n))"
LOADED = ALCHEMY.replace("select", "select, update") + "def f(s: Session, pk, n):\n    i = s.get(Item, pk)\n"
FOUND = DJANGO + "def f(pk, n):\n    p = Post.objects.get(pk=pk)\n"
UPDATED = "Post.objects.filter(pk=pk).update(views=p.views - n)"


@pytest.mark.parametrize(
    ("head", "body", "condition"),
    [
        (
            SQL,
            f"if stock < n: raise ValueError\n    {UPDATE}",
            "`AND stock >= ?` to the WHERE, with `n` for it",
        ),
        (
            SQL,
            f"if not pk or n > stock: return\n    {UPDATE}",
            "`AND stock >= ?` to the WHERE, with `n` for it",
        ),
        (SQL, f"if not stock >= n: return\n    {UPDATE}", "`AND stock >= ?` to the WHERE, with `n` for it"),
        (SQL, f"if left < 0: return\n    {UPDATE}", "`AND stock >= ?` to the WHERE, with `n` for it"),
        (SQL, f"assert stock > 9\n    {UPDATE}", "`AND stock > 9` to the WHERE, and"),
        (SQL, f"if stock > 9:\n        {UPDATE}", "`AND stock > 9` to the WHERE, and"),
        (
            SQL,
            f"if stock < 9:\n        pass\n    else:\n        {UPDATE}",
            "`AND stock >= 9` to the WHERE, and",
        ),
        (SQL, f"if stock + n > 9: return\n    {UPDATE}", "add that test to the WHERE"),
        (MONGO, f"if item['stock'] < n: return\n    {INC}", '`"stock": {"$gte": n}` to the filter'),
        (MONGO, f"if item['stock'] - 2 < n: return\n    {INC}", "add that test to the filter"),
        (LOADED, f"if i.stock < n: return\n    {VALUES}", "`Item.stock >= n` to the where()"),
        (FOUND, f"if p.views < n: return\n    {UPDATED}", "`views__gte=n` to the filter()"),
    ],
)
def test_a_test_before_is_not_forgotten(mend: Mend, head: str, body: str, condition: str) -> None:
    mended = mend(ID, f"{head}    {body}\n")
    assert mended.text != f"{head}    {body}\n"
    assert len(mended.notes) == 1
    assert condition in mended.notes[0]


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (SQL, UPDATE),
        (SQL, f"if stock < n: print(n)\n    {UPDATE}"),
        (SQL, f"if n < 0: return\n    {UPDATE}"),
        (SQL, f"if stock is None: return\n    {UPDATE}"),
        (SQL, f"{UPDATE}\n    assert stock > 9"),
        (
            SQL,
            "if stock < n: return\n    "
            + UPDATE.replace("id = ?", "id = ? AND stock >= ?").replace("pk))", "pk, n))"),
        ),
        (MONGO, f"if item['price'] < n: return\n    {INC}"),
        (FOUND, UPDATED),
    ],
)
def test_no_test_before(mend: Mend, head: str, body: str) -> None:
    mended = mend(ID, f"{head}    {body}\n")
    assert mended.text != f"{head}    {body}\n"
    assert not mended.notes
