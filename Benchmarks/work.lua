-- What wrk sends: the same requests for every peer, made before the clock runs where they can be.
--
--   wrk -s work.lua URL -- KIND IDS TERMS TAG
--
-- KIND is a kind of work (driver/work.py), IDS and TERMS are files with a line per id and per
-- search term, TAG makes what is written by this run different from what others wrote.

local requests, next_request = {}, 0
local json = { ["Content-Type"] = "application/json" }
local cities = { "Brest", "Quimper", "Rennes", "Lorient", "Vannes", "Nantes", "Saint-Malo" }

local function lines(path)
  local found = {}
  for line in io.lines(path) do found[#found + 1] = line end
  return found
end

local function create(tag, n)
  return string.format([[{"type":"company","name":"Garage Kervella %d","companyName":"Garage Kervella %d SARL",]] ..
    [["firstName":"Gwenaëlle","lastName":"Kervella","siret":"%014d","email":"gwenaelle.%s.%d@kervella.example",]] ..
    [["phone":"06 12 %02d %02d %02d","address":"%d rue de la République, 29200 Brest","city":"Brest",]] ..
    [["status":"Prospect","tags":["devis","flotte"],"lastService":"2025-10-%02d","contacts":[]] ..
    [[{"id":"c%d","firstName":"Loïc","lastName":"Le Gall","email":"loic.%d@kervella.example","mobile":"06 98 76 54 32",]] ..
    [["roles":["facturation","commande"],"isBillingDefault":true,"active":true}]}]],
    n, n, n, tag, n, n / 10000 % 100, n / 100 % 100, n % 100, n % 180 + 1, n % 30 + 1, n, n)
end

local function update(tag, n)
  return string.format([[{"phone":"07 %02d %02d %02d %02d","address":"%d quai de la Loire, 44000 Nantes",]] ..
    [["city":"%s","tags":["abonné","relance %s"],"lastService":"2025-11-%02d"}]],
    n / 1000000 % 100, n / 10000 % 100, n / 100 % 100, n % 100, n % 90 + 1, cities[n % #cities + 1], tag, n % 30 + 1)
end

-- A fixed shuffle: neither in the order of the table nor in that of another kind of work.
local function shuffled(items)
  local state = 42
  for i = #items, 2, -1 do
    state = (state * 1103515245 + 12345) % 2147483648
    local j = math.floor(state / 65536) % i + 1
    items[i], items[j] = items[j], items[i]
  end
  return items
end

local makers = {
  point = function(ids)
    for i, id in ipairs(ids) do requests[i] = wrk.format("GET", "/clients/" .. id) end
  end,
  list10 = function() requests[1] = wrk.format("GET", "/clients?limit=10") end,
  list100 = function() requests[1] = wrk.format("GET", "/clients?limit=100") end,
  search = function(_, terms)
    for i, term in ipairs(terms) do requests[i] = wrk.format("GET", "/clients/search/" .. term) end
  end,
  update = function(ids, _, tag)
    for i, id in ipairs(ids) do requests[i] = wrk.format("PUT", "/clients/" .. id, json, update(tag, i)) end
  end,
}

function init(args)
  local kind, ids, terms, tag = args[1], lines(args[2]), lines(args[3]), args[4]
  if kind == "create" then
    -- Each is another client: an e-mail address is there once.
    function request()
      next_request = next_request + 1
      return wrk.format("POST", "/clients", json, create(tag, next_request))
    end
    return
  end
  makers[kind](shuffled(ids), shuffled(terms), tag)
  -- Not each run from the same row on.
  next_request = tonumber(tag, 36) * 7919 % #requests
  function request()
    next_request = next_request % #requests + 1
    return requests[next_request]
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nresult {"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"mean":%.1f,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.mean,
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
