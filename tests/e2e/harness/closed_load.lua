-- A fixed number of clients, each with a new connection for every request, the paths given in an order
-- that mixes them anew each time (and is the same in each run): wrk -t 1 -c CLIENTS -s closed_load.lua URL -- PATH...
-- Prints "closed RPS P50_US P95_US FAILED" at its end.

local requests = {}

function init(args)
  math.randomseed(7)
  for _, path in ipairs(args) do
    table.insert(requests, wrk.format("GET", path, { ["Connection"] = "close" }))
  end
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format("closed %.3f %d %d %d", summary.requests / (summary.duration / 1e6),
                      latency:percentile(50), latency:percentile(95),
                      errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
