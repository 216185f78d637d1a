-- One index for each filter, in the order of lists behind it: a list walks it until its page is
-- full, be its value rare or in nearly every row. Without, a rare value walks the whole table.
-- id as in clients_created_at_id_idx: rows of one import have one created_at. What is walked of
-- one is one place per value, at its end, so a create adds microseconds. None holds updated_at:
-- every update would have to write all indexes then.
-- clients_status_idx stays for those who take over the predecessor's table or go back to it.
--
-- IF NOT EXISTS: on a large table that is in use they are built CONCURRENTLY beforehand
-- (docs/operations.md).
CREATE INDEX IF NOT EXISTS clients_type_created_at_id_idx ON clients (type, created_at DESC, id);
CREATE INDEX IF NOT EXISTS clients_city_created_at_id_idx ON clients (city, created_at DESC, id);
CREATE INDEX IF NOT EXISTS clients_status_created_at_id_idx ON clients (status, created_at DESC, id);

-- The search for a part of a text. pg_trgm comes with PostgreSQL (Debian: in its postgresql
-- package), and whoever may create in the database may create it. Where it cannot be had the
-- search works without, by reading all rows; `erp-back check` tells how to add the index.
DO $$
BEGIN
  -- The drift check builds this in the temporary schema, and adds nothing to the database.
  IF current_schema() = 'public' THEN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
      BEGIN
        CREATE EXTENSION pg_trgm;
        -- What downgrade knows it by.
        COMMENT ON EXTENSION pg_trgm IS 'erp-back: search for a part of a text';
      EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
        NULL;
      END;
    END IF;
  END IF;
END
$$;
DO $$
DECLARE
  -- One in a schema that is closed to this role cannot be had either.
  place text := (SELECT extnamespace::regnamespace FROM pg_extension
    WHERE extname = 'pg_trgm' AND has_schema_privilege(extnamespace, 'USAGE'));
BEGIN
  IF place IS NOT NULL THEN
    -- A write appends to the pending list and a search reads all of it: 512 kB are some 500 rows.
    EXECUTE format(
      'CREATE INDEX IF NOT EXISTS clients_search_idx ON clients USING gin '
      '(name %1$s.gin_trgm_ops, email %1$s.gin_trgm_ops, phone %1$s.gin_trgm_ops) '
      'WITH (gin_pending_list_limit = 512)', place);
  END IF;
END
$$;

-- migrate:down

DROP INDEX IF EXISTS clients_search_idx;
DROP INDEX IF EXISTS clients_status_created_at_id_idx;
DROP INDEX IF EXISTS clients_city_created_at_id_idx;
DROP INDEX IF EXISTS clients_type_created_at_id_idx;
-- The extension goes if the revision brought it and nobody else has come to need it.
DO $$
BEGIN
  IF EXISTS (
    SELECT FROM pg_extension e JOIN pg_description d
      ON d.classoid = 'pg_extension'::regclass AND d.objoid = e.oid
    WHERE extname = 'pg_trgm' AND description = 'erp-back: search for a part of a text'
  ) THEN
    BEGIN
      DROP EXTENSION pg_trgm;
    EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN
      NULL;
    END;
  END IF;
END
$$;
