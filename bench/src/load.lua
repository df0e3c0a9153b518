-- The load: creates contacts, each one new, for customers drawn at random from a list.
--
-- Arguments after `--`: the file with the customer ids (one a line), the number of this run, the path, the token,
-- and where the customer is named: in the `path` (at the place of `{customer}`) or in the `body`.
--
-- wrk calls `request` for each request, on the processor that the server needs too, so the parts of a request
-- that never change are joined once, in `init`.

local thread_count = 0
local random = math.random

function setup(thread)
  thread:set("thread_number", thread_count)
  thread_count = thread_count + 1
end

function init(arguments)
  local ids_file, run, path, token, place = unpack(arguments)
  customers = {}
  for line in io.lines(ids_file) do
    customers[#customers + 1] = line
  end
  customer_count = #customers

  -- Each thread of each run counts in a range of its own, so that no contact ever comes twice. It starts at ten
  -- digits and stays there, so that every request has about the same length.
  serial = 1000000000 + (tonumber(run) * 16 + thread_number) * 10000000
  math.randomseed(serial)

  local common = " HTTP/1.1\r\nHost: " .. wrk.host .. "\r\nAuthorization: Bearer " .. token
    .. "\r\nContent-Type: application/json\r\nContent-Length: "
  if place == "path" then
    local before, after = path:match("^(.*){customer}(.*)$")
    request_before_customer = "POST " .. before
    request_after_customer = after .. common
    request = create_with_customer_in_path
  else
    request_head = "POST " .. path .. common
    request = create_with_customer_in_body
  end
end

-- The contact's fields without the brackets: an e-mail address and a phone number by turns.
local function next_contact(position)
  serial = serial + 1
  if serial % 2 == 0 then
    return '"contact":"person' .. position .. "-" .. serial
      .. '@example.com","type":"EMAIL","note":"met at the spring market"'
  end
  return '"contact":"+1' .. serial .. '","type":"PHONE","note":"met at the market in spring, call after noon"'
end

function create_with_customer_in_path()
  local position = random(customer_count)
  local body = "{" .. next_contact(position) .. "}"
  return request_before_customer .. customers[position] .. request_after_customer .. #body .. "\r\n\r\n" .. body
end

function create_with_customer_in_body()
  local position = random(customer_count)
  local body = '{"customer":"' .. customers[position] .. '",' .. next_contact(position) .. "}"
  return request_head .. #body .. "\r\n\r\n" .. body
end

-- One line of JSON, which the runner reads. Times are in microseconds.
function done(summary, latency, requests)
  io.write(string.format(
    'RESULT {"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"p999":%d,"slowest":%d,'
      .. '"bad_answers":%d,"connect_errors":%d,"read_errors":%d,"write_errors":%d,"timeouts":%d}\n',
    summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9), latency.max,
    summary.errors.status, summary.errors.connect, summary.errors.read, summary.errors.write,
    summary.errors.timeout))
end
