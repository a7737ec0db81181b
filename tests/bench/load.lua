-- load.lua: what wrk asks.
--
--     wrk ... -s load.lua URL -- KIND PATH ORDERS FIRST TOKENS
--
-- KIND    get: orders, each of them as likely; post: new orders; keyed: new
--         orders with an Idempotency-Key, a new one each; login
-- PATH    of the route
-- ORDERS  how many there are, the first of them made at FIRST (orders.sql)
-- TOKENS  a file, a line a user: order i belongs to user i % lines
--
-- What wrk has counted goes as one line of JSON to the file in BENCH_OUT.
-- Requests are made before the clock starts, so that making them costs nothing.

local READY = 32768
local requests, heads, tails, at, keys = {}, {}, {}, 0, ""
local threads = 0

function setup(thread)
    threads = threads + 1
    thread:set("number", threads)
end

local function id_of(i, first)
    local time = first + i
    return string.format("%08x-%04x-7%03x-8%03x-%012x",
        math.floor(time / 65536), time % 65536, i % 4096,
        math.floor(i / 4096) % 4096, i * 99990001)
end

local function lines_of(path)
    local lines = {}
    for line in io.lines(path) do
        lines[#lines + 1] = line
    end
    return lines
end

local function body_of_order()
    return string.format('{"product_name":"Tea, no. %d","quantity":%d,"price":%d.%02d}',
        math.random(99999), math.random(20), math.random(500),
        math.random(0, 99))
end

local make = {}

function make.get(path, orders, first, tokens)
    for n = 1, READY do
        local i = math.random(0, orders - 1)
        requests[n] = wrk.format("GET", path .. "/" .. id_of(i, first),
            { Authorization = "Bearer " .. tokens[i % #tokens + 1] })
    end
end

local function post(path, headers)
    headers["Content-Type"] = "application/json"
    return wrk.format("POST", path, headers, body_of_order())
end

function make.post(path, _, _, tokens)
    for n = 1, READY do
        requests[n] = post(path,
            { Authorization = "Bearer " .. tokens[math.random(#tokens)] })
    end
end

-- all but the key is ready
function make.keyed(path, _, _, tokens)
    keys = string.format("%d-%x-%x-", number, os.time(), math.random(2 ^ 30))
    for n = 1, READY do
        local whole = post(path, {
            Authorization = "Bearer " .. tokens[math.random(#tokens)],
            ["Idempotency-Key"] = "@",
        })
        heads[n], tails[n] = whole:match("^(.*: )@(\r\n.*)$")
    end
    request = function()
        at = at + 1
        local n = at % READY + 1
        return heads[n] .. keys .. at .. tails[n]
    end
end

function make.login(path, _, _, tokens)
    for n = 1, #tokens do
        requests[n] = wrk.format("POST", path,
            { ["Content-Type"] = "application/json" }, string.format(
                '{"email":"user-%d@shop.example","password":"correct horse battery"}',
                n - 1))
    end
end

function request()
    at = at % #requests + 1
    return requests[at]
end

function init(args)
    math.randomseed(os.time() * 100 + number)
    make[args[1]](args[2], tonumber(args[3]), tonumber(args[4]),
        lines_of(args[5]))
end

function done(summary, latency)
    local errors = summary.errors
    local out = assert(io.open(os.getenv("BENCH_OUT"), "w"))
    out:write(string.format('{"requests":%d,"seconds":%.3f,"rate":%.1f,' ..
        '"p50":%d,"p99":%d,"p999":%d,"max":%d,"refused":%d,"broken":%d}\n',
        summary.requests, summary.duration / 1e6,
        summary.requests / summary.duration * 1e6,
        latency:percentile(50), latency:percentile(99),
        latency:percentile(99.9), latency.max, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout))
    out:close()
end
