-- For wrk: sends the files of a folder (whole HTTP requests) in turn. wrk -s replay.lua URL -- FOLDER
local requests, at = {}, 0

function init(args)
  local listing = io.popen("ls " .. args[1] .. "/*.http")
  for path in listing:lines() do
    local file = io.open(path, "rb")
    requests[#requests + 1] = file:read("*a")
    file:close()
  end
  listing:close()
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary)
  local errors = summary.errors
  io.write(string.format('{"requests":%d,"microseconds":%d,"failed":%d}\n', summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
