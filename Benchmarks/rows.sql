-- The rows of the benchmark: :rows clients of a French company, the same on every machine.
-- What varies comes from a hash of the row's number, so there is no state and no seed. They are
-- laid down in the order in which they were created, as rows are.
CREATE FUNCTION pg_temp.pick(n bigint, salt int, among int) RETURNS int LANGUAGE sql IMMUTABLE AS
$$ SELECT ((hashint8extended(n, salt) >> 8) & 1048575)::int % among $$;
CREATE FUNCTION pg_temp.one_of(n bigint, salt int, words text[]) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT words[1 + pg_temp.pick(n, salt, cardinality(words))] $$;
-- What stands in an e-mail address.
CREATE FUNCTION pg_temp.plain(word text) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT translate(lower(word), 'àâçéèêëîïôùûü ''&', 'aaceeeeiiouuu--e') $$;

CREATE TEMPORARY TABLE words AS SELECT
  string_to_array('Martin,Bernard,Thomas,Petit,Robert,Richard,Durand,Dubois,Moreau,Laurent,Simon,Michel,Lefebvre,Leroy,Roux,David,Bertrand,Morel,Fournier,Girard,Bonnet,Dupont,Lambert,Fontaine,Rousseau,Vincent,Müller,Lefèvre,Faure,André,Mercier,Blanc,Guérin,Boyer,Garnier,Chevalier,François,Legrand,Gauthier,Garcia,Perrin,Robin,Clément,Morin,Nicolas,Henry,Roussel,Mathieu,Gautier,Masson,Marchand,Duval,Denis,Dumont,Marie,Lemaire,Noël,Meyer,Dufour,Meunier,Brun,Blanchard,Giraud,Joly,Rivière,Lucas,Brunet,Gaillard,Barbier,Arnaud,Martinez,Gérard,Roche,Renard,Schmitt,Roy,Leroux,Colin,Vidal,Caron,Picard,Roger,Fabre,Aubert,Lemoine,Renaud,Dumas,Lacroix,Olivier,Philippe,Bourgeois,Pierre,Benoît,Rey,Leclerc,Payet,Rolland,Leclercq,Guillaume,Lecomte,Le Goff,Le Gall,Kervella', ',') AS surnames,
  string_to_array('Jean,Marie,Pierre,Nathalie,Michel,Isabelle,Philippe,Sylvie,Alain,Catherine,Nicolas,Martine,Christophe,Christine,Patrick,Françoise,Daniel,Valérie,Bernard,Sandrine,Frédéric,Stéphanie,Laurent,Véronique,Éric,Céline,Julien,Aurélie,David,Émilie,Sébastien,Camille,Thomas,Léa,Maxime,Chloé,Antoine,Manon,Loïc,Anaïs,Yann,Gwenaëlle,Hélène,Théo,Zoé,Inès', ',') AS first_names,
  string_to_array('Paris,Marseille,Lyon,Toulouse,Nice,Nantes,Montpellier,Strasbourg,Bordeaux,Lille,Rennes,Reims,Toulon,Saint-Étienne,Le Havre,Grenoble,Dijon,Angers,Nîmes,Villeurbanne,Clermont-Ferrand,Aix-en-Provence,Le Mans,Brest,Tours,Amiens,Annecy,Limoges,Metz,Besançon,Perpignan,Orléans,Rouen,Mulhouse,Caen,Nancy,Avignon,Poitiers,La Rochelle,Pau,Calais,Cannes,Béziers,Colmar,Bourges,Quimper,Valence,Lorient,Troyes,Niort,Vannes,Chambéry,Saint-Malo,Laval,Évreux,Albi,Carcassonne,Saint-Brieuc,Bayonne,Arras', ',') AS cities,
  string_to_array('Garage,Boulangerie,Transports,Pharmacie,Carrosserie,Boucherie,Restaurant,Hôtel,Pressing,Menuiserie,Plomberie,Électricité,Ambulances,Taxis,Auto-école,Cabinet,Imprimerie,Fleuriste,Location,Déménagements', ',') AS trades,
  string_to_array('SARL,SAS,EURL,SA,& Fils,et Associés,Frères,Services', ',') AS forms,
  string_to_array('rue de la République,avenue Jean-Jaurès,rue Victor-Hugo,place de l''Église,boulevard Gambetta,rue des Écoles,chemin du Moulin,quai de la Loire,zone artisanale des Ajoncs,impasse des Tilleuls,rue du Général-de-Gaulle,allée des Platanes', ',') AS streets,
  string_to_array('laposte.example,orange.example,free.example,wanadoo.example,sfr.example', ',') AS mail_hosts,
  string_to_array('vip,mensuel,flotte,particulier,devis,relance,nettoyage intérieur,polish,abonné,parrainage', ',') AS tags;

INSERT INTO clients
SELECT
  overlay(overlay(md5('client ' || n) placing '4' from 13) placing 'a' from 17)::uuid,
  CASE WHEN is_company THEN 'company' ELSE 'individual' END,
  CASE WHEN is_company THEN company ELSE first_name || ' ' || surname END,
  CASE WHEN is_company THEN company END,
  first_name,
  surname,
  CASE WHEN is_company THEN lpad((hashint8extended(n, 9) & 8388607)::text, 9, '4') || '000' || lpad((n % 100)::text, 2, '0') END,
  CASE WHEN pg_temp.pick(n, 10, 20) > 0 THEN
    pg_temp.plain(first_name) || '.' || pg_temp.plain(surname) || '.' || n || '@'
      || CASE WHEN is_company THEN pg_temp.plain(trade || '-' || surname) || '.example' ELSE pg_temp.one_of(n, 11, mail_hosts) END END,
  CASE WHEN pg_temp.pick(n, 12, 10) > 0 THEN '0' || (6 + n % 2) || regexp_replace(lpad((hashint8extended(n, 13) & 67108863)::text, 8, '3'), '(..)', ' \1', 'g') END,
  CASE WHEN pg_temp.pick(n, 14, 8) > 0 THEN
    (1 + pg_temp.pick(n, 15, 180)) || ' ' || pg_temp.one_of(n, 16, streets) || ', ' || lpad((1000 + pg_temp.pick(n, 17, 94000))::text, 5, '0') || ' ' || city END,
  city,
  (ARRAY['active', 'active', 'active', 'Actif', 'Actif', 'Prospect'])[1 + pg_temp.pick(n, 18, 6)],
  CASE pg_temp.pick(n, 19, 4)
    WHEN 0 THEN '{}'
    WHEN 1 THEN ARRAY[pg_temp.one_of(n, 20, tags)]
    ELSE ARRAY[pg_temp.one_of(n, 20, tags), pg_temp.one_of(n + 1, 21, tags)] END,
  CASE WHEN pg_temp.pick(n, 22, 3) > 0 THEN to_char(date '2025-10-30' - pg_temp.pick(n, 23, 900), 'YYYY-MM-DD') END,
  CASE WHEN is_company AND pg_temp.pick(n, 24, 4) > 0 THEN (
    SELECT jsonb_agg(jsonb_build_object(
      'id', md5(n || ' contact ' || k),
      'firstName', pg_temp.one_of(n + k, 25, first_names),
      'lastName', pg_temp.one_of(n + k, 26, surnames),
      'email', pg_temp.plain(pg_temp.one_of(n + k, 26, surnames)) || k || '@' || pg_temp.plain(trade || '-' || surname) || '.example',
      'mobile', CASE WHEN (n + k) % 3 > 0 THEN '06' || regexp_replace(lpad((hashint8extended(n + k, 27) & 67108863)::text, 8, '1'), '(..)', ' \1', 'g') END,
      'roles', CASE WHEN k = 1 THEN '["facturation", "commande"]'::jsonb ELSE '["site"]'::jsonb END,
      'isBillingDefault', k = 1,
      'active', (n + k) % 7 > 0) ORDER BY k)
    FROM generate_series(1, 1 + pg_temp.pick(n, 28, 3)) AS k) ELSE '[]' END,
  created_at,
  created_at + (pg_temp.pick(n, 29, 300) || ' hours')::interval
FROM words, generate_series(1, :rows) AS n,
  LATERAL (SELECT
    pg_temp.pick(n, 1, 5) < 3 AS is_company,
    pg_temp.one_of(n, 2, surnames) AS surname,
    pg_temp.one_of(n, 3, first_names) AS first_name,
    pg_temp.one_of(n, 4, trades) AS trade,
    pg_temp.one_of(n, 5, cities) AS city,
    timestamptz '2019-01-07 08:00:00+00' + (interval '2488 days' * (n::float8 / :rows))
      + interval '1 microsecond' * pg_temp.pick(n, 6, 1000000) AS created_at) AS a,
  LATERAL (SELECT trade || ' ' || surname || ' ' || pg_temp.one_of(n, 7, forms) AS company) AS b
ORDER BY n;
