-- Makes exactly LIMIT requests, round robin over the paths given, on one connection at a time:
-- wrk -t 1 -c 1 -s fixed_count.lua URL -- LIMIT CLOSE PATH...
-- Prints "count PATH NUMBER" for each path, the answers with status 200, and ends wrk at once. To
-- stop only the thread would leave a connection open and mute, which blocks a sync worker.

function init(args)
  limit, paths, requests, counts, answered, at = tonumber(args[1]), {}, {}, {}, 0, 1
  local headers = args[2] == "close" and { ["Connection"] = "close" } or {}
  for i = 3, #args do
    table.insert(paths, args[i])
    table.insert(requests, wrk.format("GET", args[i], headers))
    table.insert(counts, 0)
  end
end

-- wrk also asks once for a request that it never sends, so only answers are counted.
function request()
  at = answered % #paths + 1
  return requests[at]
end

function response(status)
  if status == 200 then counts[at] = counts[at] + 1 end
  answered = answered + 1
  if answered < limit then return end
  for i, path in ipairs(paths) do print("count " .. path .. " " .. counts[i]) end
  io.stdout:flush()
  os.exit(0)
end
