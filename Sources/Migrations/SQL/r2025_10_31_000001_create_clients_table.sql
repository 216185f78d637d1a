CREATE TABLE clients (
  id uuid PRIMARY KEY,
  type varchar(20) NOT NULL,
  name varchar(255) NOT NULL,
  company_name varchar(255),
  first_name varchar(100),
  last_name varchar(100),
  siret varchar(20),
  email varchar(255),
  phone varchar(50),
  address text,
  city varchar(100),
  status varchar(20) NOT NULL DEFAULT 'active',
  tags text[] NOT NULL DEFAULT '{}',
  last_service varchar(50),
  contacts jsonb NOT NULL DEFAULT '[]',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX clients_email_key ON clients (lower(email));
CREATE INDEX clients_status_idx ON clients (status);
CREATE INDEX clients_name_idx ON clients (name);
CREATE INDEX clients_created_at_id_idx ON clients (created_at DESC, id);

CREATE FUNCTION clients_set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at = now();
  RETURN NEW;
END
$$;

CREATE TRIGGER clients_set_updated_at BEFORE UPDATE ON clients
  FOR EACH ROW EXECUTE FUNCTION clients_set_updated_at();

-- migrate:down

DROP TABLE clients;
-- A table that was adopted brought a function of its own.
DROP FUNCTION IF EXISTS clients_set_updated_at();
