/* The yardstick: what an expert would write in C in an afternoon. libfcgi's own accept loop and
 * streams, a thread and a libpq connection for each request under way, PQexecPrepared, rows
 * formatted by hand from text results.
 *
 *   responder SOCKET THREADS          DATABASE_URL in the environment
 *
 * It answers what the benchmark asks, with the bodies that erp-back answers: a client by id, a
 * list, a search, a create, an update. Nothing else of the contract: no validation, no entity
 * tags, no Link, no deadlines, no reconnects. What it leaves out makes it faster.
 */
#include <fcgiapp.h>
#include <jansson.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
  const char *bytes;
  size_t count;
} piece;
#define PIECE(literal) {literal, sizeof literal - 1}

/* What stands before each value of a row, in the order of COLUMNS. */
static const piece keys[] = {
    PIECE("{\"id\":"),       PIECE(",\"type\":"),       PIECE(",\"name\":"),    PIECE(",\"company_name\":"),
    PIECE(",\"first_name\":"), PIECE(",\"last_name\":"), PIECE(",\"siret\":"),   PIECE(",\"email\":"),
    PIECE(",\"phone\":"),    PIECE(",\"address\":"),    PIECE(",\"city\":"),    PIECE(",\"status\":"),
    PIECE(",\"tags\":"),     PIECE(",\"last_service\":"), PIECE(",\"contacts\":"), PIECE(",\"created_at\":"),
    PIECE(",\"updated_at\":")};
static const char *members[] = {"id",    "type",    "name", "companyName", "firstName", "lastName",    "siret",   "email",
                                "phone", "address", "city", "status",      "tags",      "lastService", "contacts"};
enum { column_count = 17, member_count = 15, tags_column = 12, contacts_column = 14, created_column = 15 };

#define COLUMNS \
  "id, type, name, company_name, first_name, last_name, siret, email, phone, address, city, status, " \
  "tags, last_service, contacts, created_at, updated_at"

static int listener;

typedef struct {
  char *bytes;
  size_t used, room;
} buffer;

static void append(buffer *b, const char *bytes, size_t count) {
  if (b->used + count > b->room) {
    b->room = (b->used + count) * 2;
    b->bytes = realloc(b->bytes, b->room);
    if (!b->bytes) abort();
  }
  memcpy(b->bytes + b->used, bytes, count);
  b->used += count;
}

static void text(buffer *b, const char *string) { append(b, string, strlen(string)); }

static void quoted(buffer *b, const char *value, size_t count) {
  static const char hex[] = "0123456789abcdef";
  size_t start = 0;
  append(b, "\"", 1);
  for (size_t i = 0; i < count; i++) {
    unsigned char c = (unsigned char)value[i];
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    append(b, value + start, i - start);
    start = i + 1;
    if (c == '"' || c == '\\') {
      char escape[2] = {'\\', (char)c};
      append(b, escape, 2);
    } else {
      char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
      append(b, escape, 6);
    }
  }
  append(b, value + start, count - start);
  append(b, "\"", 1);
}

/* ["a","b c"] of {a,"b c"}: inside quotes, PostgreSQL's two escapes are JSON's. */
static void array(buffer *b, const char *value, size_t count) {
  int in_quotes = 0;
  append(b, "[", 1);
  for (size_t i = 1; i + 1 < count;) {
    size_t start = i;
    if (value[i] == ',') {
      append(b, value + i++, 1);
    } else if (value[i] == '"') {
      in_quotes = 1;
      for (i++; in_quotes; i++) {
        if (value[i] == '\\') i++;
        else if (value[i] == '"') in_quotes = 0;
      }
      append(b, value + start, i - start);
    } else {
      while (i + 1 < count && value[i] != ',') i++;
      quoted(b, value + start, i - start);
    }
  }
  append(b, "]", 1);
}

/* "2025-10-31T10:00:00.5+00:00" of 2025-10-31 10:00:00.5+00 */
static void timestamp(buffer *b, const char *value, size_t count) {
  append(b, "\"", 1);
  append(b, value, 10);
  append(b, "T", 1);
  append(b, value + 11, count - 11);
  append(b, ":00\"", 4);
}

static void row(buffer *b, PGresult *result, int index) {
  for (int column = 0; column < column_count; column++) {
    const char *value = PQgetvalue(result, index, column);
    size_t count = (size_t)PQgetlength(result, index, column);
    append(b, keys[column].bytes, keys[column].count);
    if (!count && PQgetisnull(result, index, column)) append(b, "null", 4);
    else if (column == tags_column) array(b, value, count);
    else if (column == contacts_column) append(b, value, count);
    else if (column >= created_column) timestamp(b, value, count);
    else quoted(b, value, count);
  }
  append(b, "}", 1);
}

static void answer(FCGX_Request *request, const char *status, buffer *body) {
  char head[160];
  int count = snprintf(head, sizeof head, "Status: %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                       status, body->used);
  FCGX_PutStr(head, count, request->out);
  FCGX_PutStr(body->bytes, (int)body->used, request->out);
}

static void fail(FCGX_Request *request, const char *status, buffer *body) {
  body->used = 0;
  text(body, "{\"success\":false,\"data\":null}");
  answer(request, status, body);
}

static void one(FCGX_Request *request, const char *status, PGresult *result, buffer *body) {
  if (PQresultStatus(result) != PGRES_TUPLES_OK) {
    fprintf(stderr, "%s", PQresultErrorMessage(result));
    fail(request, "500 Internal Server Error", body);
  } else if (PQntuples(result) == 0) {
    fail(request, "404 Not Found", body);
  } else {
    text(body, "{\"success\":true,\"data\":");
    row(body, result, 0);
    append(body, "}", 1);
    answer(request, status, body);
  }
  PQclear(result);
}

static void many(FCGX_Request *request, PGresult *result, int limit, buffer *body) {
  if (PQresultStatus(result) != PGRES_TUPLES_OK) {
    fprintf(stderr, "%s", PQresultErrorMessage(result));
    fail(request, "500 Internal Server Error", body);
  } else {
    int found = PQntuples(result), count = found < limit ? found : limit;
    char end[64];
    text(body, "{\"success\":true,\"data\":[");
    for (int i = 0; i < count; i++) {
      if (i) append(body, ",", 1);
      row(body, result, i);
    }
    snprintf(end, sizeof end, "],\"count\":%d,\"has_more\":%s}", count, found > limit ? "true" : "false");
    text(body, end);
    answer(request, "200 OK", body);
  }
  PQclear(result);
}

/* {"a","b"} of an array of strings */
static char *array_literal(json_t *array) {
  buffer b = {0};
  append(&b, "{", 1);
  for (size_t i = 0; i < json_array_size(array); i++) {
    const char *item = json_string_value(json_array_get(array, i));
    if (i) append(&b, ",", 1);
    append(&b, "\"", 1);
    for (; item && *item; item++) {
      if (*item == '"' || *item == '\\') append(&b, "\\", 1);
      append(&b, item, 1);
    }
    append(&b, "\"", 1);
  }
  append(&b, "}", 2); /* and its NUL */
  return b.bytes;
}

/* Runs `statement` with the members of the request's body as text parameters. */
static PGresult *write_row(PGconn *database, FCGX_Request *request, const char *statement, const char *id) {
  const char *length_text = FCGX_GetParam("CONTENT_LENGTH", request->envp);
  int length = length_text ? atoi(length_text) : 0;
  char *body = malloc((size_t)length + 1), *owned[2] = {0};
  const char *values[member_count] = {0};
  json_t *object;
  PGresult *result;
  if (!body) abort();
  length = FCGX_GetStr(body, length, request->in);
  object = json_loadb(body, (size_t)length, 0, NULL);
  for (int i = 0; i < member_count; i++) {
    json_t *value = json_object_get(object, members[i]);
    if (!value || json_is_null(value)) continue;
    if (i == tags_column) values[i] = owned[0] = array_literal(value);
    else if (i == contacts_column) values[i] = owned[1] = json_dumps(value, JSON_COMPACT);
    else values[i] = json_string_value(value);
  }
  if (id) values[0] = id;
  result = PQexecPrepared(database, statement, member_count, values, NULL, NULL, 0);
  json_decref(object);
  free(owned[0]);
  free(owned[1]);
  free(body);
  return result;
}

/* Not prepared: which index serves depends on the term, and planning is nothing beside searching.
 * The values stand in the text, since force_generic_plan would plan for unknown parameters. */
static PGresult *search(PGconn *database, const char *pattern, int rows) {
  char sql[4096];
  char *term = PQescapeLiteral(database, pattern, strlen(pattern));
  if (!term) return NULL;
  snprintf(sql, sizeof sql,
           "SELECT " COLUMNS " FROM clients WHERE name ILIKE %s OR email ILIKE %s OR phone ILIKE %s "
           "ORDER BY created_at DESC, id LIMIT %d", term, term, term, rows);
  PQfreemem(term);
  return PQexec(database, sql);
}

static void prepare(PGconn *database, const char *name, const char *sql) {
  PGresult *result = PQprepare(database, name, sql, 0, NULL);
  if (PQresultStatus(result) != PGRES_COMMAND_OK) {
    fprintf(stderr, "%s: %s", name, PQresultErrorMessage(result));
    exit(1);
  }
  PQclear(result);
}

static void prepare_all(PGconn *database) {
  PQclear(PQexec(database, "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET plan_cache_mode = force_generic_plan"));
  prepare(database, "get", "SELECT " COLUMNS " FROM clients WHERE id = $1");
  prepare(database, "list", "SELECT " COLUMNS " FROM clients ORDER BY created_at DESC, id LIMIT $1");
  prepare(database, "create",
          "INSERT INTO clients (id, type, name, company_name, first_name, last_name, siret, email, phone, address, "
          "city, status, tags, last_service, contacts) VALUES (COALESCE($1, gen_random_uuid()), $2, $3, $4, $5, $6, "
          "$7, $8, $9, $10, $11, COALESCE($12, 'active'), COALESCE($13, '{}'::text[]), $14, "
          "COALESCE($15, '[]'::jsonb)) RETURNING " COLUMNS);
  prepare(database, "update",
          "UPDATE clients SET type = COALESCE($2, type), name = COALESCE($3, name), "
          "company_name = COALESCE($4, company_name), first_name = COALESCE($5, first_name), "
          "last_name = COALESCE($6, last_name), siret = COALESCE($7, siret), email = COALESCE($8, email), "
          "phone = COALESCE($9, phone), address = COALESCE($10, address), city = COALESCE($11, city), "
          "status = COALESCE($12, status), tags = COALESCE($13, tags), "
          "last_service = COALESCE($14, last_service), contacts = COALESCE($15, contacts) "
          "WHERE id = $1 RETURNING " COLUMNS);
}

static int limit_of(const char *query, char *text, size_t size) {
  const char *found = query ? strstr(query, "limit=") : NULL;
  int limit = found ? atoi(found + 6) : 100;
  snprintf(text, size, "%d", limit + 1);
  return limit;
}

static int hex_digit(char c) { return c >= '0' && c <= '9' ? c - '0' : ((c | 32) - 'a' + 10) & 15; }

/* The percent-encoded term as an ILIKE pattern that contains it. */
static void pattern_of(const char *term, char *pattern, size_t size) {
  size_t used = 0;
  pattern[used++] = '%';
  for (; *term && used + 4 < size; term++) {
    char c = *term;
    if (c == '%' && term[1] && term[2]) {
      c = (char)(hex_digit(term[1]) << 4 | hex_digit(term[2]));
      term += 2;
    }
    if (c == '%' || c == '_' || c == '\\') pattern[used++] = '\\';
    pattern[used++] = c;
  }
  pattern[used++] = '%';
  pattern[used] = 0;
}

static void serve(PGconn *database, FCGX_Request *request, buffer *body) {
  const char *method = FCGX_GetParam("REQUEST_METHOD", request->envp);
  char *target = FCGX_GetParam("REQUEST_URI", request->envp), *query, *id;
  size_t length;
  char limit_text[16], pattern[512];
  body->used = 0;
  if (!method || !target || strncmp(target, "/clients", 8) != 0) {
    fail(request, "404 Not Found", body);
    return;
  }
  query = strchr(target, '?'); /* the string is libfcgi's copy, and ours to cut */
  if (query) *query++ = 0;
  length = strlen(target);
  if (target[length - 1] == '/') target[--length] = 0;
  id = target[8] == '/' ? target + 9 : NULL;
  if (!strcmp(method, "POST")) {
    one(request, "201 Created", write_row(database, request, "create", NULL), body);
  } else if (!strcmp(method, "PUT") && id) {
    one(request, "200 OK", write_row(database, request, "update", id), body);
  } else if (id && !strncmp(id, "search/", 7)) {
    int limit = limit_of(query, limit_text, sizeof limit_text);
    pattern_of(id + 7, pattern, sizeof pattern);
    many(request, search(database, pattern, limit + 1), limit, body);
  } else if (id) {
    const char *value = id;
    one(request, "200 OK", PQexecPrepared(database, "get", 1, &value, NULL, NULL, 0), body);
  } else {
    int limit = limit_of(query, limit_text, sizeof limit_text);
    const char *value = limit_text;
    many(request, PQexecPrepared(database, "list", 1, &value, NULL, NULL, 0), limit, body);
  }
}

static void *work(void *unused) {
  PGconn *database = PQconnectdb(getenv("DATABASE_URL"));
  FCGX_Request request;
  buffer body = {0};
  (void)unused;
  if (PQstatus(database) != CONNECTION_OK) {
    fprintf(stderr, "%s", PQerrorMessage(database));
    exit(1);
  }
  prepare_all(database);
  FCGX_InitRequest(&request, listener, 0);
  while (FCGX_Accept_r(&request) >= 0) {
    serve(database, &request, &body);
    FCGX_Finish_r(&request);
  }
  return NULL;
}

int main(int count, char **arguments) {
  int threads;
  pthread_t thread;
  if (count != 3 || (threads = atoi(arguments[2])) < 1) {
    fprintf(stderr, "usage: responder SOCKET THREADS\n");
    return 64;
  }
  FCGX_Init();
  listener = FCGX_OpenSocket(arguments[1], 4096);
  if (listener < 0) return 69;
  chmod(arguments[1], 0666); /* nginx's workers are another user */
  for (int i = 1; i < threads; i++)
    if (pthread_create(&thread, NULL, work, NULL)) return 71;
  work(NULL);
  return 0;
}
