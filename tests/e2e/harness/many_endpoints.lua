-- As many endpoints as the first argument says, one after the other: wrk -s many_endpoints.lua URL -- COUNT

local letters = "bcdfghjklmnpqrstvwxz"
local paths, turn = {}, 0

-- A word of a path, not a number: numbers would all be one endpoint.
local function word(number)
  local text = ""
  repeat
    local digit = number % #letters + 1
    text = text .. letters:sub(digit, digit) .. "o"
    number = math.floor(number / #letters)
  until number == 0
  return text
end

function init(args)
  for number = 1, tonumber(args[1]) do
    table.insert(paths, wrk.format("GET", "/shelf/" .. word(number)))
  end
  turn = math.random(#paths)
end

function request()
  turn = turn % #paths + 1
  return paths[turn]
end
