<?php
// The clients API as one would write it for PHP-FPM: one script, a persistent connection,
// parameters apart from the SQL.
declare(strict_types=1);

const COLUMNS = 'id, type, name, company_name, first_name, last_name, siret, email, phone, address, city, status, '
    . 'to_json(tags) AS tags, last_service, contacts, created_at, updated_at';
const MEMBERS = [
    'id' => 'id', 'type' => 'type', 'name' => 'name', 'companyName' => 'company_name', 'firstName' => 'first_name',
    'lastName' => 'last_name', 'siret' => 'siret', 'email' => 'email', 'phone' => 'phone', 'address' => 'address',
    'city' => 'city', 'status' => 'status', 'tags' => 'tags', 'lastService' => 'last_service', 'contacts' => 'contacts',
];

function answer(int $status, array $body): never
{
    http_response_code($status);
    header('Content-Type: application/json');
    echo json_encode($body, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR);
    exit;
}

function row(array $row): array
{
    $row['tags'] = json_decode($row['tags'], true);
    $row['contacts'] = json_decode($row['contacts'], true);
    foreach (['created_at', 'updated_at'] as $column) {
        $row[$column] = (new DateTimeImmutable($row[$column]))->format('Y-m-d\TH:i:s.uP');
    }
    return $row;
}

function query(PgSql\Connection $database, string $sql, array $values): array
{
    $result = pg_query_params($database, $sql, $values);
    if ($result === false) {
        answer(500, ['success' => false, 'data' => null]);
    }
    return pg_fetch_all($result);
}

function one(int $status, array $rows): never
{
    if ($rows === []) {
        answer(404, ['success' => false, 'data' => null, 'error' => 'Client non trouvé']);
    }
    answer($status, ['success' => true, 'data' => row($rows[0])]);
}

function many(array $rows, int $limit): never
{
    $page = array_slice($rows, 0, $limit);
    answer(200, [
        'success' => true, 'data' => array_map(row(...), $page), 'count' => count($page),
        'has_more' => count($rows) > $limit,
    ]);
}

/** @return array<string, ?string> the members of the body by column, as PostgreSQL reads them */
function values(): array
{
    $body = json_decode(file_get_contents('php://input'), true);
    if (!is_array($body)) {
        answer(422, ['success' => false, 'data' => null]);
    }
    $values = [];
    foreach (MEMBERS as $member => $column) {
        if (!array_key_exists($member, $body)) {
            continue;
        }
        $value = $body[$member];
        $values[$column] = match (true) {
            $column === 'tags' => '{' . implode(',', array_map(fn ($tag) => '"' . addcslashes($tag, '"\\') . '"', $value)) . '}',
            $column === 'contacts' => json_encode($value, JSON_UNESCAPED_UNICODE),
            default => $value,
        };
    }
    return $values;
}

function uuid(): string
{
    $bytes = random_bytes(16);
    $bytes[6] = chr(ord($bytes[6]) & 0x0f | 0x40);
    $bytes[8] = chr(ord($bytes[8]) & 0x3f | 0x80);
    return vsprintf('%s%s-%s-%s-%s-%s%s%s', str_split(bin2hex($bytes), 4));
}

$database = pg_pconnect(getenv('DATABASE_URL'));
if ($database === false) {
    answer(503, ['success' => false, 'data' => null]);
}
$path = rtrim(strtok($_SERVER['REQUEST_URI'], '?'), '/');
$method = $_SERVER['REQUEST_METHOD'];
$limit = (int) ($_GET['limit'] ?? 100);
$order = 'ORDER BY created_at DESC, id LIMIT';

if ($path === '/clients' && $method === 'GET') {
    many(query($database, 'SELECT ' . COLUMNS . " FROM clients $order $1", [$limit + 1]), $limit);
}
if ($path === '/clients' && $method === 'POST') {
    $values = values();
    $values['id'] ??= uuid();
    $columns = implode(', ', array_keys($values));
    $list = implode(', ', array_map(fn (int $place) => '$' . $place, range(1, count($values))));
    one(201, query($database, "INSERT INTO clients ($columns) VALUES ($list) RETURNING " . COLUMNS, array_values($values)));
}
if (preg_match('{^/clients/search/(.+)$}', $path, $found) && $method === 'GET') {
    $pattern = '%' . addcslashes(rawurldecode($found[1]), '%_\\') . '%';
    many(query(
        $database,
        'SELECT ' . COLUMNS . " FROM clients WHERE name ILIKE $1 OR email ILIKE $1 OR phone ILIKE $1 $order $2",
        [$pattern, $limit + 1],
    ), $limit);
}
if (preg_match('{^/clients/([0-9a-f-]{36})$}', $path, $found)) {
    $id = $found[1];
    if ($method === 'GET') {
        one(200, query($database, 'SELECT ' . COLUMNS . ' FROM clients WHERE id = $1', [$id]));
    }
    if ($method === 'PUT') {
        $values = values();
        unset($values['id']);
        $changes = [];
        foreach (array_keys($values) as $index => $column) {
            $changes[] = $column . ' = $' . ($index + 2);
        }
        $changes = $changes === [] ? 'id = id' : implode(', ', $changes);
        one(200, query($database, "UPDATE clients SET $changes WHERE id = $1 RETURNING " . COLUMNS, [$id, ...array_values($values)]));
    }
}
answer(404, ['success' => false, 'data' => null, 'error' => 'Not Found']);
