-- The same rows at every run, in every way: about 700 bytes of JSON each.
INSERT INTO clients (id, type, name, company_name, first_name, last_name, siret, email, phone,
  address, city, status, tags, last_service, contacts, created_at, updated_at)
SELECT
  ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
  CASE WHEN n % 3 = 0 THEN 'individual' ELSE 'company' END,
  'Lavage ' || (ARRAY['Express', 'Moderne', 'du Port', 'de la Gare', 'Océan'])[n % 5 + 1] || ' ' || n,
  CASE WHEN n % 3 > 0 THEN 'Société Lavage ' || n || ' SARL' END,
  (ARRAY['Jean', 'Marie', 'Loïc', 'Anaëlle'])[n % 4 + 1],
  (ARRAY['Dupont', 'Le Gall', 'Kervella'])[n % 3 + 1],
  CASE WHEN n % 3 > 0 THEN (73282932000000 + n)::text END,
  'contact' || n || '@client.example',
  '+33 2 98 ' || lpad(n::text, 6, '0'),
  n || ' rue de Siam, bâtiment "B"',
  (ARRAY['Brest', 'Quimper', 'Rennes', 'Lorient'])[n % 4 + 1],
  CASE WHEN n % 10 = 0 THEN 'inactive' ELSE 'active' END,
  ARRAY['pro', (ARRAY['mensuel', 'urgent'])[n % 2 + 1]],
  '2025-10-' || lpad((n % 28 + 1)::text, 2, '0'),
  jsonb_build_array(jsonb_build_object(
    'id', 'c' || n, 'firstName', 'Jean', 'lastName', 'Dupont',
    'email', 'jean' || n || '@client.example', 'mobile', NULL,
    'roles', ARRAY['billing', 'site'], 'isBillingDefault', true, 'active', true)),
  timestamptz '2025-01-01 08:00:00.123456+00' + n * interval '61 minutes',
  timestamptz '2025-06-01 08:00:00.654321+00' + n * interval '61 minutes'
FROM generate_series(1, 200) AS n;
ANALYZE clients;
