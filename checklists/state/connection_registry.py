"""A list of open connections reaches those of its own process only.

With one worker everybody who is connected stands in the list. With two, a message that comes in at one is not
seen by those who are connected to the other: half of a chat room is silent, at random. Keep the list for what
it is, the sockets of this process, and send messages through something that all processes listen to: publish
and subscribe of Redis, a channel layer, a broker.

Looked at are containers that live as long as the process, into which handlers put websockets, queues of
listeners or the names of channels. Left out: services that already publish to others (Redis publish and
subscribe, channel layers, `broadcaster`, a message queue of Socket.IO, NATS, Kafka or RabbitMQ).

Flagged:

    from fastapi import FastAPI, WebSocket, WebSocketDisconnect

    app = FastAPI()


    class ConnectionManager:
        def __init__(self):
            self.active: list[WebSocket] = []

        async def connect(self, websocket: WebSocket):
            await websocket.accept()
            self.active.append(websocket)

        def disconnect(self, websocket: WebSocket):
            self.active.remove(websocket)

        async def broadcast(self, message: str):
            for connection in self.active:
                await connection.send_text(message)


    manager = ConnectionManager()


    @app.websocket("/chat")
    async def chat(websocket: WebSocket):
        await manager.connect(websocket)
        try:
            while True:
                await manager.broadcast(await websocket.receive_text())
        except WebSocketDisconnect:
            manager.disconnect(websocket)

Fixed:

    import asyncio
    import os

    import redis.asyncio as redis
    from fastapi import FastAPI, WebSocket

    app = FastAPI()
    store = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


    async def forward(websocket: WebSocket):
        async with store.pubsub() as messages:
            await messages.subscribe("chat")
            async for message in messages.listen():
                if message["type"] == "message":
                    await websocket.send_text(message["data"])


    async def publish(websocket: WebSocket):
        async for text in websocket.iter_text():
            await store.publish("chat", text)


    @app.websocket("/chat")
    async def chat(websocket: WebSocket):
        await websocket.accept()
        forwarding = asyncio.create_task(forward(websocket))
        try:
            await publish(websocket)
        finally:
            forwarding.cancel()

Flagged:

    from flask import Flask, request
    from flask_socketio import SocketIO, emit

    app = Flask(__name__)
    socketio = SocketIO(app)
    clients = {}


    @socketio.on("join")
    def join(data):
        clients[data["user"]] = request.sid


    @socketio.on("whisper")
    def whisper(data):
        emit("whisper", data["text"], to=clients[data["to"]])

Fixed:

    import os

    from flask import Flask
    from flask_socketio import SocketIO, emit, join_room

    app = Flask(__name__)
    socketio = SocketIO(app, message_queue=os.environ["REDIS_URL"])


    @socketio.on("join")
    def join(data):
        join_room(f"user:{data['user']}")


    @socketio.on("whisper")
    def whisper(data):
        emit("whisper", data["text"], to=f"user:{data['to']}")

Fine:

    import os

    import redis.asyncio as redis
    from fastapi import FastAPI, WebSocket

    app = FastAPI()
    store = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    local_sockets: set[WebSocket] = set()


    async def deliver():
        messages = store.pubsub()
        await messages.subscribe("chat")
        async for message in messages.listen():
            for socket in local_sockets:
                await socket.send_text(message["data"])


    @app.websocket("/chat")
    async def chat(websocket: WebSocket):
        await websocket.accept()
        local_sockets.add(websocket)
        try:
            async for text in websocket.iter_text():
                await store.publish("chat", text)
        finally:
            local_sockets.discard(websocket)

Fine (app/echo.py):

    from fastapi import FastAPI, WebSocket

    app = FastAPI()


    @app.websocket("/echo")
    async def echo(websocket: WebSocket):
        await websocket.accept()
        connections = []
        connections.append(websocket)
        async for text in websocket.iter_text():
            await connections[0].send_text(text)

Pattern (fastapi, starlette):

    import asyncio
    import os

    import redis.asyncio as redis
    from fastapi import FastAPI, WebSocket

    app = FastAPI()
    store = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


    async def forward(room: str, websocket: WebSocket) -> None:
        async with store.pubsub() as messages:
            await messages.subscribe(f"room:{room}")
            async for message in messages.listen():
                if message["type"] == "message":
                    await websocket.send_text(message["data"])


    @app.websocket("/rooms/{room}")
    async def chat(websocket: WebSocket, room: str) -> None:
        await websocket.accept()
        forwarding = asyncio.create_task(forward(room, websocket))
        try:
            async for text in websocket.iter_text():
                await store.publish(f"room:{room}", text)
        finally:
            forwarding.cancel()

Pattern (flask, flask_socketio):

    import os

    from flask import Flask
    from flask_socketio import SocketIO, emit, join_room

    app = Flask(__name__)
    socketio = SocketIO(app, message_queue=os.environ["REDIS_URL"])


    @socketio.on("join")
    def join(data: dict) -> None:
        join_room(data["room"])


    @socketio.on("say")
    def say(data: dict) -> None:
        emit("said", data["text"], to=data["room"])

Pattern (django, channels):

    # settings.py: CHANNEL_LAYERS on channels_redis.core.RedisChannelLayer
    from channels.generic.websocket import AsyncJsonWebsocketConsumer


    class RoomConsumer(AsyncJsonWebsocketConsumer):
        async def connect(self) -> None:
            self.room = self.scope["url_route"]["kwargs"]["room"]
            await self.channel_layer.group_add(self.room, self.channel_name)
            await self.accept()

        async def disconnect(self, code: int) -> None:
            await self.channel_layer.group_discard(self.room, self.channel_name)

        async def receive_json(self, content: dict) -> None:
            await self.channel_layer.group_send(self.room, {"type": "said", "text": content["text"]})

        async def said(self, event: dict) -> None:
            await self.send_json({"text": event["text"]})

Pattern:

    import os

    import redis

    store = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


    def publish(room: str, text: str) -> None:
        store.publish(f"room:{room}", text)

When to ignore: the service is one process by its nature, or each connection only ever talks to itself.

References:
    https://fastapi.tiangolo.com/advanced/websockets/#handling-disconnections-and-multiple-clients
    https://redis.io/docs/latest/develop/pubsub/
    https://flask-socketio.readthedocs.io/en/latest/deployment.html#using-multiple-workers
    https://channels.readthedocs.io/en/latest/topics/channel_layers.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.state.kept_kinds import Kind, kept_as
from harden.checks import Check
from harden.findings import Finding, Severity
from harden.module import Module

check = Check(
    id="connection-registry",
    title="Connections known to one process only",
    severity=Severity.MEDIUM,
)

_SHARING = (
    *(".pubsub(", "group_send", "message_queue=", "client_manager=", "RedisManager(", "broadcaster"),
    *("fastapi_websocket_pubsub", "aio_pika", "aiokafka", "nats.connect", "psubscribe", "LISTEN "),
)
"""What a project says that passes messages on from one process to the others."""


@check.module
def connections_in_memory(module: Module) -> Iterator[Finding]:
    """Flag registries of connections in services whose processes tell each other nothing."""
    told: set[ast.AST | None] = set()
    for kept in kept_as(module, Kind.CONNECTIONS):
        owner = module.owner(kept.node)
        if (owner is None or owner not in told) and not any(map(module.project.mentions, _SHARING)):
            told.add(owner)
            message = f"{kept.name} knows the connections of this process only: others are not reached"
            yield check.found(module, kept.node, message, steps=kept.steps)
