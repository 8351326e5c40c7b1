"""Clients, engines and pools that hold connections, and are made to be made once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Client:
    """What a function that gives one may be called, and why only a person can share it."""

    name: str
    alone: str = ""


_ON_LOOP = (
    "It belongs to one event loop: make it in the lifespan of the application, and close it there, as the"
    " pattern shows."
)
_ONE_THREAD = (
    "It must not be used by several threads: keep one for each thread, or use one that may be shared."
)


def _many(client: Client, *paths: str) -> dict[str, Client]:
    return dict.fromkeys(paths, client)


CLIENTS = {
    **_many(Client("http_client"), "httpx.Client"),
    **_many(Client("http_client", _ON_LOOP), "httpx.AsyncClient", "aiohttp.ClientSession"),
    **_many(
        Client("http_session"),
        *("requests.Session", "requests.session", "requests.sessions.Session", "requests.sessions.session"),
    ),
    **_many(Client("http_pool"), "urllib3.PoolManager"),
    **_many(
        Client("client"),
        *("boto3.client", "boto3.Session.client", "boto3.session.Session.client"),
    ),
    **_many(
        Client(
            "resource", "A resource of boto3 must not be used by several threads: make one client instead."
        ),
        *("boto3.resource", "boto3.Session.resource", "boto3.session.Session.resource"),
    ),
    **_many(Client("openai_client"), "openai.OpenAI", "openai.AzureOpenAI", "openai.Client"),
    **_many(
        Client("openai_client", _ON_LOOP),
        *("openai.AsyncOpenAI", "openai.AsyncAzureOpenAI", "openai.AsyncClient"),
    ),
    **_many(
        Client("anthropic_client"),
        *(
            "anthropic.Anthropic",
            "anthropic.Client",
            "anthropic.AnthropicBedrock",
            "anthropic.AnthropicVertex",
        ),
    ),
    **_many(Client("anthropic_client", _ON_LOOP), "anthropic.AsyncAnthropic", "anthropic.AsyncClient"),
    **_many(Client("groq_client"), "groq.Groq"),
    **_many(Client("groq_client", _ON_LOOP), "groq.AsyncGroq"),
    **_many(Client("mistral_client"), "mistralai.Mistral", "mistralai.client.MistralClient"),
    **_many(Client("cohere_client"), "cohere.Client", "cohere.ClientV2"),
    **_many(Client("genai_client"), "google.genai.Client"),
    **_many(Client("together_client"), "together.Together"),
    **_many(
        Client("redis"),
        *("redis.Redis", "redis.StrictRedis", "redis.client.Redis", "redis.client.StrictRedis"),
        *("redis.from_url", "redis.Redis.from_url", "redis.StrictRedis.from_url", "redis.RedisCluster"),
        *("redis.ConnectionPool", "redis.ConnectionPool.from_url", "redis.BlockingConnectionPool"),
    ),
    **_many(
        Client("redis", _ON_LOOP),
        *("redis.asyncio.Redis", "redis.asyncio.from_url", "redis.asyncio.Redis.from_url"),
        *("redis.asyncio.client.Redis", "redis.asyncio.StrictRedis", "aioredis.from_url", "aioredis.Redis"),
        *("redis.asyncio.ConnectionPool.from_url", "aioredis.create_redis_pool", "arq.create_pool"),
    ),
    **_many(Client("mongo_client"), "pymongo.MongoClient", "pymongo.mongo_client.MongoClient"),
    **_many(
        Client("mongo_client", _ON_LOOP), "pymongo.AsyncMongoClient", "motor.motor_asyncio.AsyncIOMotorClient"
    ),
    **_many(
        Client("engine"),
        *("sqlalchemy.create_engine", "sqlalchemy.engine.create_engine", "sqlmodel.create_engine"),
    ),
    **_many(
        Client("engine", _ON_LOOP),
        *("sqlalchemy.ext.asyncio.create_async_engine", "sqlalchemy.ext.asyncio.engine.create_async_engine"),
    ),
    **_many(
        Client("pool", _ON_LOOP),
        "asyncpg.create_pool",
        "aiomysql.create_pool",
        "psycopg_pool.AsyncConnectionPool",
    ),
    **_many(
        Client("pool"),
        *("psycopg_pool.ConnectionPool", "psycopg2.pool.SimpleConnectionPool"),
        *("psycopg2.pool.ThreadedConnectionPool", "mysql.connector.pooling.MySQLConnectionPool"),
    ),
    **_many(Client("elasticsearch"), "elasticsearch.Elasticsearch", "opensearchpy.OpenSearch"),
    **_many(
        Client("elasticsearch", _ON_LOOP), "elasticsearch.AsyncElasticsearch", "opensearchpy.AsyncOpenSearch"
    ),
    **_many(Client("neo4j_driver"), "neo4j.GraphDatabase.driver"),
    **_many(Client("neo4j_driver", _ON_LOOP), "neo4j.AsyncGraphDatabase.driver"),
    **_many(Client("cluster"), "cassandra.cluster.Cluster"),
    **_many(Client("influx_client"), "influxdb_client.InfluxDBClient"),
    **_many(Client("qdrant_client"), "qdrant_client.QdrantClient"),
    **_many(Client("qdrant_client", _ON_LOOP), "qdrant_client.AsyncQdrantClient"),
    **_many(Client("chroma_client"), "chromadb.HttpClient", "chromadb.PersistentClient", "chromadb.Client"),
    **_many(Client("pinecone_client"), "pinecone.Pinecone"),
    **_many(Client("weaviate_client"), "weaviate.Client", "weaviate.connect_to_local"),
    **_many(Client("minio_client"), "minio.Minio"),
    **_many(Client("storage_client"), "google.cloud.storage.Client"),
    **_many(Client("bigquery_client"), "google.cloud.bigquery.Client"),
    **_many(Client("firestore_client"), "google.cloud.firestore.Client"),
    **_many(Client("firestore_client", _ON_LOOP), "google.cloud.firestore.AsyncClient"),
    **_many(Client("datastore_client"), "google.cloud.datastore.Client"),
    **_many(Client("publisher"), "google.cloud.pubsub_v1.PublisherClient"),
    **_many(Client("subscriber"), "google.cloud.pubsub_v1.SubscriberClient"),
    **_many(Client("tasks_client"), "google.cloud.tasks_v2.CloudTasksClient"),
    **_many(
        Client("secrets_client"),
        *("google.cloud.secretmanager.SecretManagerServiceClient", "azure.keyvault.secrets.SecretClient"),
        "google.cloud.secretmanager_v1.SecretManagerServiceClient",
    ),
    **_many(Client("vision_client"), "google.cloud.vision.ImageAnnotatorClient"),
    **_many(
        Client("blob_client"),
        *(
            "azure.storage.blob.BlobServiceClient",
            "azure.storage.blob.BlobServiceClient.from_connection_string",
        ),
    ),
    **_many(
        Client("cosmos_client"),
        *("azure.cosmos.CosmosClient", "azure.cosmos.CosmosClient.from_connection_string"),
    ),
    **_many(
        Client("service_bus"),
        *("azure.servicebus.ServiceBusClient", "azure.servicebus.ServiceBusClient.from_connection_string"),
    ),
    **_many(Client("twilio_client"), "twilio.rest.Client"),
    **_many(Client("stripe_client"), "stripe.StripeClient"),
    **_many(Client("producer"), "kafka.KafkaProducer", "confluent_kafka.Producer"),
    **_many(Client("producer", _ON_LOOP), "aiokafka.AIOKafkaProducer"),
    **_many(Client("channel"), "grpc.insecure_channel", "grpc.secure_channel"),
    **_many(Client("channel", _ON_LOOP), "grpc.aio.insecure_channel", "grpc.aio.secure_channel"),
    **_many(Client("broker_connection", _ONE_THREAD), "pika.BlockingConnection"),
    **_many(Client("broker_connection", _ON_LOOP), "aio_pika.connect", "aio_pika.connect_robust"),
}
"""By the dotted path of what makes them."""

PER_CALL = frozenset(
    {"headers", "auth", "cookies", "params", "timeout", "verify", "follow_redirects", "default_headers"}
)
"""What may be given with each request instead of to the client."""
SHARED_BY = frozenset({"connection_pool", "transport", "connector", "app", "http_client", "poolclass"})
"""Arguments that say that the connections are held by something else, or by nothing."""
SET_ON = frozenset(
    {"headers", "auth", "cookies", "params", "verify", "proxies", "cert", "mount", "event_hooks", "hooks"}
    | {"base_url", "trust_env", "max_redirects", "adapters"}
)
"""What code sets on a session, which is then that code's own."""
ENDS = frozenset({"close", "dispose", "aclose", "shutdown", "disconnect"})
