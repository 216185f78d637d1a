"""The clients API as it is ordinarily written with FastAPI and SQLAlchemy: pydantic models in and
out, sync endpoints, a session per request."""

import os
import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from sqlalchemy import DateTime, String, Text, create_engine, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

# SQLAlchemy's own pool keeps 5 connections and opens 10 more as needed, which it closes after each
# use: under load, most of the time goes there. As long as nobody has noticed, it stays.
POOL = int(os.environ.get("POOL_SIZE", 0))
engine = create_engine(os.environ["DATABASE_URL"], **({"pool_size": POOL, "max_overflow": 0} if POOL else {}))
SessionLocal = sessionmaker(bind=engine, autoflush=False, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Client(Base):
    __tablename__ = "clients"

    id: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True), primary_key=True, default=uuid.uuid4)
    type: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(255))
    company_name: Mapped[str | None] = mapped_column(String(255))
    first_name: Mapped[str | None] = mapped_column(String(100))
    last_name: Mapped[str | None] = mapped_column(String(100))
    siret: Mapped[str | None] = mapped_column(String(20))
    email: Mapped[str | None] = mapped_column(String(255))
    phone: Mapped[str | None] = mapped_column(String(50))
    address: Mapped[str | None] = mapped_column(Text)
    city: Mapped[str | None] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(20), default="active")
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    last_service: Mapped[str | None] = mapped_column(String(50))
    contacts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Contact(BaseModel):
    model_config = ConfigDict(extra="allow")

    id: str
    firstName: str
    lastName: str
    email: str | None = None
    mobile: str | None = None
    roles: list[str] = []
    isBillingDefault: bool = False
    active: bool = True


class ClientBase(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    company_name: str | None = Field(None, max_length=255)
    first_name: str | None = Field(None, max_length=100)
    last_name: str | None = Field(None, max_length=100)
    siret: str | None = Field(None, max_length=20)
    email: str | None = Field(None, max_length=255)
    phone: str | None = Field(None, max_length=50)
    address: str | None = Field(None, max_length=10_000)
    city: str | None = Field(None, max_length=100)
    last_service: str | None = Field(None, max_length=50)


class ClientCreate(ClientBase):
    id: uuid.UUID | None = None
    type: Literal["company", "individual"]
    name: str = Field(min_length=1, max_length=255)
    status: str = Field("active", min_length=1, max_length=20)
    tags: list[str] = Field([], max_length=100)
    contacts: list[Contact] = Field([], max_length=100)


class ClientUpdate(ClientBase):
    type: Literal["company", "individual"] | None = None
    name: str | None = Field(None, min_length=1, max_length=255)
    status: str | None = Field(None, min_length=1, max_length=20)
    tags: list[str] | None = Field(None, max_length=100)
    contacts: list[Contact] | None = Field(None, max_length=100)


class ClientOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    type: str
    name: str
    company_name: str | None
    first_name: str | None
    last_name: str | None
    siret: str | None
    email: str | None
    phone: str | None
    address: str | None
    city: str | None
    status: str
    tags: list[str]
    last_service: str | None
    contacts: list[dict[str, Any]]
    created_at: datetime
    updated_at: datetime


class One(BaseModel):
    success: bool = True
    data: ClientOut


class Many(BaseModel):
    success: bool = True
    data: list[ClientOut]
    count: int
    has_more: bool


app = FastAPI()


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


Database = Annotated[Session, Depends(get_db)]
Limit = Annotated[int, Query(ge=1, le=1000)]


def page(db: Session, query, limit: int):
    rows = db.scalars(query.order_by(Client.created_at.desc(), Client.id).limit(limit + 1)).all()
    return {"data": rows[:limit], "count": min(len(rows), limit), "has_more": len(rows) > limit}


@app.post("/clients", response_model=One, status_code=201)
def create_client(body: ClientCreate, db: Database):
    values = body.model_dump()
    values["id"] = values["id"] or uuid.uuid4()
    client = Client(**values)
    db.add(client)
    db.commit()
    db.refresh(client)
    return {"data": client}


@app.get("/clients", response_model=Many)
def list_clients(db: Database, limit: Limit = 100):
    return page(db, select(Client), limit)


@app.get("/clients/search/{term}", response_model=Many)
def search_clients(term: str, db: Database, limit: Limit = 100):
    return page(
        db, select(Client).where(or_(*(
            column.icontains(term, autoescape=True) for column in (Client.name, Client.email, Client.phone)))), limit)


@app.get("/clients/{client_id}", response_model=One)
def get_client(client_id: uuid.UUID, db: Database):
    client = db.get(Client, client_id)
    if client is None:
        raise HTTPException(404, "Client non trouvé")
    return {"data": client}


@app.put("/clients/{client_id}", response_model=One)
def update_client(client_id: uuid.UUID, body: ClientUpdate, db: Database):
    client = db.get(Client, client_id)
    if client is None:
        raise HTTPException(404, "Client non trouvé")
    for name, value in body.model_dump(exclude_unset=True).items():
        setattr(client, name, value)
    db.commit()
    db.refresh(client)
    return {"data": client}
